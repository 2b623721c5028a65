"""Writes a DICOMDIR, right or wrong, record by record."""

import warnings

import phantoms_dicom as made
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage, generate_uid


def record(components, kind="IMAGE", **tags):
    """Give one record of the file that the components name."""
    made_record = Dataset()
    made_record.DirectoryRecordType, made_record.RecordInUseFlag = kind, 0xFFFF
    if components:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made_record.ReferencedFileID = list(components)
    for keyword, value in tags.items():
        setattr(made_record, keyword, value)
    return made_record


def write_dicomdir(path, records):
    """Write records below one patient."""
    listing = Dataset()
    listing.file_meta = FileMetaDataset()
    listing.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    listing.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    listing.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    listing.FileSetID = "CD"
    patient = record((), "PATIENT", PatientName=made.NAME, PatientID=made.RECORD)
    listing.DirectoryRecordSequence = Sequence([patient, *records])
    with warnings.catch_warnings():
        # Some names are wrong on purpose.
        warnings.simplefilter("ignore")
        listing.save_as(path, enforce_file_format=True)
    return path
