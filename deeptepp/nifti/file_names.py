"""What the names of NIfTI files say: the patient, the phase, and what is no phase at all.

A name is split into words and numbers. Nothing here decides; ``choice`` asks wherever names leave a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from deeptepp.nifti.files import NamedFile

PRE_WORDS = frozenset({"pre", "precontrast", "native", "nativ", "unenhanced", "noncontrast", "baseline"})
"""Words for the phase before contrast."""

POST_WORDS = frozenset({"post", "postcontrast"})
"""Words for phases after contrast; a number follows."""

PHASE_WORDS = frozenset(
    {"phase", "ph", "dyn", "dynamic", "dce", "t", "tp", "time", "timepoint", "frame", "p", "post", "postcontrast"}
)
"""Words that make the number behind them that of a phase; behind others it may count patients or examinations."""

_CASE_WORDS = frozenset(
    {"case", "patient", "pat", "pt", "subject", "img", "image", "scan", "volume", "vol", "exam"}
)
"""Words that, alone before four digits, count cases rather than phases."""

FILLERS = frozenset({"contrast", "phase", "ph", "dyn", "dynamic", "gd", "nr", "no", "km"})
"""Words that may stand beside these without saying anything else."""

_OTHER_WORDS = """
    sub subtraction subtracted mip minip mpr washin washout wash ser map adc dwi dti trace bval flair stir
    localizer scout mask prob ktrans seg segmentation segmentations label labels roi diff difference ratio slope
    t2 t2w pd swi t1map average mean sum std
"""
OTHER_WORDS = frozenset(_OTHER_WORDS.split())
"""Words for derived images and for other contrasts: such a volume is never a phase unless a reader says so."""

_NNUNET = re.compile(r"^(.+)_(\d{4})$")
"""Patient and phase in the names of MAMA-MIA and of nnU-Net, counted from 0000."""

_BIDS = re.compile(r"(?:^|/)(sub-[a-z0-9]+)(?:[_/]|$)")
_BIDS_SESSION = re.compile(r"(?:^|[_/])(ses-[a-z0-9]+)(?:[_/]|$)")
_TOKENS = re.compile(r"t[12]w?(?![^\W_])|[^\W0-9_]+|[0-9]+")
"""Words of any script, numbers, and the two names of contrasts that are both."""

_MOST_DIGITS = 400
"""Digits of a number in a name; a file's name on a disk has at most 255 signs."""


@dataclass(frozen=True, slots=True)
class NameTokens:
    """A path in words and numbers.

    ``tokens``: lower case, in order, without endings; ``subject``: patient and examination where the name has a
    standard form; never shown; ``patient``: the patient as MAMA-MIA writes it, in lower case; never shown.
    """

    tokens: tuple[str, ...] = field(repr=False)
    subject: str | None = field(default=None, repr=False)
    patient: str | None = field(default=None, repr=False)

    @property
    def role(self) -> int | None:
        """Phase by words: 0 before contrast, then 1 and on; -1 after contrast without a number; None unsaid."""
        is_pre, is_post = bool(PRE_WORDS & set(self.tokens)), bool(POST_WORDS & set(self.tokens))
        if is_pre == is_post:
            return None
        if is_pre:
            return 0
        number = self._number_after_post
        # A post-contrast phase 0 says no more than one without a number.
        return -1 if number is None else int(self.tokens[number]) or -1

    @property
    def form(self) -> tuple[str, ...]:
        """The tokens with a mark for each number: the same for names that differ in numbers alone."""
        return tuple("#" if is_number(token) else token for token in self.tokens)

    @property
    def without_role(self) -> tuple[str, ...]:
        """What is left of the name when what says the phase is taken away: the same for phases of one series."""
        said = {i for i, token in enumerate(self.tokens) if token in PRE_WORDS | POST_WORDS | FILLERS}
        if (number := self._number_after_post) is not None:
            said.add(number)
        return tuple(token for i, token in enumerate(self.tokens) if i not in said)

    @property
    def _number_after_post(self) -> int | None:
        """Find the number that follows the word for after contrast, at most four digits."""
        at = next((i for i, token in enumerate(self.tokens) if token in POST_WORDS), None)
        while at is not None and at + 1 < len(self.tokens):
            at += 1
            if is_number(self.tokens[at]):
                return at if len(self.tokens[at]) <= 4 else None
            if self.tokens[at] not in FILLERS:
                return None
        return None


def name_tokens(file: NamedFile) -> NameTokens:
    """Take the name of a file apart."""
    path = "/".join([*(part.lower() for part in file.parts[:-1]), file.stem])
    subject = patient = None
    if match := _BIDS.search(path):
        session = _BIDS_SESSION.search(path)
        subject = match[1] + (session[1] if session else "")
        # The name of the patient is no word for a subtraction.
        path = path.replace(match[1], "")
    elif match := _NNUNET.match(file.stem):
        patient = match[1]
        subject = "/".join(NameTokens(tuple(_TOKENS.findall(patient))).without_role)
    return NameTokens(tuple(_TOKENS.findall(path)), subject, patient)


def counting_numbers(names: Sequence[NameTokens]) -> tuple[int, ...] | None:
    """Find the one number in which names of one form differ.

    One number for each name, all different; None where the names differ in more than one number, or in words.
    """
    if len({len(name.tokens) for name in names}) > 1:
        return None
    columns = list(zip(*(name.tokens for name in names), strict=True))
    differing = [column for column in columns if len(set(column)) > 1]
    if len(differing) != 1 or not all(is_number(token) for token in differing[0]):
        return None
    numbers = tuple(int(token) for token in differing[0])
    return numbers if len(set(numbers)) == len(numbers) else None


def counts_phases(files: Sequence[NamedFile], names: Sequence[NameTokens]) -> bool:
    """Tell whether the one number in which names differ is that of a phase.

    ``files``, ``names``: files whose names differ in one number, and these names. True for the form of MAMA-MIA,
    and for a number behind a word such as phase; False where it may as well count patients, examinations or
    series.
    """
    if len({file.parts[:-1] for file in files}) > 1:
        return False
    if all(counts_from_zero(file) for file in files):
        return not set(_TOKENS.findall(str(names[0].patient))) <= _CASE_WORDS
    columns = list(zip(*(name.tokens for name in names), strict=True))
    at = next(i for i, column in enumerate(columns) if len(set(column)) > 1)
    return at > 0 and names[0].tokens[at - 1] in PHASE_WORDS


def counts_from_zero(file: NamedFile) -> bool:
    """Tell whether a name has the form of MAMA-MIA and nnU-Net, whose first phase is 0000.

    True for a name that ends in an underscore and four digits.
    """
    return _NNUNET.match(file.stem) is not None


def natural_order(file: NamedFile) -> tuple[tuple[int, int, str], ...]:
    """Sort key that counts numbers in a path: phase 2 comes before phase 10."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", "/".join(file.parts).lower())
    return tuple((0, int(p), p) if is_number(p) else (1, 0, p) for p in pieces)


def is_number(token: str) -> bool:
    """Whether a token has digits alone, and no more than any number that counts files."""
    return token.isascii() and token.isdigit() and len(token) <= _MOST_DIGITS
