"""Archives and tables at the limits of what a visitor can hand in; no real patient is in any."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage

from deeptepp.simulate.simulated_study import demo_study

_ROOT = "1.2.826.0.1.3680043.10.1338"
_SOP, _SERIES, _Z, _TIME, _NUMBER = f"{_ROOT}.4.100000000", f"{_ROOT}.5.1000000", "+0000.00", "100000", "000000"
"""Values of fixed length in the model of a file, which each file has its own of."""


def model_file(
    rows: int, columns: int, *, description: str = "dyn t1 fs", spacing_mm: tuple[float, float] = (0.9, 0.9)
) -> bytes:
    """Write the header of one MR image, up to its pixels."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID = MRImageStorage
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID = _SOP
    image.StudyInstanceUID, image.SeriesInstanceUID = f"{_ROOT}.6.1", _SERIES
    image.FrameOfReferenceUID = f"{_ROOT}.7.1"
    image.PatientID, image.PatientSex, image.Modality = "SIMULATED", "F", "MR"
    image.ImageType = ["ORIGINAL", "PRIMARY"]
    image.StudyDate = image.SeriesDate = image.AcquisitionDate = "20200101"
    image.StudyTime, image.AcquisitionTime, image.InstanceNumber = "095000", _TIME, _NUMBER
    image.SeriesDescription, image.BodyPartExamined = description, "BREAST"
    image.ScanningSequence, image.MRAcquisitionType = "GR", "3D"
    image.RepetitionTime, image.EchoTime, image.FlipAngle, image.MagneticFieldStrength = "5", "2", "12", "3"
    image.ImagePositionPatient = ["-180", "-180", _Z]
    image.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    image.PixelSpacing, image.SliceThickness = [f"{mm:.6f}" for mm in spacing_mm], "0.9"
    image.Rows, image.Columns, image.SamplesPerPixel = rows, columns, 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 0
    image.PixelData = b"\0\0"
    stream = io.BytesIO()
    image.save_as(stream, enforce_file_format=True)
    return stream.getvalue()[:-6]


def image_file(
    model: bytes,
    pixels: bytes,
    *,
    number: int,
    series: int = 0,
    z: float = 0.0,
    time_s: int = 0,
    n_bytes: int = -1,
) -> bytes:
    """Make a file of the model; ``n_bytes``: what its header says of its pixels, the truth where negative."""
    clock = f"10{time_s // 60:02d}{time_s % 60:02d}"
    for old, new in (
        (_SOP, f"{_ROOT}.4.1{number:08d}"),
        (_SERIES, f"{_ROOT}.5.1{series:06d}"),
        (_Z, f"{z:+08.2f}"),
        (f"TM\x06\0{_TIME}", f"TM\x06\0{clock}"),
        (f"IS\x06\0{_NUMBER}", f"IS\x06\0{number % 1_000_000:06d}"),
    ):
        model = model.replace(old.encode(), new.encode())
    return model + struct.pack("<I", len(pixels) if n_bytes < 0 else n_bytes) + pixels


def planes(n_phases: int, n_slices: int, side: int) -> Iterator[tuple[str, bytes]]:
    """Give the honest study of the demo, drawn to more and larger slices."""
    study = demo_study().study
    (nz, ny, nx), (dz, dy, dx) = study.grid.shape, study.grid.spacing_mm
    model = model_file(side, side, spacing_mm=(dy * ny / side, dx * nx / side))
    z, y, x = (np.arange(n) * m // n for n, m in zip((n_slices, side, side), (nz, ny, nx), strict=True))
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 8, 3 * side * side, dtype=np.uint16)
    for phase, each in enumerate(study.phases[:n_phases]):
        voxels = np.asarray(each.volume.voxels).astype(np.uint16)
        for k in range(n_slices):
            at = int(rng.integers(0, 2 * side * side))
            image = voxels[z[k]][np.ix_(y, x)] + noise[at : at + side * side].reshape(side, side)
            yield (
                f"p{phase}/{k:04d}",
                image_file(
                    model,
                    image.astype("<u2").tobytes(),
                    number=phase * n_slices + k,
                    series=phase,
                    z=k * dz * nz / n_slices,
                    time_s=int(each.time_s),
                ),
            )


def zipped(path: Path, files: Iterator[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> Path:
    """Pack files into an archive."""
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return path


def one_file_series(n: int) -> Iterator[tuple[str, bytes]]:
    """Files each of a series of its own."""
    model, pixels = model_file(16, 16), bytes(512)
    return ((f"{i}", image_file(model, pixels, number=i, series=i, z=i % 400, time_s=i % 3000)) for i in range(n))


def torn_series(n: int) -> Iterator[tuple[str, bytes]]:
    """Files of series of their own that differ in their size, so that no two can be one volume."""
    pixels = bytes(2 * 40 * 40)
    models = [model_file(8 + i % 32, 8 + i // 32 % 32, description=f"d{i % 97}") for i in range(min(n, 1024))]
    return ((f"{i}", image_file(models[i % len(models)], pixels, number=i, series=i)) for i in range(n))


def many_tiny(n: int) -> Iterator[tuple[str, bytes]]:
    """Give files of four bytes."""
    return ((f"d{i % 1000}/{i}", b"tiny") for i in range(n))


def nested(n_files: int, depth: int) -> Iterator[tuple[str, bytes]]:
    """Give images at the end of long paths."""
    model, where = model_file(16, 16), "a/" * depth
    return ((f"{where}{i}", image_file(model, bytes(512), number=i, z=i)) for i in range(n_files))


def zeros(n_files: int, side: int) -> Iterator[tuple[str, bytes]]:
    """Give images of zeros, and random bytes beside them that keep the whole below the guard against bombs."""
    model, pixels = model_file(side, side), bytes(2 * side * side)
    yield "random", np.random.default_rng(0).bytes(n_files * len(pixels) // 190)
    for i in range(n_files):
        yield f"{i}", image_file(model, pixels, number=i, series=i % 5, z=i // 5, time_s=90 * (i % 5))


def large_claims(n_files: int, side: int) -> Iterator[tuple[str, bytes]]:
    """Give images whose header claims far more pixels than there are."""
    model = model_file(side, side)
    for i in range(n_files):
        yield f"{i}", image_file(model, bytes(512), number=i, series=i % 2, z=i // 2, time_s=90 * (i % 2))


def long_header(n_items: int) -> Iterator[tuple[str, bytes]]:
    """Give an image whose header is a sequence of so many empty items."""
    head = model_file(16, 16)
    at = head.index(b"\x10\x00\x10\x00") if b"\x10\x00\x10\x00" in head else head.index(b"\x10\x00\x20\x00")
    items = b"\xfe\xff\x00\xe0\x00\x00\x00\x00" * n_items
    # Group 0009, before the patient: a private sequence (0009,1001) under its creator.
    creator = b"\x09\x00\x10\x00LO\x04\x00TEST"
    sequence = b"\x09\x00\x01\x10SQ\x00\x00" + struct.pack("<I", len(items)) + items
    yield "0", image_file(head[:at] + creator + sequence + head[at:], bytes(512), number=0)


def deep_header(depth: int) -> Iterator[tuple[str, bytes]]:
    """Give an image whose header is a sequence within a sequence, so many times."""
    head, begin = model_file(16, 16), b"\x09\x00\x01\x10SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    at = head.index(b"\x10\x00\x20\x00")
    end = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    yield "0", image_file(head[:at] + begin * depth + end * depth + head[at:], bytes(512), number=0)


def long_element(n_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Give two images with a private element of so many zeros, and random bytes, as ``zeros``."""
    head = model_file(16, 16)
    at = head.index(b"\x10\x00\x20\x00")
    yield "random", np.random.default_rng(0).bytes(n_bytes // 90)
    for i in range(2):
        element = b"\x09\x00\x01\x10OB\x00\x00" + struct.pack("<I", n_bytes) + bytes(n_bytes)
        yield f"{i}", image_file(head[:at] + element + head[at:], bytes(512), number=i, series=i)


def described(description: str, n_files: int) -> Iterator[tuple[str, bytes]]:
    """Give images of five series with one description."""
    model = model_file(16, 16, description=description)
    for i in range(n_files):
        yield f"{i}", image_file(model, bytes(512), number=i, series=i % 5, z=i // 5 % 400, time_s=90 * (i % 5))


def many_frames(frames: Iterable[tuple[str, bytes]], n_frames: int) -> Iterator[tuple[str, bytes]]:
    """Give one enhanced image with the pixels, places and times of so many images."""
    place, time, frame = Dataset(), Dataset(), Dataset()
    place.ImagePositionPatient, time.FrameAcquisitionDateTime = ["-180", "-180", _Z], f"20200101{_TIME}"
    frame.FrameContentSequence, frame.PlanePositionSequence = [time], [place]
    enhanced: Dataset | None = None
    items, pixels = bytearray(), bytearray()
    for _, content in islice(frames, n_frames):
        image = dcmread(io.BytesIO(content))
        if enhanced is None:
            enhanced = image
            image.NumberOfFrames, image.PerFrameFunctionalGroupsSequence = n_frames, [frame]
            image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
            stream, pixel_bytes = io.BytesIO(), image.PixelData
            image.PixelData = b"\0\0"
            image.save_as(stream, enforce_file_format=True)
            image.PixelData = pixel_bytes
            whole = stream.getvalue()
            # The sequence of one item, tag (5200,9230), is written with an item for each frame.
            at = whole.index(b"\x00\x52\x30\x92SQ") + 8
            item = whole[at + 4 : at + 4 + int.from_bytes(whole[at : at + 4], "little")]
        here = f"{image.ImagePositionPatient[2]:+08.2f}".encode()
        items += item.replace(_Z.encode(), here).replace(
            f"0101{_TIME}".encode(), f"0101{image.AcquisitionTime}".encode()
        )
        pixels += image.PixelData
    head = b"\xe0\x7f\x10\x00OW\0\0" + struct.pack("<I", len(pixels))
    yield "0", whole[:at] + struct.pack("<I", len(items)) + bytes(items) + head + bytes(pixels)


def niftis(n_files: int) -> Iterator[tuple[str, bytes]]:
    """Give packed NIfTI images of zeros that are counted as phases are."""
    head = bytearray(352)
    for at, form, values in (
        (0, "<i", [348]),
        (40, "<8h", [3, 64, 64, 32, 1, 1, 1, 1]),
        (70, "<2h", [4, 16]),
        (76, "<8f", [1] * 8),
        (108, "<f", [352]),
        (254, "<h", [1]),
        (280, "<12f", [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0]),
        (344, "4s", [b"n+1"]),
    ):
        struct.pack_into(form, head, at, *values)
    packed = gzip.compress(bytes(head) + bytes(2 * 64 * 64 * 32))
    return ((f"p_{i:05d}.nii.gz", packed) for i in range(n_files))


def overlapping(path: Path, n_entries: int, n_bytes: int) -> Path:
    """Write an archive whose directory names the same bytes again and again."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        content = image_file(model_file(16, 16), bytes(512), number=0) + bytes(n_bytes)
        archive.writestr(zipfile.ZipInfo("0"), content, zipfile.ZIP_DEFLATED)
        archive.filelist *= n_entries
        archive._didModify = True
    return path


_SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'


def workbook(path: Path, rows: str, n_rows: int, n_sheets: int = 1, text: str = "") -> Path:
    """Write a workbook whose sheets repeat some rows; cells of type ``s`` show the one text that is shared."""
    kinds, relations, sheets = "", "", ""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    packages = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for i in range(1, n_sheets + 1):
            with archive.open(f"xl/worksheets/sheet{i}.xml", "w", force_zip64=True) as stream:
                before, after = _SHEET.split("{rows}")
                stream.write(before.encode())
                for _ in range(n_rows // 1000):
                    stream.write(rows.encode() * 1000)
                stream.write(rows.encode() * (n_rows % 1000) + after.encode())
            kinds += f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{main}.worksheet+xml"/>'
            relations += f'<Relationship Id="r{i}" Type="{office}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            sheets += f'<sheet name="S{i}" sheetId="{i}" r:id="r{i}"/>'
        kinds += f'<Override PartName="/xl/sharedStrings.xml" ContentType="{main}.sharedStrings+xml"/>'
        relations += f'<Relationship Id="s" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{space}"><si><t>{text}</t></si></sst>')
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{packages}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{main}.sheet.main+xml"/>{kinds}</Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{packages}/relationships"><Relationship Id="r" Type="{office}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{packages}/relationships">{relations}</Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{space}" xmlns:r="{office}"><sheets>{sheets}</sheets></workbook>'
        )
    return path


def text_columns(path: Path, n_rows: int, n_signs: int) -> Path:
    """Write a Parquet table of one long text in many rows."""
    first = {each: pa.array([1.0] * n_rows) for each in ("rfs_months", "rfs_event")}
    text = pa.DictionaryArray.from_arrays(pa.array([0] * n_rows, pa.int32()), pa.array(["x" * n_signs]))
    table = pa.table({"subject": text, "arm": text, **first})
    # Without its schema the texts are plain ones, which a reader unfolds.
    pq.write_table(table, path, compression="zstd", store_schema=False)
    return path


def list_column(path: Path, n_values: int) -> Path:
    """Write a Parquet table of one row, with a list of so many numbers in it."""
    values = pa.array(np.zeros(n_values, np.int64))
    pq.write_table(
        pa.table({"subject": pa.ListArray.from_arrays(pa.array([0, n_values], pa.int32()), values)}), path
    )
    return path


def cohort_csv(n: int) -> str:
    """Write an honest table of so many patients in our columns."""
    head = "subject,arm,rfs_months,rfs_event,os_months,os_event,age_years,tumour_size_mm,node_stage,er_positive\n"
    return head + "".join(
        f"p{i:06d},{('T', 'T+P', 'none')[i % 3]},{20 + i % 80},{int(i % 9 == 0)},{101 + i % 20},"
        f"{int(i % 17 == 0)},{35 + i % 40},{10 + i % 40},N{i % 3},{('yes', 'no')[i % 2]}\n"
        for i in range(n)
    )
