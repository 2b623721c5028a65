"""Small dynamic studies of known voxels, in every encoding that the reader takes, as the bytes of their files."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import gdcm
import numpy as np
from phantoms_dicom import BIRTH, RECORD, clock, dynamic_series
from phantoms_dicom import Truth as Known
from phantoms_dicom import encoded as plainly_encoded
from phantoms_dicom import enhanced as enhanced_image
from pydicom import dcmwrite
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from deeptepp.domain.geometry import Grid

SHAPE = (8, 32, 32)
"""Slices, rows, columns: few that the checks of the images judge and the JPEG 2000 encoder takes."""

TIMES_S = (0.0, 90.0, 165.0)
GAINS = (0, 900, 1100)
"""What contrast adds to a tumour, to vessels and the heart."""

IDENTIFIERS = ("DOE", "JANE", RECORD, BIRTH, "ACC0077123", "Hospital")
"""What no message, log or table may hold."""

GDCM_FAILED = "GDCM could not encode"
PHILIPS_CREATOR = "Philips MR Imaging DD 001"
GRID = Grid.axial(SHAPE, (3.0, 2.0, 2.0), (-32.0, -32.0, -12.0))


@dataclass(frozen=True)
class Study:
    """The files of a study and what they must read back as.

    ``phases`` gives the phase of each file, None where one file holds all; ``is_scaled`` tells that intensities
    may differ by a factor common to all phases.
    """

    kind: str
    files: tuple[bytes, ...]
    phases: tuple[int | None, ...]
    is_scaled: bool = False


@cache
def truth() -> Known:
    """Give a body in air, of smooth tissue with a tumour and a vessel that enhance."""
    rng = np.random.default_rng(0)
    z, y, x = np.indices(SHAPE)
    body = ((y - 15.5) / 14) ** 2 + ((x - 15.5) / 14) ** 2 < 1
    tissue = 700 + 250 * np.sin(x / 3.0 + 0.7 * z) + 200 * np.cos(y / 4.0 - 0.5 * z)
    volumes = []
    for gain in GAINS:
        volume = np.where(body, tissue + 0.03 * gain, 20.0) + rng.normal(0, 5, SHAPE)
        volume[3:6, 8:14, 8:14] += gain
        volume[:, 20:25, 13:19] += 1.3 * gain
        volumes.append(np.clip(np.rint(volume), 0, 4095).astype(np.uint16))
    return Known(GRID, tuple(volumes), TIMES_S)


TAGS = {
    "BitsStored": 12,
    "HighBit": 11,
    "AccessionNumber": "ACC0077123",
    "FrameOfReferenceUID": "1.2.3.77",
    "StudyTime": "075000",
    "BodyPartExamined": "BREAST",
    "SpecificCharacterSet": "ISO_IR 100",
    "ContentDate": "20200102",
}


def classic(*, series_per_phase: bool = True, **tags: object) -> list[Dataset]:
    """Make one file for each slice."""
    made = dynamic_series(truth(), series_per_phase=series_per_phase, **(TAGS | tags))
    for n, one in enumerate(made):
        i, k = divmod(n, SHAPE[0])
        one.ContentTime = clock(TIMES_S[i] + 60)
        one.InstanceNumber = k + 1 if series_per_phase else n + 1
        one.SeriesNumber = 5 + i if series_per_phase else 5
        if series_per_phase and i:
            one.ContrastBolusAgent = "Gd"
    return made


def trigger() -> list[Dataset]:
    """Make a series whose phases differ by TriggerTime alone."""
    made = classic(series_per_phase=False, AcquisitionTime="080000", Manufacturer="GE MEDICAL SYSTEMS")
    for n, one in enumerate(made):
        one.TriggerTime, one.ContentTime = TIMES_S[n // SHAPE[0]] * 1000, "081000"
    return made


def philips() -> list[Dataset]:
    """Make a series of temporal positions with a slope and a private scale slope."""
    made = classic(series_per_phase=False, Manufacturer="Philips Medical Systems", RescaleIntercept=0)
    for n, one in enumerate(made):
        one.TemporalPositionIdentifier, one.RescaleSlope = n // SHAPE[0] + 1, 2
        block = one.private_block(0x2005, PHILIPS_CREATOR, create=True)
        block.add_new(0x0E, "FL", 0.05)
        block.add_new(0xA0, "FL", TIMES_S[n // SHAPE[0]])
    return made


def enhanced() -> list[Dataset]:
    """Make one file of all slices."""
    made = enhanced_image(truth())
    for keyword, value in TAGS.items():
        setattr(made, keyword, value)
    return [made]


def in_syntax(made: Dataset, syntax: UID, *, is_implicit: bool = False, is_little: bool = True) -> bytes:
    """Encode a file in an uncompressed transfer syntax."""
    made.file_meta.TransferSyntaxUID = syntax
    if not is_little:
        made.PixelData = np.frombuffer(made.PixelData, "<u2").astype(">u2").tobytes()
    stream = io.BytesIO()
    dcmwrite(stream, made, implicit_vr=is_implicit, little_endian=is_little, enforce_file_format=True)
    return stream.getvalue()


def compressed(made: Dataset, syntax: UID) -> bytes:
    """Encode a file with compressed pixels."""
    made.compress(syntax, generate_instance_uid=False)
    return plainly_encoded(made)


def jpeg_lossless(made: Dataset) -> bytes:
    """Encode a file as lossless JPEG, by GDCM's encoder, which takes files alone."""
    with tempfile.TemporaryDirectory() as folder:
        plain, packed = Path(folder) / "plain", Path(folder) / "packed"
        plain.write_bytes(plainly_encoded(made))
        reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
        reader.SetFileName(str(plain))
        read = reader.Read()
        change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
        change.SetInput(reader.GetImage())
        changed = change.Change()
        writer.SetFileName(str(packed))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        if not (read and changed and writer.Write()):
            raise RuntimeError(GDCM_FAILED)
        return packed.read_bytes()


def encode(made: Dataset, way: str) -> bytes:
    """Encode a file in one of the ways."""
    return ENCODERS[way](made)


ENCODERS: dict[str, Callable[[Dataset], bytes]] = {
    "explicit": plainly_encoded,
    "implicit": lambda made: in_syntax(made, ImplicitVRLittleEndian, is_implicit=True),
    "big endian": lambda made: in_syntax(made, ExplicitVRBigEndian, is_little=False),
    "deflated": lambda made: in_syntax(made, DeflatedExplicitVRLittleEndian),
    "RLE": lambda made: compressed(made, RLELossless),
    "JPEG-LS": lambda made: compressed(made, JPEGLSLossless),
    "JPEG 2000": lambda made: compressed(made, JPEG2000Lossless),
    "JPEG lossless": jpeg_lossless,
}

KINDS: dict[str, tuple[Callable[[], list[Dataset]], str]] = {
    "a series for each phase": (classic, "explicit"),
    "one series": (lambda: classic(series_per_phase=False), "explicit"),
    "one series by TriggerTime": (trigger, "explicit"),
    "one series with scale slopes": (philips, "explicit"),
    "enhanced": (enhanced, "explicit"),
    "implicit": (classic, "implicit"),
    "big endian": (classic, "big endian"),
    "deflated": (classic, "deflated"),
    "RLE": (classic, "RLE"),
    "JPEG-LS": (classic, "JPEG-LS"),
    "JPEG 2000": (classic, "JPEG 2000"),
    "JPEG lossless": (classic, "JPEG lossless"),
    "enhanced, RLE": (enhanced, "RLE"),
    "enhanced, JPEG 2000": (enhanced, "JPEG 2000"),
}
"""How each kind of study is made and encoded."""


def numbered(made: Dataset, n: int) -> Dataset:
    """Give a file the same identifier whenever it is made, so that a seed always damages the same bytes."""
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.4.{1000 + n}"
    return made


@cache
def study(kind: str) -> Study:
    """Make a study once."""
    make, way = KINDS[kind]
    files = tuple(encode(numbered(made, n), way) for n, made in enumerate(make()))
    phases = (None,) if len(files) == 1 else tuple(n // SHAPE[0] for n in range(len(files)))
    return Study(kind, files, phases, is_scaled=make is philips)
