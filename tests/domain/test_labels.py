"""Labels of cases: pseudonyms pass, what identifies is refused without being repeated, names are asked about."""

import pytest

from deeptepp.domain.labels import checked_label, looks_like_a_name, offered_label
from deeptepp.errors import LabelNamesSomebody


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("born 12.03.1971", "a date"),
        ("12/3/71", "a date"),
        ("1971-03-12", "a date"),
        ("3 Mar 1971", "a date"),
        ("March 3, 1971", "a date"),
        ("1971年3月12日", "a date"),
        ("MRN 4711", "a patient number"),
        ("Patient-ID: A17", "a patient number"),
        ("住院号 123", "a patient number"),
        ("19710312", "a number of six digits or more"),
        ("0171 23 45 678", "a number of six digits or more"),
        ("anna@clinic.example", "an e-mail address"),
        ("x" * 61, "more than 60 characters"),
    ],
)
def test_what_identifies_is_refused_by_its_kind_and_never_repeated(label, kind):
    with pytest.raises(LabelNamesSomebody) as refused:
        checked_label(label)
    assert refused.value.value == kind
    assert label not in str(refused.value)


@pytest.mark.parametrize(
    "label",
    [
        "Case 7",
        "Blue river",
        "B-17",
        "P 017",
        "Breast_MRI_001",
        "病例七",
        "Left 26 mm",
        "HER2-19-B",
        "示教病例",
        "",
    ],
)
def test_a_pseudonym_passes_without_a_question(label):
    assert checked_label(f"  {label} ") == label
    assert not looks_like_a_name(label)


@pytest.mark.parametrize(
    "label",
    [
        "Anna Schmidt",
        "Schmidt, A.",
        "anna schmidt",
        "AnnaSchmidt",
        "SCHMIDT^ANNA",
        "Dr Müller 2",
        "张伟",
        "李小明 2",
        "欧阳娜娜",
        "山田太郎",
        "김민수",
        "Иванов",
        "محمد",
        "たなか",
    ],
)
def test_what_looks_like_a_name_is_asked_about(label):
    assert looks_like_a_name(checked_label(label))


def test_the_offered_label_belongs_to_the_images():
    offered = offered_label("0f3a" * 16)
    assert offered == offered_label("0f3a" * 16) != offered_label("1f3a" * 16)
    assert checked_label(offered) == offered
    assert not looks_like_a_name(offered)
