"""Columns that say who a patient is: they are dropped before anything else is looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deeptepp.datasets.columns.column_names import listed, plain_name
from deeptepp.datasets.columns.dates import years_of
from deeptepp.datasets.subjects import looks_like_a_person

_NAMES = frozenset(
    listed(
        "accession number; address; adresse; anschrift; birth date; birthdate; birthday; date of birth; "
        "dob; e mail; email; emergency contact; familienname; family name; first name; firstname; "
        "forename; full name; geb dat; geb datum; gebdatum; geburtsdatum; geburtsname; geburtstag; "
        "given name; hospital number; initials; insurance number; krankenversicherungsnummer; kvnr; "
        "last name; lastname; maiden name; mail; medical record number; mobile; mrn; nachname; name; "
        "names; nhs no; nhs number; patient name; patientenname; patientname; phone; plz; postal code; "
        "postcode; record number; social security number; ssn; strasse; street; surname; telefon; "
        "telefonnummer; telephone; versichertennummer; versicherungsnummer; vorname; wohnort; zip; 住址; "
        "住院号; 出生年月; 出生年月日; 出生日期; 医保号; 名字; 地址; 姓名; 家庭住址; 患者姓名; 手机; "
        "手机号; 生日; 电话; 病人姓名; 病历号; 病案号; 登记号; 联系电话; 身份证; 身份证号; 身份证号码; "
        "门诊号"
    )
)
"""Names of such columns, plain."""

_BESIDE_NAMES = frozenset(listed("and; der; des; of; pat; patient; patientin; the; und"))
"""Words that stand beside such names: "Name, Vorname der Patientin"."""

_MOSTLY = 0.5
"""Share of the cells from which the looks of a column speak: half."""

_BORN_BEFORE = 1990
"""A column whose dates mostly lie before this year holds births: anti-HER2 treatment is licensed since 1998."""


_SINGLE_NAME = re.compile(r"[^\W\d_]{2,}(?:[-'’][^\W\d_]+)*")
"""One word of letters: a family name, where most patients have another one."""

_FEWEST_NAMES = 10
"""Filled cells from which different words of letters are taken for names."""


def names_a_person(name: str) -> bool:
    """Tell whether a column says who a patient is, by its name alone."""
    plain = plain_name(name)
    words = [word for word in plain.split() if word not in _BESIDE_NAMES]
    return plain in _NAMES or (bool(words) and set(words) <= _NAMES)


def is_identifier(name: str, cells: Sequence[str]) -> bool:
    """Tell whether a column says who a patient is.

    Parameters
    ----------
    name : str
        Its name.
    cells : sequence of str
        Its cells.

    Returns
    -------
    bool
        By its name, or because most of its cells look like names of people that differ, addresses of e-mail, or
        days of birth. A pseudonym in a column called after the patient is none.

    Examples
    --------
    >>> is_identifier("Geb.-Datum", []), is_identifier("Grade", ["1", "2"])
    (True, False)
    """
    if names_a_person(name):
        return True
    filled = [cell for cell in cells if cell]
    if not filled:
        return False
    people = {cell for cell in filled if looks_like_a_person(cell) and not re.search(r"\d", cell)}
    single = {cell for cell in filled if _SINGLE_NAME.fullmatch(cell)} if len(filled) >= _FEWEST_NAMES else set()
    if len(people | single) > max(1, _MOSTLY * len(filled)):
        return True
    years = [year for year in years_of(filled) if year is not None]
    return len(years) > _MOSTLY * len(filled) and sum(y < _BORN_BEFORE for y in years) > _MOSTLY * len(years)
