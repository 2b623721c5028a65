"""Attributes damaged: removed, emptied, or of another value, in one file, one phase or all."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable, Sequence

from pydicom import dcmread, dcmwrite
from pydicom.datadict import DicomDictionary, dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLSLossless,
    RLELossless,
)

from mutations.change import Change
from mutations.studies import Study
from mutations.values import damaged

READ = [
    "SOPClassUID",
    "SOPInstanceUID",
    "Modality",
    "ImageType",
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "StudyDate",
    "StudyTime",
    "SeriesDate",
    "SeriesTime",
    "SeriesNumber",
    "SeriesDescription",
    "ProtocolName",
    "BodyPartExamined",
    "ImageLaterality",
    "Laterality",
    "ScanningSequence",
    "EchoPulseSequence",
    "DiffusionBValue",
    "ContrastBolusAgent",
    "BurnedInAnnotation",
    "RepetitionTime",
    "EchoTime",
    "FlipAngle",
    "InversionTime",
    "ScanOptions",
    "FrameOfReferenceUID",
    "SpecificCharacterSet",
    "PatientAge",
    "Manufacturer",
    "AcquisitionDate",
    "AcquisitionTime",
    "AcquisitionDateTime",
    "ContentDate",
    "ContentTime",
    "TriggerTime",
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "TemporalPositionTimeOffset",
    "TemporalResolution",
    "AcquisitionNumber",
    "InstanceNumber",
    "FrameType",
    "EffectiveEchoTime",
    "FrameAcquisitionDateTime",
]
"""What the reader asks headers for, but for those below."""

PIXELS = [
    "RescaleSlope",
    "RescaleIntercept",
    "PhotometricInterpretation",
    "SamplesPerPixel",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "NumberOfFrames",
    "PixelData",
]
"""What decides about voxels."""

PLACES = [
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
]
GROUPS = ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence")
SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    RLELossless,
    JPEGLSLossless,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGBaseline8Bit,
    "1.2.840.10008.1.2.1.99",
    "1.2.3.4",
    "",
)
OTHER_TYPES = ("UN", "OB", "SQ", "LO", "FD", "US", "DS", "UI")
SCOPES = ("one file", "one file", "one phase", "all files")


def attribute_change(study: Study, chance: random.Random) -> Change:
    """Damage one attribute."""
    tag, name = chosen_tag(study, chance)
    scope = chance.choice(SCOPES) if len(study.files) > 1 else "all files"
    numbers = files_of(study, scope, chance)
    first = dcmread(io.BytesIO(study.files[numbers[0]]), force=True)
    way = chance.choice(WAYS)
    words, made = way(first, tag, study, chance)
    files = {n: rewritten(study.files[n], made, n - numbers[0]) for n in numbers}
    return Change(f"{name} {words}", f"{name} of {scope}", files)


def chosen_tag(study: Study, chance: random.Random) -> tuple[int, str]:
    """Choose an attribute: read by the reader, in the file, or any."""
    share = chance.random()
    if share < 0.8:
        name = chance.choice(chance.choice((READ, PIXELS, PLACES) if share < 0.6 else (READ, PIXELS)))
        return tag_for_keyword(name) or 0, name
    if share < 0.92:
        present = dcmread(io.BytesIO(study.files[0]), force=True, stop_before_pixels=True)
        tag = int(chance.choice(list(present.keys())))
    else:
        tag = chance.choice([t for t in DicomDictionary if t > 0x00080000])
    return tag, DicomDictionary.get(tag, ("", "", f"{tag:08X}", "", f"{tag:08X}"))[4] or f"{tag:08X}"


def files_of(study: Study, scope: str, chance: random.Random) -> list[int]:
    """Choose files: one, those of a phase, or all."""
    if scope == "all files" or len(study.files) == 1:
        return list(range(len(study.files)))
    at = chance.randrange(len(study.files))
    return [at] if scope == "one file" else [n for n, i in enumerate(study.phases) if i == study.phases[at]]


Edit = Callable[[Dataset, int], None]
"""Changes a dataset, the n-th of those changed."""


def rewritten(content: bytes, edit: Edit, n: int) -> bytes:
    """Decode a file, change it and encode it again in the same encoding."""
    found = dcmread(io.BytesIO(content), force=True)
    edit(found, n)
    stream = io.BytesIO()
    implicit, little = found.original_encoding
    dcmwrite(stream, found, implicit_vr=implicit, little_endian=little, enforce_file_format=False)
    return stream.getvalue()


def removed(_first: Dataset, tag: int, _study: Study, _chance: random.Random) -> tuple[str, Edit]:
    """Remove it wherever it stands."""

    def edit(made: Dataset, _n: int) -> None:
        for place in places_of(made):
            if tag in place:
                del place[tag]

    return "removed", edit


def replaced(first: Dataset, tag: int, _study: Study, chance: random.Random) -> tuple[str, Edit]:
    """Write another value, of its own type."""
    known = element_of(first, tag)
    vr = known.VR if known is not None and known.VR else vr_of(tag)
    little = first.original_encoding[1] is not False
    words, value = damaged(vr, b"" if known is None else raw_value(known), chance, is_little=little)
    return f"{vr} {words}", writes(tag, vr, value)


def retyped(first: Dataset, tag: int, _study: Study, chance: random.Random) -> tuple[str, Edit]:
    """Write its value as one of another type."""
    known = element_of(first, tag)
    vr = chance.choice(OTHER_TYPES)
    return f"as {vr}", writes(tag, vr, b"" if known is None else raw_value(known))


def borrowed(_first: Dataset, tag: int, study: Study, chance: random.Random) -> tuple[str, Edit]:
    """Write the value of another file."""
    other = dcmread(io.BytesIO(chance.choice(study.files)), force=True)
    known = element_of(other, tag)
    if known is None:
        return removed(other, tag, study, chance)
    return "of another file", writes(tag, known.VR or vr_of(tag), raw_value(known))


WAYS = (removed, replaced, replaced, replaced, replaced, retyped, borrowed, borrowed)


def writes(tag: int, vr: str, value: bytes) -> Edit:
    """Make a change that writes a raw value, where the attribute stands, or else at the outermost level."""

    def edit(made: Dataset, _n: int) -> None:
        implicit, little = made.original_encoding
        raw = RawDataElement(Tag(tag), vr, len(value), value, 0, bool(implicit), little is not False)
        homes = [place for place in places_of(made) if tag in place] or [made]
        for home in homes:
            home._dict[Tag(tag)] = raw  # a raw element is written as it is, whatever it holds

    return edit


def places_of(made: Dataset) -> list[Dataset]:
    """List a dataset and the items of its functional groups."""
    places = [made]
    for keyword in GROUPS:
        for item in made.get(keyword) or []:
            groups = [element.value[0] for element in item if element.VR == "SQ" and element.value]
            places += [item, *groups]
    return places


def element_of(made: Dataset, tag: int) -> DataElement | RawDataElement | None:
    """Find an element in a dataset or its functional groups, as it was read."""
    return next((place.get_item(tag) for place in places_of(made) if tag in place), None)


def raw_value(element: DataElement | RawDataElement) -> bytes:
    """Give the bytes of a value."""
    if isinstance(element, RawDataElement):
        return element.value or b""
    made = Dataset()
    made.add(element)
    stream = io.BytesIO()
    try:
        dcmwrite(stream, made, implicit_vr=True, little_endian=True)
    except (TypeError, ValueError, struct.error):
        return b""
    return stream.getvalue()[8:]


def vr_of(tag: int) -> str:
    """Look up the type of an attribute."""
    try:
        return dictionary_VR(tag).split(" ")[0]
    except KeyError:
        return "LO"


def swapped_change(study: Study, chance: random.Random) -> Change:
    """Swap the values of an attribute between two files, of one phase or of two."""
    name = chance.choice(
        [*PLACES, *PLACES, "AcquisitionTime", "TriggerTime", "InstanceNumber", "PixelData", *READ]
    )
    tag = tag_for_keyword(name) or 0
    a, b = chance.sample(range(len(study.files)), 2)
    other = [dcmread(io.BytesIO(study.files[n]), force=True) for n in (b, a)]
    files = {}
    for n, source in zip((a, b), other, strict=True):
        known = source.get_item(tag) if tag in source else None

        def edit(made: Dataset, _n: int, known: object = known) -> None:
            made._dict.pop(Tag(tag), None)
            if known is not None:
                made._dict[Tag(tag)] = known

        files[n] = rewritten(study.files[n], edit, 0)
    near = "one phase" if study.phases[a] == study.phases[b] else "two phases"
    return Change(f"{name} swapped", f"{name} swapped in {near}", files)


def group_change(study: Study, chance: random.Random) -> Change:
    """Remove, double or swap items of functional groups, or damage a value in one frame or one phase."""
    way = chance.choice(("an item removed", "an item doubled", "two items swapped", "a group removed", "a value"))

    def edit(made: Dataset, _n: int) -> None:
        frames = made.PerFrameFunctionalGroupsSequence
        a, b = chance.sample(range(len(frames)), 2)
        if way == "an item removed":
            del frames[a]
        elif way == "an item doubled":
            frames.insert(a, frames[b])
        elif way == "two items swapped":
            frames[a], frames[b] = frames[b], frames[a]
        elif way == "a group removed":
            item = chance.choice([frames[a], made.SharedFunctionalGroupsSequence[0]])
            del item[chance.choice(list(item.keys()))]
        else:
            group = chance.choice([element.value[0] for element in frames[a]])
            tag = chance.choice(list(group.keys()))
            vr = group[tag].VR
            words, value = damaged(vr, raw_value(group[tag]), chance, is_little=True)
            del words
            writes(int(tag), vr, value)(group, 0)

    return Change(
        f"functional groups: {way}", f"functional groups: {way}", {0: rewritten(study.files[0], edit, 0)}
    )


def syntax_change(study: Study, chance: random.Random) -> Change:
    """Declare another transfer syntax than that of the bytes."""
    scope = chance.choice(SCOPES)
    syntax = str(chance.choice(SYNTAXES)).encode()
    numbers = files_of(study, scope, chance)
    files = {n: with_syntax(study.files[n], syntax) for n in numbers}
    return Change(f"transfer syntax {syntax.decode()}", f"transfer syntax of {scope}", files)


def with_syntax(content: bytes, syntax: bytes) -> bytes:
    """Write a transfer syntax into the meta information, and its new length."""
    at = content.index(b"\x02\x00\x10\x00UI")
    (n_old,) = struct.unpack_from("<H", content, at + 6)
    value = syntax + b"\0" * (len(syntax) % 2)
    made = bytearray(content[:at] + b"\x02\x00\x10\x00UI" + struct.pack("<H", len(value)) + value)
    made += content[at + 8 + n_old :]
    (length,) = struct.unpack_from("<I", made, 140)
    struct.pack_into("<I", made, 140, length + len(value) - n_old)
    return bytes(made)


def changes_of(study: Study) -> Sequence[Callable[[Study, random.Random], Change]]:
    """Give the ways in which attributes of a study can be damaged."""
    if len(study.files) == 1:
        return (attribute_change, group_change, group_change, syntax_change)
    return (attribute_change,) * 6 + (swapped_change,) * 3 + (syntax_change,)
