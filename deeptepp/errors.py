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
    │   │                                 UnknownOrder, RolesDoubtful, EqualTimes, OrdersDiffer, StudyTooLarge
    │   ├── NiftiError                    NoNiftiFound, DamagedNifti, NiftiTooLarge, UnsupportedNifti,
    │   │                                 UnplacedNifti, NiftiUnits, NiftiGeometriesDiffer, NiftiSpacingDiffers,
    │   │                                 SkewedNifti, ImplausibleNifti, NotFiniteNifti, NiftiGridsDiffer,
    │   │                                 NiftiOrderUnknown, SeveralNiftiPatients, NiftiPhaseMissing,
    │   │                                 NiftiTimesDiffer, UnknownNiftiVolume, NiftiRolesDoubtful
    │   ├── ClinicalError                 NotANumber, OutOfRange, Contradiction, UnknownField, UnreadableProfile
    │   ├── CohortError                   MissingColumn, DuplicateSubject, TooFewEvents, UnreadableCohort,
    │   │                                 CohortRefused, UnknownPublicCohort, TableTooLarge,
    │   │                                 OtherScores, OtherPatients
    │   ├── RecipeError                   UnreadableRecipe, UnknownRecipeKey, RecipeOutOfRange, AnotherTable
    │   ├── SettingsError                 UnknownSetting, BadSetting
    │   ├── FilesError                    FilesIncomplete, FilesMixed, FolderInUse
    │   ├── UploadError                   UploadTokenUnknown, UploadTokenUsed, UploadTokenExpired, UploadTooLarge,
    │   │                                 UploadIncomplete, UploadGone
    │   ├── ApiError                      BadRequestBody, ApiCaseGone, TokenNameTaken, TokenUnknown
    │   ├── ReceiptError                  ReceiptUnreadable, ReceiptAltered, ReceiptUnknown, ReceiptOfAnotherStudy
    │   └── BoardError                    LabelTaken, LabelNamesSomebody, EntryTooLong,
    │                                     DecisionTooLate, DecisionTooEarly, CaseWithdrawn, BoardConflict,
    │                                     NotCorrectable, MeetingGone, MeetingChanged, MeetingHasDecisions
    ├── BoardStoreError                   BoardUnreachable, BoardRefuses, BoardBusy, BoardSchemaMismatch
    ├── KeptCaseError                     CaseGone, CaseChanged, KeptUnreadable, ImagesGone, ImagesNotKept,
    │                                     OtherImages, KeyMissing, WrongKey, BadKey, SealDamaged
    ├── BackupError                       NotABackup, BackupDamaged, BackupTooNew, TargetNotEmpty, TargetExists
    ├── PacsError                         NoSourceImages, NotAResultObject, MixedResults, PacsNotConfigured,
    │                                     PacsUnreachable, PacsDenied, PacsFault, PacsRefused, StudyOfTwoPatients,
    │                                     StudyNotInPacs, NothingToFetch, HeadersGone, ArrivedGone
    ├── AccessError                       NotSignedIn, NotAllowed
    ├── DiskFull                          no room is left to write
    ├── ClusterError                      EngineMissing, ClusterUnreachable, WorkerLost, OtherCode,
    │                                     FolderNotShared, RunUnderWay
    ├── NoBrowser                         no browser draws figures as files
    ├── FigureNotDrawn                    the browser failed at a figure
    ├── FramesGone                        the images of a case left the memory
    ├── DetectionError                    NoBreast, NoLesion, LesionOutsideVolume
    ├── BundleError                       BundleMissing, ChecksumMismatch, SchemaMismatch
    ├── StatisticsError                   NotEstimable
    ├── TooManyJobs                       no worker is free and the queue is full, or TooManyOwnJobs
    ├── TakesTooLong, TakesTooMuch        the work took longer, or more memory, than a server gives it
    └── JobCancelled                      the user stopped the work

An error carries keyword-only facts; the class builds the message: what was found, where, what to do.
``rule`` is a stable identifier that the screen, the command line and the JSON print alike. No message
holds a patient identifier or a path that came from an upload.
"""

from __future__ import annotations

from collections.abc import Callable
from string import Formatter
from typing import ClassVar

from deeptepp.wording.sentence import sentence


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

    rule = "input"


class ArchiveError(InputError):
    """An uploaded archive cannot be opened safely."""

    rule = "archive"


class NotAnArchive(ArchiveError):
    """The upload is neither a zip archive nor a DICOM file."""

    rule = "archive.not-a-zip"
    asked = "a zip archive, a folder or DICOM files"
    template = "This file is neither a zip archive nor a DICOM file. Export the study as DICOM and zip its folder."


class DamagedArchive(ArchiveError):
    """The zip archive is cut short or its checksums do not match."""

    rule = "archive.damaged"
    asked = "a whole archive"
    template = "The zip archive is damaged ({value}). Make it again and hand it in once more."


class EncryptedArchive(ArchiveError):
    """The zip archive asks for a password."""

    rule = "archive.encrypted"
    asked = 0
    template = "The zip archive is encrypted. Unpack it with its password and hand in an archive without one."


class ArchiveTooLarge(ArchiveError):
    """The archive unpacks to more than the limit, as a zip bomb does."""

    rule = "archive.too-large"
    template = "The archive unpacks to {value}, more than the {limit} allowed. Hand in one breast MR study only."


class UnsafeArchivePath(ArchiveError):
    """A member of the archive points outside of it."""

    rule = "archive.unsafe-path"
    asked = 0
    template = "The archive holds {value} file name(s) that point outside of it. It was not unpacked."


class StudyError(InputError):
    """Images cannot become a dynamic series of volumes."""

    rule = "study"

    @property
    def proposals(self) -> tuple[object, ...]:
        """The ways to go on (``PhaseProposal``), best first: a refusal with any is a question to the reader."""
        proposals = self.facts.get("proposals", ())
        return tuple(proposals) if isinstance(proposals, tuple | list) else ()


class DicomError(StudyError):
    """A DICOM study cannot become a dynamic series of volumes."""

    rule = "dicom"


class NoDicomFound(DicomError):
    """No DICOM image among the files."""

    rule = "dicom.none-found"
    asked = "at least one DICOM image"
    template = (
        "No DICOM image was found among {value} file(s). Export the study from the PACS as DICOM, not as JPEG, "
        "and leave no archive inside the archive."
    )


class WrongModality(DicomError):
    """The images are not MR."""

    rule = "dicom.wrong-modality"
    template = "The images are {value}, not {limit}. A dynamic contrast-enhanced breast MR study is needed."


class NotDynamic(DicomError):
    """No dynamic series among the MR series."""

    rule = "dicom.not-dynamic"
    asked = "a dynamic T1-weighted series"
    template = "No dynamic T1-weighted series was found among {value} MR series. Add the DCE series of the study."


class MissingPhase(DicomError):
    """Too few phases on one grid."""

    rule = "dicom.missing-phase"
    template = (
        "Only {value} phase(s) of the dynamic series were found; {limit} are needed "
        "(one before and one after contrast)."
    )


class MixedGeometry(DicomError):
    """The phases do not share one grid."""

    rule = "dicom.mixed-geometry"
    asked = "one grid"
    template = "The phases do not share one grid: {value}. Choose phases of one acquisition in the series table."


class MissingSlice(DicomError):
    """A slice of a phase is absent."""

    rule = "dicom.missing-slice"
    asked = 0
    template = (
        "{phase} lack {value} slice(s): expected one every {every_mm} mm. Export the series again, or "
        "choose the other phases in the series table."
    )


class IrregularSpacing(DicomError):
    """Slice positions are not evenly spaced or not on one line."""

    rule = "dicom.irregular-spacing"
    template = "Slice spacing varies by {value} mm (limit {limit} mm). The series is not one regular volume."


class ImplausibleGeometry(DicomError):
    """A distance in the headers is none that an image of a breast can have."""

    rule = "dicom.implausible-geometry"
    template = (
        "{keyword} of the images is {value} mm; it must lie in {limit} mm. Export the original images again."
    )


class MissingTag(DicomError):
    """A DICOM attribute needed for geometry or time is absent."""

    rule = "dicom.missing-tag"
    asked = 0
    template = "{value} file(s) lack {keyword}, needed to place the image. Export the original images again."


class StudyTooLarge(DicomError):
    """The images of the phases fill more memory than a study may."""

    rule = "dicom.too-large"
    template = (
        "The phases hold {value} of images, more than the {limit} that one study may fill here. Choose fewer "
        "phases in the series table or with --phases, or ask whoever runs the server to allow more."
    )


class UnreadablePixels(DicomError):
    """Pixel data are truncated or in a transfer syntax that cannot be decoded."""

    rule = "dicom.unreadable-pixels"
    asked = 0
    template = "The pixel data of {value} image(s) cannot be read ({reason}). Export the series again."


class MixedPatients(DicomError):
    """The files belong to more than one patient or study."""

    rule = "dicom.mixed-patients"
    asked = 1
    template = "The files belong to {value} different patients. Hand in one study of one patient."


class MixedStudies(DicomError):
    """The files belong to more than one examination."""

    rule = "dicom.mixed-studies"
    asked = 1
    template = (
        "The files belong to {value} different examinations. Hand in one study, or choose its phases in the "
        "series table or with --phases."
    )


class NoPreContrast(DicomError):
    """Every phase found was acquired after contrast."""

    rule = "dicom.no-pre-contrast"
    asked = "one phase before contrast"
    template = (
        "All {value} phases of the dynamic series were acquired after contrast. "
        "Add the pre-contrast series, or choose the phases in the series table or with --phases."
    )


class TwoSides(DicomError):
    """Each breast has volumes of its own, and no side was named."""

    rule = "dicom.two-sides"
    asked = "one side at a time"
    template = "Each breast has images of its own ({value}). Choose the side, in the series table or with --side."


class SeveralDynamicSeries(DicomError):
    """More than one dynamic series could be meant."""

    rule = "dicom.several-dynamic-series"
    asked = 1
    template = (
        "The study holds {value} dynamic series, and none of them is clearly the one to score. Choose it in the "
        "series table, or with --phases."
    )


class OtherFrameOfReference(DicomError):
    """Phases lie in different frames of reference, so that their places cannot be compared."""

    rule = "dicom.frames-of-reference"
    asked = 1
    template = (
        "The {phase} images lie in another frame of reference than the others: the patient was placed anew, or "
        "the study was put together. Look whether they fit, and choose the phases in the series table or with "
        "--phases."
    )


class ImplausibleTimes(DicomError):
    """Hours or days lie between two phases of one dynamic series."""

    rule = "dicom.implausible-times"
    template = (
        "{value} lie between the {phase} images and those before them, more than the {limit} of one examination. "
        "Choose the phases that belong together in the series table, or with --phases."
    )


class EqualTimes(DicomError):
    """Volumes that were made in one way share a time, which phases cannot."""

    rule = "dicom.equal-times"
    asked = 0
    template = (
        "{value} volume(s) share the time of another one that was made in the same way: a second reconstruction, "
        "or a phase whose time was lost. Choose the phases in the series table, or with --phases."
    )


class OrdersDiffer(DicomError):
    """Numbers and descriptions put the phases in different orders, and there are no times."""

    rule = "dicom.orders-differ"
    asked = "one order"
    template = (
        "There are no times, and {value} puts the phases in another order than their descriptions do. Choose the "
        "phases in the series table, or with --phases, pre-contrast first."
    )


class OtherSettings(DicomError):
    """What may be the pre-contrast volume was made with other settings than the phases found."""

    rule = "dicom.other-settings"
    asked = "the same settings before and after contrast"
    template = (
        "The earliest images on this grid have other settings ({value}) than the phases after them: either they "
        "are the pre-contrast images, or something else. Choose the phases in the series table, or with --phases."
    )


class OtherBodyPart(DicomError):
    """The header names a part of the body other than the breast."""

    rule = "dicom.body-part"
    asked = "BREAST"
    template = (
        "The header says that the images show {value}, not the breast. If that is wrong, choose the phases in the "
        "series table, or with --phases."
    )


class UnknownOrder(DicomError):
    """No sign of time or order tells the volumes apart."""

    rule = "dicom.unknown-order"
    asked = "a time or a number of each phase"
    template = (
        "{value} volumes on one grid carry no time and no number that tells their order. Choose the phases in the "
        "series table, or with --phases, pre-contrast first."
    )


class RolesDoubtful(DicomError):
    """The images do not fit the roles that the headers give them."""

    rule = "dicom.roles"
    template = (
        "{sentence} Look at the images, and choose the phases in the series table or with --phases, pre-contrast "
        "first."
    )


class UnknownSeries(DicomError):
    """An override names a series or phase that is not in the table."""

    rule = "dicom.unknown-series"
    template = "The series table has no entry {value}; it has {limit}."


class NiftiError(StudyError):
    """NIfTI files cannot become a dynamic series of volumes."""

    rule = "nifti"


class NoNiftiFound(NiftiError):
    """No NIfTI image among the files."""

    rule = "nifti.none-found"
    asked = "at least one NIfTI image"
    template = "No NIfTI image was found among {value} file(s). Hand in .nii or .nii.gz files, or DICOM."


class DamagedNifti(NiftiError):
    """A NIfTI file is cut short, or its header contradicts itself."""

    rule = "nifti.damaged"
    template = "A NIfTI file is damaged: {reason}. Convert or copy it again."


class NiftiTooLarge(NiftiError):
    """The images unpack to more than the limit, as a bomb does."""

    rule = "nifti.too-large"
    template = "The NIfTI images unpack to {value}, more than the {limit} allowed. Hand in one study only."


class UnsupportedNifti(NiftiError):
    """A kind of NIfTI image that is no volume of one intensity per voxel."""

    rule = "nifti.unsupported"
    asked = "one real number per voxel, in three dimensions and time"
    template = "A NIfTI file holds {value}; volumes of one real number per voxel are needed. Convert it again."


class UnplacedNifti(NiftiError):
    """Neither qform nor sform says where the voxels are in the patient."""

    rule = "nifti.no-orientation"
    asked = "a qform or an sform in scanner coordinates"
    template = (
        "A NIfTI file does not say where its voxels are in the patient ({reason}), so left and right are unknown. "
        "Convert the original images again with their orientation."
    )


class NiftiUnits(NiftiError):
    """Lengths are said not to be millimetres."""

    rule = "nifti.units"
    asked = "millimetres"
    template = "A NIfTI file gives its lengths in {value}, which programs read in different ways. Save it in mm."


class NiftiGeometriesDiffer(NiftiError):
    """Qform and sform place the same voxel at two places."""

    rule = "nifti.two-geometries"
    template = (
        "qform and sform of a NIfTI file place a corner {value} mm apart (limit {limit} mm), and programs differ "
        "in which they believe. Save it again with the one that is right in both."
    )


class NiftiSpacingDiffers(NiftiError):
    """The voxel size in pixdim is not that of the sform."""

    rule = "nifti.spacing-disagrees"
    template = (
        "The voxel size in pixdim and that of the sform differ by {value} mm over the image (limit {limit} mm). "
        "Convert the original images again."
    )


class SkewedNifti(NiftiError):
    """The axes of the image are not at right angles."""

    rule = "nifti.not-orthogonal"
    template = (
        "The axes of a NIfTI image are not at right angles: a corner is {value} mm off (limit {limit} mm). "
        "Resample the image to a regular grid, or use the images before registration."
    )


class ImplausibleNifti(NiftiError):
    """A distance in the header is none that an image of a breast can have."""

    rule = "nifti.implausible-geometry"
    template = "{keyword} of a NIfTI image is {value} mm; it must lie in {limit} mm. Convert the images again."


class NotFiniteNifti(NiftiError):
    """Voxels are not numbers."""

    rule = "nifti.not-finite"
    asked = 0
    template = "{value} voxel(s) of a NIfTI image are no finite numbers. Convert the original images again."


class NiftiGridsDiffer(NiftiError):
    """The phases do not share one grid."""

    rule = "nifti.mixed-geometry"
    asked = "one grid"
    template = "The NIfTI phases do not share one grid: {value}. Choose phases of one acquisition."


class NiftiOrderUnknown(NiftiError):
    """Which file is which phase cannot be told: a question."""

    rule = "nifti.order-unknown"
    asked = "one order"
    template = "Which NIfTI volume is which phase cannot be told: {reason}. Choose the phases in the series table."


class SeveralNiftiPatients(NiftiError):
    """The files belong to more than one patient or examination."""

    rule = "nifti.several-patients"
    asked = 1
    template = (
        "The NIfTI files belong to {value} patients or examinations. Name the folder of one, or choose its files."
    )


class NiftiPhaseMissing(NiftiError):
    """Too few phases, or one is missing between two others."""

    rule = "nifti.missing-phase"
    template = (
        "Only {value} NIfTI phase(s) were found; {limit} are needed (one before and one after contrast). "
        "Add the others."
    )


class NiftiTimesDiffer(NiftiError):
    """Times were given that do not fit the phases."""

    rule = "nifti.times"
    template = "The times given for the phases do not fit: {value}; needed are {limit}."


class UnknownNiftiVolume(NiftiError):
    """An override names a volume that is not in the table."""

    rule = "nifti.unknown-series"
    template = "The series table has no such volume, or it was named twice ({value}); it has {limit}."


class NiftiRolesDoubtful(NiftiError):
    """The images do not fit the roles that the names of their files give them."""

    rule = "nifti.roles"
    template = RolesDoubtful.template


class ClinicalError(InputError):
    """The clinical-pathological facts cannot be used."""

    rule = "clinical"


class UnknownField(ClinicalError):
    """A clinical-pathological field the package does not know."""

    rule = "clinical.unknown-field"
    template = "Unknown clinical field {field}. Did you mean {nearest}?"


class NotANumber(ClinicalError):
    """What was typed is no number, or can be read in two ways; the message never repeats it."""

    rule = "clinical.not-a-number"
    template = "{field} is not one number. {reason}"


class OutOfRange(ClinicalError):
    """A clinical-pathological value lies outside of its range."""

    rule = "clinical.out-of-range"
    template = "{field} is {value}; allowed: {limit}."


class Contradiction(ClinicalError):
    """Two clinical-pathological facts exclude each other."""

    rule = "clinical.contradiction"
    template = "{field} {value} does not agree with {limit}. Correct one of them or leave it unknown."


class UnreadableProfile(ClinicalError):
    """A file of clinical-pathological facts cannot be read."""

    rule = "clinical.unreadable"
    template = "The file of clinical facts cannot be read: {reason}."


class CohortError(InputError):
    """A cohort table cannot be used."""

    rule = "cohort"


class MissingColumn(CohortError):
    """A column of the cohort table is absent."""

    rule = "cohort.missing-column"
    template = "The cohort lacks the column(s) {value}."


class DuplicateSubject(CohortError):
    """A subject occurs twice in the cohort."""

    rule = "cohort.duplicate-subject"
    template = "{value} subject(s) occur more than once; each may occur once."


class TooFewEvents(CohortError):
    """Too few patients of one class to train or test on."""

    rule = "cohort.too-few-events"
    template = "{value} of {n} patient(s) have an event; at least {limit} with and without one are needed."


class UnreadableCohort(CohortError):
    """The cohort folder or table cannot be read."""

    rule = "cohort.unreadable"
    template = "The cohort cannot be read: {reason}."


class TableTooLarge(CohortError):
    """A table has more cells, or unpacks to more, than is read of a visitor's."""

    rule = "cohort.too-large"
    template = (
        "The table holds {value}, more than the {limit} that are read here. Leave out what is no patient, or read "
        "it with `deeptepp report cohort` on a machine of your own."
    )


class CohortRefused(CohortError):
    """A cohort has problems that must be mended; ``problems`` among the facts is the table of them."""

    rule = "cohort.refused"
    template = "The cohort cannot be used; {value} rule(s) refuse it: {rules}."


class OtherScores(CohortError):
    """The scores of a table are not said to be those of a model."""

    rule = "cohort.other-scores"
    template = (
        "The scores are not those of this model, as far as the table says: its digest {limit} must stand in the "
        "column score_model beside every score."
    )


class OtherPatients(CohortError):
    """Two tables of scores are not of the same patients."""

    rule = "cohort.other-patients"
    template = "The two tables are not of the same patients: {reason}."


class UnknownPublicCohort(CohortError):
    """There is no adapter for a public cohort of this name."""

    rule = "cohort.unknown-public"
    template = "There is no public cohort {value}; there is {limit}."


class RecipeError(InputError):
    """A recipe of the tiers laboratory cannot be followed."""

    rule = "recipe"


class UnreadableRecipe(RecipeError):
    """The text is no recipe."""

    rule = "recipe.unreadable"
    template = "The recipe cannot be read: {reason}. Save it again from the tiers laboratory."


class UnknownRecipeKey(RecipeError):
    """The recipe holds something that this version does not know."""

    rule = "recipe.unknown-key"
    template = "The recipe holds {value}, which is not known here; known are {limit}."


class RecipeOutOfRange(RecipeError):
    """A value of the recipe lies outside of its range."""

    rule = "recipe.out-of-range"
    template = "{field} in the recipe is {value}; it must be {limit}."


class AnotherTable(RecipeError):
    """The recipe was saved beside another table than the one that it is to be followed in."""

    rule = "recipe.another-table"
    template = (
        "The recipe was saved with a table whose SHA-256 begins {limit}; this one begins {value}, so other "
        "numbers would come of it. Name the table it was saved with, or say --another-table."
    )


class NoBrowser(DeepTeppError):
    """Figures cannot be written as files, since no browser draws them."""

    rule = "figures.no-browser"
    template = (
        "Figures are drawn for SVG, PDF and PNG by Chromium, which was not found on this machine. Install "
        "chromium, or set BROWSER_PATH to a browser of that kind; tables and the page need none."
    )


class FigureNotDrawn(DeepTeppError):
    """The browser did not draw a figure."""

    rule = "figures.not-drawn"
    template = "The browser did not draw {value}: {reason}. The page and the tables are complete without it."


class SettingsError(InputError):
    """A settings file cannot be used."""

    rule = "settings"


class UnknownSetting(SettingsError):
    """A key that no setting has."""

    rule = "settings.unknown-key"
    template = "Unknown setting {key}. Did you mean {nearest}?"


class BadSetting(SettingsError):
    """A setting has the wrong type or lies outside of its range."""

    rule = "settings.bad-value"
    template = "Setting {key} is {value}; it must be {limit}."


class FilesError(InputError):
    """A folder of files that belong together cannot be read or replaced."""

    rule = "files"


class FilesIncomplete(FilesError):
    """A folder does not hold the whole of one set of files."""

    rule = "files.incomplete"
    template = "The folder does not hold one whole set of files: {reason}. Nothing was done; make its files again."


class FilesMixed(FilesError):
    """Files of a folder differ from the list of its set."""

    rule = "files.mixed"
    asked = 0
    template = (
        "{value} file(s) of the folder differ from its list of digests: they are of another set, or were changed. "
        "Nothing was done; make its files again."
    )


class FolderInUse(FilesError):
    """A folder holds what a new set of files may not replace."""

    rule = "files.folder-in-use"
    template = "The folder cannot be replaced as a whole: {reason}. Nothing was written; name a folder inside it."


class ClusterError(DeepTeppError):
    """Other processes or machines cannot do the work."""

    rule = "cluster"


class EngineMissing(ClusterError):
    """An engine is asked for that is not installed."""

    rule = "cluster.not-installed"
    template = "{value} is not installed here. Install the extra `cluster` of this package, or choose loky."


class ClusterUnreachable(ClusterError):
    """No cluster answers at the address."""

    rule = "cluster.unreachable"
    template = "No cluster of {value} answers. Check its address, and that it runs; without one, try again."


class WorkerLost(ClusterError):
    """The process that worked on something died, and again when it was tried alone."""

    rule = "cluster.worker-lost"
    template = (
        "The process that worked on this study died twice, as where memory is short. Give each worker more "
        "memory, or hand in the dynamic series alone."
    )


class OtherCode(ClusterError):
    """A worker would not compute what was asked for."""

    rule = "cluster.other-code"
    template = (
        "A worker has another version of DeepTEPP, of its libraries or of the model than this machine. Install "
        "the same on all, and start the run again."
    )


class FolderNotShared(ClusterError):
    """A worker does not see the folder of results."""

    rule = "cluster.folder-not-shared"
    template = "A worker does not see the folder of results. Name one on a disk that all machines share."


class RunUnderWay(ClusterError):
    """Another run writes into the same folder."""

    rule = "cluster.run-under-way"
    template = "Another run writes into this folder. Wait until it has ended, or name another folder."


class UploadError(InputError):
    """An upload was refused or broke off."""

    rule = "upload"


class UploadTokenUnknown(UploadError):
    """The upload token was not issued here."""

    rule = "upload.token-unknown"
    template = "This upload was not asked for by this page. Reload the page and try again."


class UploadTokenUsed(UploadError):
    """The upload token was used before; each serves one upload."""

    rule = "upload.token-used"
    template = "This upload link was used before. Start the upload again from the page."


class UploadTokenExpired(UploadError):
    """The upload token is too old."""

    rule = "upload.token-expired"
    template = "This upload link expired after {limit} min. Start the upload again from the page."


class UploadTooLarge(UploadError):
    """The upload exceeds the size or the number of files allowed."""

    rule = "upload.too-large"
    template = "The upload holds {value}, more than the {limit} allowed. Hand in one breast MR study only."


class UploadIncomplete(UploadError):
    """The upload ended early or holds nothing."""

    rule = "upload.incomplete"
    template = "The upload ended before all of it arrived ({value}). Nothing was kept; try again."


class UploadGone(UploadError):
    """The upload was removed or never existed."""

    rule = "upload.gone"
    template = "The uploaded study is no longer here. Hand it in again."


class ReceiptError(InputError):
    """The receipt of a score cannot be used."""

    rule = "receipt"


class ReceiptUnreadable(ReceiptError):
    """The text is no receipt."""

    rule = "receipt.unreadable"
    template = "This is no receipt of a score, or one of another version. Hand in the file as it was saved."


class ReceiptAltered(ReceiptError):
    """The receipt does not fit its own hash."""

    rule = "receipt.altered"
    template = (
        "The receipt was changed: what it holds has hash {value}, and it says {limit}. Take the one that is kept."
    )


class ReceiptUnknown(ReceiptError):
    """No receipt of this id is kept."""

    rule = "receipt.unknown"
    template = "No receipt of this id is kept here, or what it held was erased with its case."


class ReceiptOfAnotherStudy(ReceiptError):
    """The images are not those of the receipt."""

    rule = "receipt.another-study"
    template = (
        "The receipt is of another study: its images have digest {limit}, these {value}. Hand in the images that "
        "were scored."
    )


class BoardError(InputError):
    """An entry on the tumour board was refused."""

    rule = "board"


class LabelTaken(BoardError):
    """Another case on the board has this label."""

    rule = "board.label-taken"
    template = "A case on the board has this label already. Choose another, or leave it empty for the next number."


class LabelNamesSomebody(BoardError):
    """A label of a case, or a title, holds what may identify a patient; the message never repeats it."""

    rule = "board.label-identifies"
    template = "The label holds {value}. Choose a pseudonym, such as Case 7; it must not identify the patient."


class EntryTooLong(BoardError):
    """A text of an entry is too long."""

    rule = "board.too-long"
    template = "The {field} has {value} characters; at most {limit} are kept. Shorten it."


class DecisionTooLate(BoardError):
    """A decision before the score was handed in after the score was shown."""

    rule = "board.already-shown"
    template = "The score of this case was shown already. Record the decision as one made after it."


class DecisionTooEarly(BoardError):
    """A decision after the score was handed in before the score was shown."""

    rule = "board.not-shown"
    template = "The score of this case was not shown yet. Record the decision as one made before it."


class CaseWithdrawn(BoardError):
    """The case is not, or no longer, on the board."""

    rule = "board.case-gone"
    template = "This case is not on the board. It may have been withdrawn; nothing of it was kept."


class BoardConflict(BoardError):
    """Somebody else recorded an entry of this case after it was last seen; ``entries`` holds what is new."""

    rule = "board.conflict"
    template = "Another entry of this case was recorded meanwhile. Read it, then record yours too or take it back."

    @property
    def entries(self) -> tuple[object, ...]:
        """What is new, in the order in which it was recorded."""
        found = self.facts.get("entries", ())
        return found if isinstance(found, tuple) else ()


class NotCorrectable(BoardError):
    """The entry that is to be corrected is not a decision of this case and moment, or was corrected already."""

    rule = "board.not-correctable"
    template = "This entry cannot be corrected: it is not of this case, or it was corrected already."


class MeetingGone(BoardError):
    """The meeting is not, or no longer, kept."""

    rule = "board.meeting-gone"
    template = "This meeting is not kept. It may have been removed; its cases are still on the board."


class MeetingChanged(BoardError):
    """Somebody else changed a meeting after it was last seen."""

    rule = "board.meeting-changed"
    template = "Somebody else changed this meeting meanwhile. Compare it with what you entered, then save again."


class MeetingHasDecisions(BoardError):
    """A meeting in which decisions were recorded cannot be removed."""

    rule = "board.meeting-recorded"
    template = "{value} entries were recorded in this meeting, so it stays. Change its date or title instead."


class BoardStoreError(DeepTeppError):
    """The store of the tumour board cannot be used."""

    rule = "board-store"


class BoardUnreachable(BoardStoreError):
    """The database of the board does not answer."""

    rule = "board-store.unreachable"
    template = "The board's {kind} database does not answer ({reason}). Tell whoever runs this server."


class BoardRefuses(BoardStoreError):
    """The database of the board answers, and refuses what was asked."""

    rule = "board-store.refuses"
    template = "The board's {kind} database cannot be used: {reason}. Tell whoever runs this server."


class BoardBusy(BoardStoreError):
    """The database of the board answers, and asks to be tried again."""

    rule = "board-store.busy"
    template = "The board's {kind} database cannot answer now: {reason}. Try again in a moment."


class BoardSchemaMismatch(BoardStoreError):
    """The database was written by another version."""

    rule = "board-store.schema"
    template = "The board's database has schema {value}; this version reads {limit}. Nothing was changed in it."


class AccessError(DeepTeppError):
    """Somebody may not do what she asked for."""

    rule = "access"


class NotSignedIn(AccessError):
    """Nobody is signed in, or no longer."""

    rule = "access.not-signed-in"
    template = "Your sign-in has ended. Sign in again; what you entered stays in this tab."


class NotAllowed(AccessError):
    """No role of the person allows it."""

    rule = "access.not-allowed"
    template = "Your role does not include this: {action}. Nothing was changed."


class ApiError(InputError):
    """A request to the API, or a token for it, was refused."""

    rule = "api"


class BadRequestBody(ApiError):
    """A request cannot be read; the reason quotes nothing that was sent."""

    rule = "api.bad-request"
    template = "The request cannot be read: {reason}."


class ApiCaseGone(ApiError):
    """A case is not, or no longer, kept for whoever asks."""

    rule = "api.case-gone"
    template = "There is no such case or piece of work of yours, or it was deleted. Hand the study in again."


class TokenNameTaken(ApiError):
    """A token has no name, or that of another."""

    rule = "api.token-name"
    template = "A token needs a name that no other valid token has."


class TokenUnknown(ApiError):
    """There is no such token that could be revoked."""

    rule = "api.token-unknown"
    template = "There is no valid token of this name or identifier."


class KeptCaseError(DeepTeppError):
    """A case that is kept cannot be opened or changed, or its images cannot."""

    rule = "cases"


class CaseGone(KeptCaseError):
    """The case is not, or no longer, kept."""

    rule = "cases.gone"
    template = "This case is not kept here. It was deleted, or the time for which cases are kept has passed."


class CaseChanged(KeptCaseError):
    """Somebody else changed the case after it was last seen; ``kept`` is what it is now."""

    rule = "cases.changed"
    template = "Somebody else changed this case meanwhile. Compare both, then choose; nothing was written over."


class KeptUnreadable(KeptCaseError):
    """What is kept was written by a version that this one cannot read, or is damaged."""

    rule = "cases.unreadable"
    template = "What is kept of this case cannot be read by this version ({value}). Restore a backup or update."


class ImagesGone(KeptCaseError):
    """The images of a case are not, or no longer, kept."""

    rule = "cases.images-gone"
    template = "The images of this case are no longer kept. Hand in the study again to go on with them."


class OtherImages(KeptCaseError):
    """What the PACS has of a study now is not what was scored."""

    rule = "cases.other-images"
    template = (
        "The images that the PACS has of this study are no longer those that were scored, so they are not shown "
        "beside this result. Hand in the study as a case of its own to score what is there now."
    )


class ImagesNotKept(KeptCaseError):
    """The images of a case could not be written."""

    rule = "cases.images-not-kept"
    template = "The images of this case could not be kept ({reason}). The result is kept without them."


class KeyMissing(KeptCaseError):
    """Images are kept and their key is not here."""

    rule = "cases.key-missing"
    template = (
        "Images are kept here, but not the key that they were encrypted with. Give it in DEEPTEPP_KEY_FILE, or "
        "remove the images; no new key is made beside them."
    )


class WrongKey(KeptCaseError):
    """Images were encrypted with another key."""

    rule = "cases.wrong-key"
    template = "These images were encrypted with key {value}; the key of this installation is {limit}."


class BadKey(KeptCaseError):
    """The key of the installation is no key."""

    rule = "cases.bad-key"
    template = (
        "The key of this installation cannot be used: {reason}. It must be 32 bytes in base64 or hexadecimal."
    )


class SealDamaged(KeptCaseError):
    """An encrypted file was changed or cut."""

    rule = "cases.damaged"
    template = "The kept images were changed or cut since they were written, so they are not used."


class BackupError(DeepTeppError):
    """A backup cannot be written or read."""

    rule = "backup"


class NotABackup(BackupError):
    """The file is no backup."""

    rule = "backup.not-a-backup"
    template = "The file was not written by `deeptepp backup`."


class BackupDamaged(BackupError):
    """A part of the backup differs from its digest."""

    rule = "backup.damaged"
    template = "The backup is damaged ({value}). Nothing was restored."


class BackupTooNew(BackupError):
    """The backup was written by a newer version."""

    rule = "backup.too-new"
    template = "The backup has schema {value}; this version reads up to {limit}. Nothing was restored."


class TargetNotEmpty(BackupError):
    """The installation that is restored into holds something."""

    rule = "backup.not-empty"
    template = "This installation holds {value}. Nothing was restored; `--replace` puts the backup in their place."


class TargetExists(BackupError):
    """The file that is to be written exists."""

    rule = "backup.exists"
    template = "The file {value} exists. Name another; nothing is written over."


class PacsError(DeepTeppError):
    """A result does not reach the PACS."""

    rule = "pacs"


class NoSourceImages(PacsError):
    """The images have no valid UIDs that DICOM objects could name."""

    rule = "pacs.no-source"
    template = (
        "The images of this case lack the unique identifiers (UIDs) that DICOM objects must name, or nothing was "
        "assessed. Save the result as PDF or JSON, or export the study from the PACS again."
    )


class NotAResultObject(PacsError):
    """A file to be sent was not made by this software."""

    rule = "pacs.not-ours"
    template = (
        "A file is no DICOM object made by DeepTEPP, so nothing was sent. Name the folder that "
        "`deeptepp score --out` wrote."
    )


class PacsNotConfigured(PacsError):
    """No PACS is set."""

    rule = "pacs.not-configured"
    template = "No PACS is configured. Set `pacs_url` in deeptepp.toml to the DICOMweb address of the PACS."


class MixedResults(PacsError):
    """Objects to be sent are not one whole result."""

    rule = "pacs.mixed-set"
    template = (
        "The DICOM objects are not those of one whole result: {value}. Nothing was sent. Write them again with "
        "`deeptepp score --out` into an empty folder."
    )


class PacsUnreachable(PacsError):
    """The PACS does not answer."""

    rule = "pacs.unreachable"
    template = (
        "{name} does not answer ({reason}). Check its address and the network, and try again; a result that is "
        "sent twice is stored once."
    )


class PacsDenied(PacsError):
    """The PACS does not let this installation in."""

    rule = "pacs.denied"
    template = (
        "{name} does not let this installation in ({reason}). Whoever runs it must allow it, or give it a user, a "
        "password or a token."
    )


class PacsFault(PacsError):
    """The PACS answers with an error."""

    rule = "pacs.fault"
    template = "{name} could not answer ({reason}). Ask whoever runs it."


class PacsRefused(PacsError):
    """The PACS answers that it does not take the objects."""

    rule = "pacs.refused"
    template = "{name} did not take {value} of {limit} objects ({reason}). Ask whoever runs it."


class DiskFull(DeepTeppError):
    """No room is left on a disk, or a quota is used up."""

    rule = "disk.full"
    template = (
        "There is no room left on the disk. Nothing was kept of what was being written; make room, and try again."
    )


class StudyOfTwoPatients(PacsError):
    """The PACS has one study under several patients."""

    rule = "pacs.two-patients"
    template = (
        "{name} has this study {value} times, under different patients, so nothing was sent. Whoever runs it must "
        "put that right first."
    )


class StudyNotInPacs(PacsError):
    """The PACS does not have the study."""

    rule = "pacs.no-study"
    template = "{name} does not have this study, or no longer. Search again."


class NothingToFetch(PacsError):
    """The study has no MR images in the PACS."""

    rule = "pacs.no-images"
    template = "{name} has no MR images in this study, so there is nothing to score."


class HeadersGone(PacsError):
    """The files whose headers name the patient are no longer here, or do not name her."""

    rule = "pacs.no-headers"
    template = (
        "The files of the study are no longer here, or do not belong to this result, so its patient cannot be "
        "taken from them. Nothing was sent."
    )


class ArrivedGone(PacsError):
    """A study that was received is no longer here."""

    rule = "pacs.arrived-gone"
    template = "This study is no longer among those that arrived. Ask for it to be sent again."


class FramesGone(DeepTeppError):
    """The images of a case are no longer in memory."""

    rule = "frames.gone"
    template = "The images of this case are no longer in memory. Open the case again."


class DetectionError(DeepTeppError):
    """No region of interest could be found."""

    rule = "detection"


class NoBreast(DetectionError):
    """No breast in the field of view."""

    rule = "detection.no-breast"
    template = "No breast was found in the volume ({value} ml of candidate tissue, at least {limit} ml needed)."


class NoLesion(DetectionError):
    """No enhancing lesion found."""

    rule = "detection.no-lesion"
    template = "No enhancing lesion of at least {limit} ml was found in the breasts. Draw the box by hand."


class LesionOutsideVolume(DetectionError):
    """A drawn box or mask lies outside of the volume or is empty."""

    rule = "detection.box-outside"
    template = "The box lies outside of the images or is empty. Draw it on the tumour."


class BundleError(DeepTeppError):
    """A model bundle cannot be trusted."""

    rule = "bundle"


class BundleMissing(BundleError):
    """A file of the bundle is absent."""

    rule = "bundle.missing"
    asked = "every file of a bundle"
    template = "The model bundle lacks {value}. Train one with `deeptepp train` or restore it."


class ChecksumMismatch(BundleError):
    """A file of the bundle differs from its checksum."""

    rule = "bundle.checksum"
    asked = "as in SHA256SUMS"
    template = "{value} of the model bundle does not match SHA256SUMS. Nothing is scored with it; restore it."


class SchemaMismatch(BundleError):
    """The bundle has a schema this version does not know."""

    rule = "bundle.schema"
    template = (
        "The model bundle has schema {value}; this version reads {limit}. Update DeepTEPP or choose another."
    )


class StatisticsError(DeepTeppError):
    """A statistic has no value on these data."""

    rule = "statistics"


class NotEstimable(StatisticsError):
    """The data do not determine the estimate."""

    rule = "statistics.not-estimable"
    template = "{what} cannot be estimated: {reason}."


class TooManyJobs(DeepTeppError):
    """All workers are busy and the queue is full."""

    rule = "job.queue-full"
    template = "{value} cases are being worked on, as many as this server takes. Try again in a minute."


class TooManyOwnJobs(TooManyJobs):
    """One visitor has as much work waiting as the server takes of each."""

    rule = "job.own-queue-full"
    template = (
        "{value} pieces of your work are waiting or under way already. Stop one, or wait until one has ended."
    )


class TakesTooLong(DeepTeppError):
    """The work took longer than a server gives to one visitor."""

    rule = "job.too-long"
    template = (
        "This took longer than the {limit} s that the server gives to one study or table, and was stopped. Hand "
        "in the dynamic series or the table alone, or ask whoever runs the server to allow more."
    )


class TakesTooMuch(DeepTeppError):
    """The work took more memory than a server gives to one visitor."""

    rule = "job.too-much-memory"
    template = (
        "This filled more than the {limit} of memory that the server gives to one study or table, and was "
        "stopped. Hand in the dynamic series or the table alone, or ask whoever runs the server to allow more."
    )


class JobCancelled(DeepTeppError):
    """The user stopped the work."""

    rule = "job.cancelled"
    template = "The work was stopped."
