"""The phantom as DICOM: classic and enhanced MR images, whose tags each layout changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain

import numpy as np
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from layouts.kept import Kept
from layouts.phantom import AXIAL, TIMES_S, TRUE, Place

NAME, RECORD = "DOE^JANE", "MRN0048812"
"""Identifiers that no message may hold."""

SIEMENS = {"Manufacturer": "SIEMENS", "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"]}
GE = {"Manufacturer": "GE MEDICAL SYSTEMS", "ImageType": ["ORIGINAL", "PRIMARY", "OTHER"]}
PHILIPS = {
    "Manufacturer": "Philips Medical Systems",
    "ImageType": ["ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"],
}
PHILIPS_CREATOR = "Philips MR Imaging DD 001"

_UIDS: dict[str, UID] = {}


def new_uids() -> None:
    """Forget every identifier: the next examination gets others."""
    _UIDS.clear()


def uid(name: str) -> UID:
    """Give the identifier that goes under a name in this examination."""
    return _UIDS.setdefault(name, generate_uid())


def clock(seconds: float, start: datetime = datetime(2024, 1, 2, 9)) -> str:
    """Write the time of day ``seconds`` after nine."""
    return f"{start + timedelta(seconds=seconds):%H%M%S.%f}"


def moment(seconds: float) -> str:
    """Write date and time ``seconds`` after nine."""
    return f"20240102{clock(seconds)}"


def base_tags() -> dict[str, object]:
    """Give what every image holds unless told otherwise."""
    return {
        "SOPClassUID": MRImageStorage,
        "SOPInstanceUID": generate_uid(),
        "StudyInstanceUID": uid("study"),
        "FrameOfReferenceUID": uid("frame of reference"),
        "Modality": "MR",
        "PatientID": RECORD,
        "PatientName": NAME,
        "PatientSex": "F",
        **SIEMENS,
        "StudyDate": "20240102",
        "AcquisitionDate": "20240102",
        "ContentDate": "20240102",
        "StudyTime": "085000",
        "BodyPartExamined": "BREAST",
        "MagneticFieldStrength": 1.5,
        "ScanningSequence": "GR",
        "RepetitionTime": 4.8,
        "EchoTime": 1.8,
        "FlipAngle": 10,
    }


def image(plane: np.ndarray, k: int, place: Place = AXIAL, **tags) -> Dataset:
    """Make one classic image of slice ``k``; a tag of None is left out."""
    directions = [*place.along_row, *place.along_column]
    known = {
        **base_tags(),
        "PixelSpacing": list(place.spacing_mm),
        "ImageOrientationPatient": directions,
        "ImagePositionPatient": place.position_mm(k),
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": plane.shape[0],
        "Columns": plane.shape[1],
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "PixelData": np.ascontiguousarray(plane.astype("<u2")).tobytes(),
        **tags,
    }
    made = dataset(**known)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


def dataset(**tags) -> Dataset:
    """Make a dataset; a tag of None is left out, ``private`` lists (creator, element, VR, value) of group 2005."""
    private = tags.pop("private", ())
    made = Dataset()
    for name, value in tags.items():
        if name.endswith(("UID", "Sequence", "PixelData")) and value is not None:
            setattr(made, name, value)
        elif value is not None:
            made.add(shared_element(name, repr(value), Kept(value)))
    for creator, element, vr, value in private:
        made.private_block(0x2005, creator, create=True).add_new(element, vr, value)
    return made


@lru_cache(maxsize=4096)
def shared_element(name: str, text: str, kept: Kept) -> DataElement:
    """Make an element; those of one value are made once, which takes a third of the time."""
    del text
    tag = tag_for_keyword(name)
    return DataElement(tag, dictionary_VR(tag), kept.value, validation_mode=IGNORE)


def volume(voxels: np.ndarray, place: Place = AXIAL, i: int = 0, **tags) -> list[Dataset]:
    """Make the images of one volume; a tag may be a function of the phase ``i`` and the slice ``k``."""
    name = f"series {len(_UIDS)}"
    tags = {"SeriesInstanceUID": uid(name), "AcquisitionTime": clock(TIMES_S[i])} | tags
    return [
        image(plane, k, place, **{n: v(i, k) if callable(v) else v for n, v in tags.items()})
        for k, plane in enumerate(voxels)
    ]


def dynamic(
    numbers: Sequence[int] = (0, 1, 2, 3),
    *,
    of: str = "breast",
    place: Place = AXIAL,
    one_series: bool = False,
    **tags,
) -> list[Dataset]:
    """Make the phases, each a series of its own or all in one; tags as in ``volume``."""
    name = f"dynamic {len(_UIDS)}"
    made = []
    for i in numbers:
        own = {
            "SeriesInstanceUID": uid(name if one_series else f"{name} {i}"),
            "SeriesNumber": 5 if one_series else 5 + i,
            "SeriesDescription": "t1_fl3d_dyna",
            "ContentTime": clock(TIMES_S[i] + 60),
        }
        made += volume(TRUE[of][i], place, i, **(own | tags))
    return made


def joined(lists: Iterable[list]) -> list:
    """Make one list of several."""
    return list(chain.from_iterable(lists))


def item(**tags) -> Items:
    """Make a sequence of one item."""
    return Items([dataset(**tags)])


def enhanced(frames: Iterable[tuple[np.ndarray, dict[str, Items]]], place: Place = AXIAL, **tags) -> Dataset:
    """Make one multi-frame image of planes with their functional groups, in shuffled order."""
    listed = list(frames)
    listed = [listed[n] for n in np.random.default_rng(3).permutation(len(listed))]
    planes = np.stack([plane for plane, _ in listed])
    shared = dataset(
        PixelMeasuresSequence=item(PixelSpacing=list(place.spacing_mm), SliceThickness=2.0),
        PlaneOrientationSequence=item(ImageOrientationPatient=[*place.along_row, *place.along_column]),
        MREchoSequence=item(EffectiveEchoTime=1.8),
        MRTimingAndRelatedParametersSequence=item(RepetitionTime=4.8, FlipAngle=10),
    )
    classic = ("PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient", "AcquisitionTime")
    classic += ("AcquisitionDate", "ScanningSequence", "RepetitionTime", "EchoTime", "FlipAngle")
    own = {
        **dict.fromkeys(classic),
        "SOPClassUID": EnhancedMRImageStorage,
        "EchoPulseSequence": "GRADIENT",
        "NumberOfFrames": len(listed),
        "ImageType": ["ORIGINAL", "PRIMARY", "DYNAMIC", "NONE"],
        "SeriesDescription": "dyn",
        "SharedFunctionalGroupsSequence": Items([shared]),
        "PixelData": planes.astype("<u2").tobytes(),
        "PerFrameFunctionalGroupsSequence": Items([dataset(**groups) for _, groups in listed]),
    }
    return image(planes[0], 0, place, **(own | {"SeriesInstanceUID": uid("enhanced")} | tags))


def frames_of(i: int, content, place: Place = AXIAL, of: str = "breast") -> list[tuple[np.ndarray, dict]]:
    """Give the planes of phase ``i`` with their place and what ``content(i, k)`` adds to their groups."""
    made = []
    for k, plane in enumerate(TRUE[of][i]):
        at = item(ImagePositionPatient=place.position_mm(k))
        made.append((plane, {"PlanePositionSequence": at, **content(i, k)}))
    return made
