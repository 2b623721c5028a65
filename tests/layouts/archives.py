"""What archives hold beside the phases: copies, other patients, results, other examinations."""

from __future__ import annotations

from pydicom.uid import generate_uid

from layouts.anonymisers import DATES, GONE
from layouts.expect import READ, Either, Phases, Refusal, layout
from layouts.images import clock, dynamic, image, uid, volume
from layouts.phantom import BREAST, TIMES_S, TRUE


@layout("archive", READ)
def each_file_twice():
    """Every file is there twice, byte for byte."""
    made = dynamic()
    return made + made


@layout("archive", READ)
def exported_twice_under_new_uids():
    """The examination once more under new series and image UIDs, with the same times and pixels."""
    return dynamic() + dynamic(SeriesNumber=lambda i, k: 105 + i)


@layout("archive", Either((READ, Refusal(way_on=(READ,)))))
def exported_twice_under_a_new_study():
    """The examination once more under new UIDs of study, frame of reference, series and images."""
    new = {"StudyInstanceUID": uid("second export"), "FrameOfReferenceUID": uid("second frame")}
    return dynamic() + dynamic(**new)


@layout("archive", Either((READ, Refusal(way_on=(READ,)))))
def exported_twice_without_times_in_the_copy():
    """The second export has lost its times; its pixels are those of the first."""
    return dynamic() + dynamic(**GONE, SeriesNumber=lambda i, k: 105 + i)


@layout("archive", READ)
def slices_sent_again():
    """Half of the slices of phase 2 were sent again under new SOPInstanceUIDs."""
    own = {"SeriesInstanceUID": lambda i, k: uid(f"series {i}")}
    return dynamic(**own) + dynamic([2], **own)[3:]


@layout("archive", READ)
def one_slice_sent_again_with_later_content():
    """One slice of the phase before contrast is there twice: same pixels, other UID, later ContentTime."""
    own = {"SeriesInstanceUID": lambda i, k: uid(f"series {i}")}
    return dynamic(**own) + dynamic([0], ContentTime=clock(3600), **own)[2:3]


@layout("archive", READ)
def patient_number_missing_in_a_series():
    """PatientID is empty in one series."""
    return dynamic(
        PatientID=lambda i, k: "MRN0048812" if i else "", PatientName=lambda i, k: "DOE^JANE" if i else ""
    )


@layout("archive", Refusal(("dicom.mixed-patients",)))
def images_of_another_patient():
    """A dynamic series of another patient under another study."""
    other = {"PatientID": "OTHER", "StudyInstanceUID": uid("other"), "FrameOfReferenceUID": uid("other frame")}
    return dynamic() + dynamic(of="prior", **other)


OWN_RESULT = {"PatientID": "DT-1A2B3C", "PatientName": "DT-1A2B3C", "SeriesDescription": "DeepTEPP result"}


@layout("archive", READ)
def own_results_beside():
    """A segmentation, a structured report and a PDF under the study's UID and a pseudonym as PatientID."""
    seg = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4", "Modality": "SEG", "SeriesInstanceUID": uid("seg")}
    report = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.22", "Modality": "SR", "SeriesInstanceUID": uid("sr")}
    pdf = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1", "Modality": "DOC", "SeriesInstanceUID": uid("pdf")}
    no_image = dict.fromkeys(("PixelData", "Rows", "Columns", "PixelSpacing", "ImagePositionPatient"))
    plane = BREAST[0][0] > 200
    made = [image(plane, 0, **OWN_RESULT, **seg)]
    return dynamic() + made + [image(plane, 0, **OWN_RESULT, **no_image, **kind) for kind in (report, pdf)]


@layout("archive", READ)
def ct_and_pet_beside():
    """A CT and a PET of the same patient on the same day, in studies of their own."""
    made = []
    for modality, sop in (("CT", "1.2.840.10008.5.1.4.1.1.2"), ("PT", "1.2.840.10008.5.1.4.1.1.128")):
        own = {"Modality": modality, "SOPClassUID": sop, "StudyInstanceUID": generate_uid()}
        made += volume(TRUE["prior"][0], FrameOfReferenceUID=generate_uid(), **own)
    return dynamic() + made


@layout("archive", Either((READ, Refusal(way_on=(READ,)))))
def brain_of_the_same_day():
    """A dynamic series of the brain of the same patient and day, in a study of its own."""
    own = {
        "BodyPartExamined": "BRAIN",
        "StudyInstanceUID": uid("brain"),
        "FrameOfReferenceUID": uid("brain frame"),
    }
    return dynamic() + dynamic(
        of="prior", **own, AcquisitionTime=lambda i, k: clock(3600 + TIMES_S[i]), SeriesDescription="t1 perfusion"
    )


CURRENT_OR_ASK = Either((Phases(READ.times_s, READ.volumes, says="warning"), Refusal(way_on=(READ,))))


def prior(**tags) -> list:
    """Make an examination two years before."""
    own = {**dict.fromkeys(DATES, "20220105"), "FrameOfReferenceUID": uid("prior frame")}
    return dynamic(of="prior", **own, **tags)


@layout("archive", CURRENT_OR_ASK)
def prior_under_another_study():
    """The examination of two years before lies beside the current one, on the same grid, with its own UIDs."""
    return dynamic() + prior(StudyInstanceUID=uid("prior study"))


@layout("archive", CURRENT_OR_ASK)
def prior_under_the_same_study():
    """The examination of two years before under the StudyInstanceUID of the current one."""
    return dynamic() + prior()


@layout("archive", CURRENT_OR_ASK)
def prior_with_more_phases_and_later_in_the_day():
    """The prior has six phases and began in the afternoon; the current four, in the morning."""
    own = {**dict.fromkeys(DATES, "20220105"), "FrameOfReferenceUID": uid("prior frame")}
    after_noon = {
        "AcquisitionTime": lambda i, k: clock(20000 + TIMES_S[i]),
        "StudyInstanceUID": uid("prior study"),
    }
    return dynamic() + dynamic(range(6), of="prior", **own, **after_noon)


@layout("archive", Refusal())
def prior_pre_beside_current_post():
    """Of the current examination the phase before contrast is missing; one of the prior lies in the folder."""
    own = {**dict.fromkeys(DATES, "20220105"), "FrameOfReferenceUID": uid("prior frame")}
    return dynamic([1, 2, 3]) + dynamic([0], of="prior", StudyInstanceUID=uid("prior study"), **own)


@layout("archive", Refusal())
def prior_without_dates():
    """Prior and current under one study and without dates; each has its frame of reference and times of day."""
    own = {**dict.fromkeys(DATES), "AcquisitionTime": lambda i, k: clock(7000 + TIMES_S[i])}
    current = dynamic(**dict.fromkeys(DATES))
    return current + dynamic(of="prior", FrameOfReferenceUID=uid("prior frame"), **own)
