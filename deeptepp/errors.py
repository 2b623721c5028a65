"""Every exception of the package.

::

    DeepTeppError
    ├── InputError (also ValueError)      the user can mend it
    │   ├── ArchiveError                  NotAnArchive, DamagedArchive, EncryptedArchive, ArchiveTooLarge,
    │   │                                 UnsafeArchivePath
    │   ├── StudyError                    no study can be made of the files: DicomError and NiftiError
    │   ├── DicomError                    NoDicomFound, WrongModality, NotDynamic, MissingPhase, MixedGeometry,
    │   │                                 MissingSlice, IrregularSpacing, MissingTag, UnreadablePixels,
    │   │                                 MixedPatients, MixedStudies, NoPreContrast, UnknownSeries,
    │   │                                 ImplausibleGeometry, TwoSides, SeveralDynamicSeries,
    │   │                                 OtherFrameOfReference, ImplausibleTimes, OtherSettings, OtherBodyPart,
    │   │                                 UnknownOrder, RolesDoubtful, EqualTimes, OrdersDiffer
    │   ├── NiftiError                    NoNiftiFound, DamagedNifti, NiftiTooLarge, UnsupportedNifti,
    │   │                                 UnplacedNifti, NiftiUnits, NiftiGeometriesDiffer, NiftiSpacingDiffers,
    │   │                                 SkewedNifti, ImplausibleNifti, NotFiniteNifti, NiftiGridsDiffer,
    │   │                                 NiftiOrderUnknown, SeveralNiftiPatients, NiftiPhaseMissing,
    │   │                                 NiftiTimesDiffer, UnknownNiftiVolume, NiftiRolesDoubtful
    │   ├── ClinicalError                 NotANumber, OutOfRange, Contradiction, UnknownField, UnreadableProfile
    │   ├── CohortError                   MissingColumn, DuplicateSubject, TooFewEvents, UnreadableCohort,
    │   │                                 CohortRefused, UnknownPublicCohort
    │   ├── RecipeError                   UnreadableRecipe, UnknownRecipeKey, RecipeOutOfRange, AnotherTable
    │   ├── SettingsError                 UnknownSetting, BadSetting
    │   ├── UploadError                   UploadTokenUnknown, UploadTokenUsed, UploadTokenExpired, UploadTooLarge,
    │   │                                 UploadIncomplete, UploadGone
    │   └── BoardError                    LabelTaken, LabelNamesSomebody, EntryTooLong,
    │                                     DecisionTooLate, DecisionTooEarly, CaseWithdrawn, BoardConflict,
    │                                     NotCorrectable, MeetingGone, MeetingChanged, MeetingHasDecisions
    ├── BoardStoreError                   BoardUnreachable, BoardRefuses, BoardSchemaMismatch
    ├── PacsError                         NoSourceImages, NotAResultObject, PacsNotConfigured, PacsUnreachable,
    │                                     PacsRefused
    ├── NoBrowser                         no browser draws figures as files
    ├── FigureNotDrawn                    the browser failed at a figure
    ├── FramesGone                        the images of a case left the memory
    ├── DetectionError                    NoBreast, NoLesion, LesionOutsideVolume
    ├── BundleError                       BundleMissing, ChecksumMismatch, SchemaMismatch
    ├── StatisticsError                   NotEstimable
    ├── TooManyJobs                       no worker is free and the queue is full
    └── JobCancelled                      the user stopped the work

An error carries keyword-only facts; the class builds the message: what was found, where, what to do. ``rule`` is a
stable identifier that the screen, the command line and the JSON print alike; it stands with the message of each
class in ``refusals.toml``. No message holds a patient identifier or a path that came from an upload.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from string import Formatter
from typing import Any, ClassVar

from deeptepp.wording.sentence import sentence

_REFUSALS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("refusals.toml").read_text(encoding="utf-8"))
"""What each class is called and says, by its name."""


class DeepTeppError(Exception):
    """Base of everything this package raises on purpose.

    ``facts``: the data of the error. ``value`` (what was measured) and ``limit`` (what is allowed) have a meaning
    of their own in reports, the rest only fills the message.
    """

    rule: ClassVar[str] = "deeptepp"
    """Stable identifier of the rule that refused."""

    template: ClassVar[str] = "The request could not be carried out."
    """Message with ``{fact}`` fields."""

    asked: ClassVar[object] = None
    """What is allowed where that is the same in every case, so that no fact says it."""

    def __init_subclass__(cls) -> None:
        """Take rule, message and limit from the table of refusals."""
        super().__init_subclass__()
        for name, value in _REFUSALS.get(cls.__name__, {}).items():
            setattr(cls, name, value)

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(str(self))

    def __str__(self) -> str:
        """Message, a sentence of the catalogue."""
        named = {name for _, name, _, _ in Formatter().parse(self.template) if name}
        return sentence(self.template, **{name: self.facts[name] for name in named})

    @property
    def sentence(self) -> str:
        """The message, to be said in any language."""
        return sentence(self.template, **self.facts)

    def __reduce__(self) -> tuple[Callable[..., DeepTeppError], tuple[type[DeepTeppError], dict[str, object]]]:
        """Travel between processes by the facts: a worker's refusal must arrive as itself."""
        return _rebuilt, (type(self), self.facts)

    @property
    def value(self) -> object:
        """What was measured, or None."""
        return self.facts.get("value")

    @property
    def limit(self) -> object:
        """What is allowed, or None."""
        return self.facts.get("limit", self.asked)


def _rebuilt(kind: type[DeepTeppError], facts: dict[str, object]) -> DeepTeppError:
    """Make an error again from its facts."""
    return kind(**facts)


class InputError(DeepTeppError, ValueError):
    """Something the user handed in can be mended by the user."""


class ArchiveError(InputError):
    """An uploaded archive cannot be opened safely."""


class NotAnArchive(ArchiveError):
    """The upload is neither a zip archive nor a DICOM file."""


class DamagedArchive(ArchiveError):
    """The zip archive is cut short or its checksums do not match."""


class EncryptedArchive(ArchiveError):
    """The zip archive asks for a password."""


class ArchiveTooLarge(ArchiveError):
    """The archive unpacks to more than the limit, as a zip bomb does."""


class UnsafeArchivePath(ArchiveError):
    """A member of the archive points outside of it."""


class StudyError(InputError):
    """Images cannot become a dynamic series of volumes."""

    @property
    def proposals(self) -> tuple[object, ...]:
        """The ways to go on (``PhaseProposal``), best first: a refusal with any is a question to the reader."""
        proposals = self.facts.get("proposals", ())
        return tuple(proposals) if isinstance(proposals, tuple | list) else ()


class DicomError(StudyError):
    """A DICOM study cannot become a dynamic series of volumes."""


class NoDicomFound(DicomError):
    """No DICOM image among the files."""


class WrongModality(DicomError):
    """The images are not MR."""


class NotDynamic(DicomError):
    """No dynamic series among the MR series."""


class MissingPhase(DicomError):
    """Too few phases on one grid."""


class MixedGeometry(DicomError):
    """The phases do not share one grid."""


class MissingSlice(DicomError):
    """A slice of a phase is absent."""


class IrregularSpacing(DicomError):
    """Slice positions are not evenly spaced or not on one line."""


class ImplausibleGeometry(DicomError):
    """A distance in the headers is none that an image of a breast can have."""


class MissingTag(DicomError):
    """A DICOM attribute needed for geometry or time is absent."""


class UnreadablePixels(DicomError):
    """Pixel data are truncated or in a transfer syntax that cannot be decoded."""


class MixedPatients(DicomError):
    """The files belong to more than one patient or study."""


class MixedStudies(DicomError):
    """The files belong to more than one examination."""


class NoPreContrast(DicomError):
    """Every phase found was acquired after contrast."""


class TwoSides(DicomError):
    """Each breast has volumes of its own, and no side was named."""


class SeveralDynamicSeries(DicomError):
    """More than one dynamic series could be meant."""


class OtherFrameOfReference(DicomError):
    """Phases lie in different frames of reference, so that their places cannot be compared."""


class ImplausibleTimes(DicomError):
    """Hours or days lie between two phases of one dynamic series."""


class EqualTimes(DicomError):
    """Volumes that were made in one way share a time, which phases cannot."""


class OrdersDiffer(DicomError):
    """Numbers and descriptions put the phases in different orders, and there are no times."""


class OtherSettings(DicomError):
    """What may be the pre-contrast volume was made with other settings than the phases found."""


class OtherBodyPart(DicomError):
    """The header names a part of the body other than the breast."""


class UnknownOrder(DicomError):
    """No sign of time or order tells the volumes apart."""


class RolesDoubtful(DicomError):
    """The images do not fit the roles that the headers give them."""


class UnknownSeries(DicomError):
    """An override names a series or phase that is not in the table."""


class NiftiError(StudyError):
    """NIfTI files cannot become a dynamic series of volumes."""


class NoNiftiFound(NiftiError):
    """No NIfTI image among the files."""


class DamagedNifti(NiftiError):
    """A NIfTI file is cut short, or its header contradicts itself."""


class NiftiTooLarge(NiftiError):
    """The images unpack to more than the limit, as a bomb does."""


class UnsupportedNifti(NiftiError):
    """A kind of NIfTI image that is no volume of one intensity per voxel."""


class UnplacedNifti(NiftiError):
    """Neither qform nor sform says where the voxels are in the patient."""


class NiftiUnits(NiftiError):
    """Lengths are said not to be millimetres."""


class NiftiGeometriesDiffer(NiftiError):
    """Qform and sform place the same voxel at two places."""


class NiftiSpacingDiffers(NiftiError):
    """The voxel size in pixdim is not that of the sform."""


class SkewedNifti(NiftiError):
    """The axes of the image are not at right angles."""


class ImplausibleNifti(NiftiError):
    """A distance in the header is none that an image of a breast can have."""


class NotFiniteNifti(NiftiError):
    """Voxels are not numbers."""


class NiftiGridsDiffer(NiftiError):
    """The phases do not share one grid."""


class NiftiOrderUnknown(NiftiError):
    """Which file is which phase cannot be told: a question."""


class SeveralNiftiPatients(NiftiError):
    """The files belong to more than one patient or examination."""


class NiftiPhaseMissing(NiftiError):
    """Too few phases, or one is missing between two others."""


class NiftiTimesDiffer(NiftiError):
    """Times were given that do not fit the phases."""


class UnknownNiftiVolume(NiftiError):
    """An override names a volume that is not in the table."""


class NiftiRolesDoubtful(NiftiError):
    """The images do not fit the roles that the names of their files give them."""

    template = RolesDoubtful.template


class ClinicalError(InputError):
    """The clinical-pathological facts cannot be used."""


class UnknownField(ClinicalError):
    """A clinical-pathological field the package does not know."""


class NotANumber(ClinicalError):
    """What was typed is no number, or can be read in two ways; the message never repeats it."""


class OutOfRange(ClinicalError):
    """A clinical-pathological value lies outside of its range."""


class Contradiction(ClinicalError):
    """Two clinical-pathological facts exclude each other."""


class UnreadableProfile(ClinicalError):
    """A file of clinical-pathological facts cannot be read."""


class CohortError(InputError):
    """A cohort table cannot be used."""


class MissingColumn(CohortError):
    """A column of the cohort table is absent."""


class DuplicateSubject(CohortError):
    """A subject occurs twice in the cohort."""


class TooFewEvents(CohortError):
    """Too few patients of one class to train or test on."""


class UnreadableCohort(CohortError):
    """The cohort folder or table cannot be read."""


class CohortRefused(CohortError):
    """A cohort has problems that must be mended; ``problems`` among the facts is the table of them."""


class UnknownPublicCohort(CohortError):
    """There is no adapter for a public cohort of this name."""


class RecipeError(InputError):
    """A recipe of the tiers laboratory cannot be followed."""


class UnreadableRecipe(RecipeError):
    """The text is no recipe."""


class UnknownRecipeKey(RecipeError):
    """The recipe holds something that this version does not know."""


class RecipeOutOfRange(RecipeError):
    """A value of the recipe lies outside of its range."""


class AnotherTable(RecipeError):
    """The recipe was saved beside another table than the one that it is to be followed in."""


class NoBrowser(DeepTeppError):
    """Figures cannot be written as files, since no browser draws them."""


class FigureNotDrawn(DeepTeppError):
    """The browser did not draw a figure."""


class SettingsError(InputError):
    """A settings file cannot be used."""


class UnknownSetting(SettingsError):
    """A key that no setting has."""


class BadSetting(SettingsError):
    """A setting has the wrong type or lies outside of its range."""


class UploadError(InputError):
    """An upload was refused or broke off."""


class UploadTokenUnknown(UploadError):
    """The upload token was not issued here."""


class UploadTokenUsed(UploadError):
    """The upload token was used before; each serves one upload."""


class UploadTokenExpired(UploadError):
    """The upload token is too old."""


class UploadTooLarge(UploadError):
    """The upload exceeds the size or the number of files allowed."""


class UploadIncomplete(UploadError):
    """The upload ended early or holds nothing."""


class UploadGone(UploadError):
    """The upload was removed or never existed."""


class BoardError(InputError):
    """An entry on the tumour board was refused."""


class LabelTaken(BoardError):
    """Another case on the board has this label."""


class LabelNamesSomebody(BoardError):
    """A label of a case, or a title, holds what may identify a patient; the message never repeats it."""


class EntryTooLong(BoardError):
    """A text of an entry is too long."""


class DecisionTooLate(BoardError):
    """A decision before the score was handed in after the score was shown."""


class DecisionTooEarly(BoardError):
    """A decision after the score was handed in before the score was shown."""


class CaseWithdrawn(BoardError):
    """The case is not, or no longer, on the board."""


class BoardConflict(BoardError):
    """Somebody else recorded an entry of this case after it was last seen; ``entries`` holds what is new."""

    @property
    def entries(self) -> tuple[object, ...]:
        """What is new, in the order in which it was recorded."""
        found = self.facts.get("entries", ())
        return found if isinstance(found, tuple) else ()


class NotCorrectable(BoardError):
    """The entry that is to be corrected is not a decision of this case and moment, or was corrected already."""


class MeetingGone(BoardError):
    """The meeting is not, or no longer, kept."""


class MeetingChanged(BoardError):
    """Somebody else changed a meeting after it was last seen."""


class MeetingHasDecisions(BoardError):
    """A meeting in which decisions were recorded cannot be removed."""


class BoardStoreError(DeepTeppError):
    """The store of the tumour board cannot be used."""


class BoardUnreachable(BoardStoreError):
    """The database of the board does not answer."""


class BoardRefuses(BoardStoreError):
    """The database of the board answers, and refuses what was asked."""


class BoardSchemaMismatch(BoardStoreError):
    """The database was written by another version."""


class PacsError(DeepTeppError):
    """A result does not reach the PACS."""


class NoSourceImages(PacsError):
    """The images have no valid UIDs that DICOM objects could name."""


class NotAResultObject(PacsError):
    """A file to be sent was not made by this software."""


class PacsNotConfigured(PacsError):
    """No PACS is set."""


class PacsUnreachable(PacsError):
    """The PACS does not answer."""


class PacsRefused(PacsError):
    """The PACS answers that it does not take the objects."""


class FramesGone(DeepTeppError):
    """The images of a case are no longer in memory."""


class DetectionError(DeepTeppError):
    """No region of interest could be found."""


class NoBreast(DetectionError):
    """No breast in the field of view."""


class NoLesion(DetectionError):
    """No enhancing lesion found."""


class LesionOutsideVolume(DetectionError):
    """A drawn box or mask lies outside of the volume or is empty."""


class BundleError(DeepTeppError):
    """A model bundle cannot be trusted."""


class BundleMissing(BundleError):
    """A file of the bundle is absent."""


class ChecksumMismatch(BundleError):
    """A file of the bundle differs from its checksum."""


class SchemaMismatch(BundleError):
    """The bundle has a schema this version does not know."""


class StatisticsError(DeepTeppError):
    """A statistic has no value on these data."""


class NotEstimable(StatisticsError):
    """The data do not determine the estimate."""


class TooManyJobs(DeepTeppError):
    """All workers are busy and the queue is full."""


class JobCancelled(DeepTeppError):
    """The user stopped the work."""
