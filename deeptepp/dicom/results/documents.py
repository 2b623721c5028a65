"""The report as an encapsulated PDF, and a card as a secondary capture for viewers that show nothing else.

References
----------
DICOM PS3.3 A.45.1 and C.24.2 (Encapsulated PDF), A.8.1 (Secondary Capture Image).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import EncapsulatedPDFStorage, SecondaryCaptureImageStorage

from deeptepp.dicom.results.result_header import ResultContext, new_object

REPORT, CARD = "report", "result card"
"""What the two series hold."""


def report_object(pdf: bytes, context: ResultContext, *, title: str, number: int) -> Dataset:
    """Put a PDF into a DICOM object.

    ``number``: which of the objects it is, from 0. Gives encapsulated PDF; the length of the document without
    padding stands in it.
    """
    made = new_object(EncapsulatedPDFStorage, context, REPORT, number)
    made.Modality, made.ConversionType = "DOC", "WSD"
    made.BurnedInAnnotation, made.VerificationFlag = "NO", "UNVERIFIED"
    made.AcquisitionDateTime = ""
    made.DocumentTitle = title
    made.ConceptNameCodeSequence = DicomSequence([_code("11528-7", "LN", "Radiology Report")])
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(pdf)
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return made


def card_object(picture: npt.NDArray[np.uint8], context: ResultContext, *, number: int) -> Dataset:
    """Put a picture into a DICOM object.

    ``picture``, (rows, columns, 3) uint8: RGB; ``number``: which of the objects it is, from 0. Gives secondary
    capture; Laterality is empty, since the card is of the patient, not of a side.
    """
    made = new_object(SecondaryCaptureImageStorage, context, CARD, number)
    made.Modality, made.ConversionType = "OT", "WSD"
    made.Laterality, made.PatientOrientation = "", ""
    made.BodyPartExamined = "BREAST"
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.BurnedInAnnotation = "NO"
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PlanarConfiguration = 3, "RGB", 0
    made.Rows, made.Columns = picture.shape[:2]
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation = 7, 0
    pixels = np.ascontiguousarray(picture).tobytes()
    made.PixelData = pixels + b"\0" * (len(pixels) % 2)
    return made


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    """Make the item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
