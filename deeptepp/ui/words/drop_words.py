"""What the drop zone says: its script holds no sentence of its own, so that every language reaches it."""

from __future__ import annotations

from deeptepp.errors import (
    UploadIncomplete,
    UploadTokenExpired,
    UploadTokenUnknown,
    UploadTokenUsed,
    UploadTooLarge,
)
from deeptepp.ui.words.language import current_language, t
from deeptepp.wording.catalogue import Language

WORDS: dict[str, str] = {
    "zone": "Upload a breast MR study",
    "heading": "Drop the breast MR study here",
    "what": "A zip archive, a folder, DICOM or NIfTI files of one patient, up to {limit}. "
    "Zip NIfTI files, so that their names tell the phases.",
    "files": "Choose zip or files",
    "folder": "Choose folder",
    "privacy": "File names stay on your computer. The uploaded files are deleted once the case is scored.",
    "upload": "Upload",
    "cancel": "Cancel",
    "looking_folder": "Looking through the folder",
    "so_far": "{n} files so far",
    "looking_files": "Looking through the files",
    "one_file": "1 file",
    "files_counted": "{n} files",
    "uploading": "Uploading {files}",
    "left": "about {n} s left",
    "complete": "Upload complete",
    "cancelled": "Upload cancelled. Nothing was kept.",
    "no_server": "The server cannot be reached. Check the connection and try again.",
    "broke_off": "The connection broke off. Nothing was kept on the server; try again.",
    "refused": "The server refused the upload. Reload the page and try again.",
    "empty": "There is no file in it. Choose the folder that holds the DICOM files.",
    "is": "This is {what}",
    "each_is": "Each of these {n} files is {what}",
    "picture": "a picture. Export the study from the PACS as DICOM, not as pictures.",
    "document": "a document. The images of the study are needed, as DICOM.",
    "volume": "a research volume that cannot be read here. Upload the original DICOM files, or NIfTI.",
    "archive": "an archive that cannot be read here. Zip archives can; pack the folder as zip.",
    "film": "a film. Export the study from the PACS as DICOM.",
    "many_zips": "These are {n} zip archives. Upload one study at a time.",
    "zip_and_files": "A zip archive and other files together. Upload either the zip or the files.",
    "too_large": "{size} is more than the {limit} allowed. Upload one study only.",
    "too_many": "{n} files are more than the {limit} allowed. Upload one study only.",
}
"""English by the name that the script uses; ``{...}`` is filled in there."""

REFUSALS: dict[str, str] = {
    UploadTokenUnknown.rule: UploadTokenUnknown.template,
    UploadTokenUsed.rule: UploadTokenUsed.template,
    UploadTokenExpired.rule: "This upload link expired. Start the upload again from the page.",
    UploadTooLarge.rule: "The upload holds more than is allowed. Upload one breast MR study only.",
    UploadIncomplete.rule: "The upload ended before all of it arrived. Nothing was kept; try again.",
}
"""What the route of uploads refuses, for other languages: it answers in English, and with numbers."""


def drop_words() -> dict[str, str]:
    """Say everything that the drop zone can show."""
    return {name: t(text) for name, text in WORDS.items()}


def drop_refusals() -> dict[str, str]:
    """What the route of uploads refuses.

    The result is by rule, empty for a visitor who reads English, who gets the answer of the server with its
    numbers.
    """
    is_english = current_language() is Language.ENGLISH
    return {} if is_english else {rule: t(text) for rule, text in REFUSALS.items()}
