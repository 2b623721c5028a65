"""A plain header gives what pydicom gives, for whatever bytes it takes for plain."""

import io
from pathlib import Path

import numpy as np
import phantoms_dicom as made
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from deeptepp.dicom.files.member import Member
from deeptepp.dicom.header.headers import frames_of
from deeptepp.dicom.header.plain import Memo, PlainHeader, read_plain
from deeptepp.dicom.header_values import UNREADABLE, private_value, quiet

AWKWARD = Path(__file__).parents[4] / "shared" / "data" / "awkward_dicom"
SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
CREATOR = "Philips MR Imaging DD 001"


def plain_of(content: bytes, memo: Memo | None = None) -> PlainHeader | None:
    return read_plain(Member(len(content), lambda: io.BytesIO(content)), memo or Memo())


def parsed(content: bytes) -> Dataset:
    with quiet():
        return dcmread(io.BytesIO(content), stop_before_pixels=True, force=True)


def outcome(action, *arguments):
    """What an action gives, or that it is unreadable; of a sequence the number of its items."""
    try:
        with quiet():
            value = action(*arguments)
    except UNREADABLE:
        return "unreadable"
    return len(value) if isinstance(value, Sequence) else listed(value)


def said(header, keywords) -> list[object]:
    """Every value and every frame of a header."""
    values = [outcome(header.get, keyword) for keyword in keywords]
    return [*values, outcome(lambda: list(frames_of(header, 0)))]


def listed(value):
    return list(value) if isinstance(value, MultiValue) else value


def example(**tags) -> Dataset:
    """An image with every kind of value, sequences and private elements in it."""
    image = made.dynamic_series(made.truth(), **tags)[0]
    image.PatientID, image.SpecificCharacterSet = "MRN 1", "ISO_IR 100"
    image.InstanceNumber, image.AcquisitionNumber, image.ScanOptions = -3, 7, ["FS", "PFP"]
    image.RescaleSlope, image.WindowCenter, image.EchoTime = "1.50", ["1e2", "-.5"], ""
    image.AcquisitionMatrix, image.ProtocolName = [0, 448, 448, 0], "a\\b "
    image.PatientComments, image.TriggerTime = "two\\one  ", None
    image.DiffusionBValue, image.TemporalPositionIndex = 0.5, 4
    inner = Dataset()
    inner.CodeValue, inner.ConceptCodeSequence = "X", Sequence([Dataset()])
    image.ContrastBolusAgentSequence, image.ReferencedImageSequence = Sequence([inner]), Sequence([])
    block = image.private_block(0x2005, CREATOR, create=True)
    block.add_new(0xA0, "FL", 12.5)
    block.add_new(0x0E, "FL", 0.25)
    return image


def encoded(image: Dataset, syntax, *, has_undefined_lengths: bool = False) -> bytes:
    image.file_meta.TransferSyntaxUID = syntax
    for element in image:
        if element.VR == "SQ":
            element.is_undefined_length = has_undefined_lengths
            for item in element.value:
                item.is_undefined_length_sequence_item = has_undefined_lengths
    return made.encoded(image)


@pytest.mark.parametrize("has_undefined_lengths", [False, True])
@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.keyword)
def test_every_value_is_the_one_of_pydicom(syntax, has_undefined_lengths):
    content = encoded(example(), syntax, has_undefined_lengths=has_undefined_lengths)
    plain, dataset = plain_of(content), parsed(content)
    for element in dataset:
        if element.keyword:
            assert plain.get(element.keyword) == listed(element.value), element.keyword
    assert plain.get("Laterality", "none") == "none"
    assert plain.get((0x2005, 0x10A0)).value == 12.5
    assert plain.dataset() == dataset
    assert list(frames_of(plain, 5)) == list(frames_of(dataset, 5))


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.keyword)
def test_empty_values_are_those_of_pydicom_and_cost_no_parsing_of_the_whole(syntax, monkeypatch):
    image = example(PatientBirthDate="", PatientName="", FlipAngle=None, SeriesNumber=None, StudyDate="")
    image.ImageComments, image.FrameOfReferenceUID, image.DiffusionBValue = "", "", None
    content = encoded(image, syntax)
    plain, dataset = plain_of(content), parsed(content)
    monkeypatch.setattr(PlainHeader, "dataset", lambda _: pytest.fail("parsed as a whole"))
    empty = [e for e in dataset if e.is_empty and e.VR != "SQ"]
    assert len(empty) >= 8
    for element in empty:
        found = plain.get(element.keyword, "absent")
        assert (found, type(found)) == (element.value, type(element.value)), element.keyword


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.keyword)
def test_private_values_are_found_by_their_creator_in_whichever_block(syntax):
    image = example()
    image.private_block(0x2005, "Other", create=True).add_new(0xA0, "FL", 99.0)
    del image[0x2005, 0x0010], image[0x2005, 0x10A0], image[0x2005, 0x100E]
    image.private_block(0x2005, CREATOR, create=True).add_new(0xA0, "FL", 7.0)
    image.add_new((0x2005, 0x0013), "LO", CREATOR)
    image.add_new((0x2005, 0x130E), "FL", 0.5)
    content = encoded(image, syntax)
    for header in (plain_of(content), parsed(content)):
        assert [private_value(header, 0x2005, CREATOR, e) for e in (0xA0, 0x0E, 0x0D)] == [7.0, 0.5, None]
        assert private_value(header, 0x2005, "absent", 0xA0) is None


def test_private_values_lie_in_items_of_sequences_too():
    assert private_value(example(), 0x2005, CREATOR, 0xA0) == 12.5


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.keyword)
def test_damaged_bytes_are_read_as_pydicom_reads_them(syntax):
    rng = np.random.default_rng(7)
    whole = encoded(example(), syntax, has_undefined_lengths=True)
    keywords = [element.keyword for element in parsed(whole) if element.keyword]
    n_header, n_plain, memo = len(whole) - 160, 0, Memo()
    assert plain_of(whole, memo) is not None
    for _ in range(300):
        content = bytearray(whole)
        for at in rng.integers(132, n_header, rng.integers(1, 3)):
            content[at] = rng.choice([0, 1, 8, 0x20, 0x41, 0x5C, 0xFF, *rng.integers(0, 256, 2)])
        damaged = bytes(content)
        plain = plain_of(damaged, memo)
        if plain is not None:
            n_plain += 1
            assert said(plain, keywords) == said(parsed(damaged), keywords)
    assert n_plain > 100


@pytest.mark.parametrize("n_kept", [100, 140, 300, 700, -170, -100, -1])
def test_a_file_cut_short_is_read_as_pydicom_reads_it(n_kept):
    content = encoded(example(), ImplicitVRLittleEndian)[:n_kept]
    plain = plain_of(content)
    assert plain is None or plain.dataset() == parsed(content)
    assert n_kept > 0 or (plain is None) == (n_kept == -170)


def without_preamble(content: bytes) -> bytes:
    return content[content.index(b"\x08\x00\x16\x00") :]


def twice(content: bytes) -> bytes:
    at, end = content.index(b"\x08\x00\x60\x00"), content.index(b"\x08\x00\x70\x00")
    return content[:end] + content[at:end] + content[end:]


@pytest.mark.parametrize(
    "change", [without_preamble, twice, lambda c: c.replace(b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.99")]
)
def test_what_is_not_plain_is_left_to_pydicom(change):
    content = encoded(example(), ImplicitVRLittleEndian)
    assert plain_of(content) is not None
    assert plain_of(change(content)) is None


def test_many_frames_and_compressed_pixels_are_left_to_pydicom():
    assert plain_of(made.encoded(made.enhanced(made.truth()))) is None
    image = example()
    image.compress(RLELossless, generate_instance_uid=False)
    assert plain_of(made.encoded(image)) is None


def test_texts_of_other_character_sets_are_those_of_pydicom():
    image = example(SeriesDescription="T1 dynamisch für Brust")
    content = encoded(image, ExplicitVRLittleEndian)
    assert plain_of(content).get("SeriesDescription") == "T1 dynamisch für Brust"
    image.SpecificCharacterSet, image.SeriesDescription = ["", "ISO 2022 IR 87"], "\u80f8"
    content = encoded(image, ExplicitVRLittleEndian)
    assert plain_of(content).get("SeriesDescription") == parsed(content).SeriesDescription == "\u80f8"


def test_a_long_header_is_read_in_steps():
    image = example()
    image.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", bytes(100_000))
    content = encoded(image, ExplicitVRLittleEndian)
    assert plain_of(content).get("Rows") == 8


def test_a_header_is_sought_in_the_bytes_that_the_one_before_took_and_then_in_more(monkeypatch):
    asked, head = [], Member.head
    monkeypatch.setattr(Member, "head", lambda member, n: asked.append(n) or head(member, n))
    memo, image = Memo(), example()
    found = [plain_of(encoded(image, ExplicitVRLittleEndian), memo) for _ in range(2)]
    assert asked[1:] == [found[0].layout.pixels_at] < asked[:1]
    image.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", bytes(1000))
    longer = encoded(image, ExplicitVRLittleEndian)
    assert plain_of(longer, memo).dataset() == parsed(longer)
    assert found[1].dataset() == found[0].dataset()


@pytest.mark.real
def test_every_awkward_file_is_read_as_pydicom_reads_it():
    files = [path for path in AWKWARD.rglob("*") if path.is_file()]
    if not files:
        pytest.skip("awkward_dicom is not beside the checkout")
    n_plain = 0
    for path in files:
        content = path.read_bytes()
        plain = plain_of(content)
        if plain is not None:
            n_plain += 1
            dataset = parsed(content)
            assert plain.dataset() == dataset
            assert list(frames_of(plain, 0)) == list(frames_of(dataset, 0))
            for element in dataset:
                if element.keyword:
                    assert plain.get(element.keyword) == listed(element.value), element.keyword
    assert n_plain > 50
