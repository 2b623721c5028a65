"""The ways of Siemens scanners, from VB to XA."""

from __future__ import annotations

from layouts.expect import ASK, ONE_OF_TWO, ORDER, READ, Either, layout, phases
from layouts.images import SIEMENS, clock, dynamic, enhanced, frames_of, image, item, joined, moment, uid, volume
from layouts.phantom import AXIAL, BREAST, TIMES_S, TRUE, subtraction

SUB = ["DERIVED", "PRIMARY", "M", "ND", "SUB"]


@layout("Siemens", READ)
def siemens_series_per_phase():
    """Each phase is a series; TemporalPositionIdentifier is absent, AcquisitionNumber is 1 in each."""
    return dynamic(AcquisitionNumber=1, SeriesTime=lambda i, k: clock(TIMES_S[i] + 50))


@layout("Siemens", READ)
def siemens_all_in_one_series():
    """All phases in one series, told apart by AcquisitionNumber and AcquisitionTime."""
    return dynamic(
        one_series=True, AcquisitionNumber=lambda i, k: i + 1, InstanceNumber=lambda i, k: 6 * i + k + 1
    )


@layout("Siemens", READ)
def siemens_pre_apart_from_the_rest():
    """The phase before contrast in a series of its own, the others in one."""
    pre = dynamic([0], AcquisitionNumber=1)
    return pre + dynamic([1, 2, 3], one_series=True, SeriesNumber=7, AcquisitionNumber=lambda i, k: i)


@layout("Siemens", READ)
def siemens_each_slice_has_its_second():
    """AcquisitionTime runs over the slices of each phase, one second from slice to slice."""
    return dynamic(one_series=True, AcquisitionTime=lambda i, k: clock(TIMES_S[i] + k))


@layout("Siemens", READ)
def siemens_subtractions_between():
    """A subtraction follows each phase after contrast, as DERIVED SUB, with the time of its phase."""
    subs = [
        volume(subtraction(i), i=i, ImageType=SUB, SeriesNumber=6 + 2 * i, SeriesDescription="t1_fl3d_dyna_SUB")
        for i in (1, 2, 3)
    ]
    return dynamic(SeriesNumber=lambda i, k: 5 + 2 * i) + joined(subs)


@layout("Siemens", READ)
def siemens_projections_beside():
    """A MIP of each subtraction on the grid of the phases, and one radial MIP of few views."""
    tags = {"ImageType": ["DERIVED", "PRIMARY", "PROJECTION IMAGE", "MIP"], "SeriesDescription": "MIP_TRA"}
    mips = joined(volume(subtraction(i) * 2, i=i, SeriesNumber=40 + i, **tags) for i in (1, 2, 3))
    turned = {**tags, "SeriesDescription": "MIP_RAD", "ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}
    return dynamic() + mips + volume(subtraction(1)[:3], SeriesNumber=50, **turned)


@layout("Siemens", READ)
def siemens_projection_typed_original():
    """A thin-slab MIP that says ORIGINAL PRIMARY M ND MIP."""
    mip = volume(BREAST[3] + 60, i=3, ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MIP"], SeriesNumber=60)
    return dynamic() + mip


@layout("Siemens", READ)
def siemens_motion_corrected_in_one_series():
    """Phases as acquired, and all motion-corrected ones in a series of their own, reconstructed a minute later."""
    moco = dynamic(
        of="second",
        one_series=True,
        SeriesNumber=30,
        SeriesDescription="t1_fl3d_MOCO",
        ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOCO"],
        ContentTime=lambda i, k: clock(TIMES_S[i] + 130),
    )
    return dynamic() + moco


@layout("Siemens", READ)
def siemens_motion_corrected_of_late_phases():
    """Phases as acquired; the motion-corrected copies begin with the second phase."""
    moco = {"ImageType": ["DERIVED", "PRIMARY", "M", "ND", "MOCO"], "SeriesNumber": lambda i, k: 20 + i}
    return dynamic() + dynamic([1, 2, 3], of="second", SeriesDescription="dyna_MOCO", **moco)


@layout("Siemens", phases(0, 1, 2, 3, of="second"))
def siemens_motion_corrected_alone():
    """The archive holds the motion-corrected phases alone."""
    return dynamic(of="second", ImageType=["DERIVED", "PRIMARY", "M", "ND", "MOCO"], SeriesDescription="MOCO")


@layout("Siemens", ONE_OF_TWO)
def siemens_with_and_without_distortion_correction():
    """Each phase twice, ND and DIS2D, with one AcquisitionTime."""
    corrected = {"ImageType": ["ORIGINAL", "PRIMARY", "M", "DIS2D"], "SeriesNumber": lambda i, k: 15 + i}
    return dynamic() + dynamic(of="second", **corrected)


@layout("Siemens", READ)
def siemens_distortion_corrected_copies_lack_the_pre_phase():
    """ND of all phases, DIS3D of those after contrast alone: a mixture of the two is no study."""
    corrected = {"ImageType": ["ORIGINAL", "PRIMARY", "M", "DIS3D"], "SeriesNumber": lambda i, k: 3 + i}
    return dynamic(SeriesNumber=lambda i, k: 25 + i) + dynamic([1, 2, 3], of="second", **corrected)


@layout("Siemens", ONE_OF_TWO)
def siemens_normalised_and_not_in_one_series():
    """Every slice twice in one series, once with NORM in ImageType; the rest of the header is the same."""
    one = uid("one series")
    norm = {"ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "NORM"], "SeriesInstanceUID": one}
    return dynamic(SeriesInstanceUID=one, SeriesNumber=5) + dynamic(of="second", SeriesNumber=5, **norm)


@layout("Siemens", READ)
def siemens_combined_series_beside_the_phases():
    """All phases once more in a combined series with new SOPInstanceUIDs, made an hour later."""
    combined = {"SeriesDescription": "dyna_comb", "SeriesNumber": 90, "ContentTime": clock(3600)}
    return dynamic() + dynamic(one_series=True, **combined)


@layout("Siemens", READ)
def siemens_combined_derived_without_acquisition_time():
    """A combined series that says DERIVED SECONDARY and holds the time at which it was made alone."""
    combined = {"ImageType": ["DERIVED", "SECONDARY", "M", "ND"], "AcquisitionTime": None, "AcquisitionDate": None}
    made = lambda i, k: clock(3600 + i)  # noqa: E731
    return dynamic() + dynamic(
        one_series=True, SeriesNumber=91, ContentTime=made, SeriesTime=clock(3600), **combined
    )


@layout("Siemens", Either((READ, ORDER)))
def siemens_series_time_is_the_clock():
    """AcquisitionTime was removed; SeriesTime tells when each phase began."""
    return dynamic(AcquisitionTime=None, ContentTime=None, SeriesTime=lambda i, k: clock(TIMES_S[i]))


@layout("Siemens", Either((READ, ORDER)))
def siemens_pre_lacks_its_acquisition_time():
    """AcquisitionTime is absent from the phase before contrast; SeriesTime is in all."""
    acquired = lambda i, k: clock(TIMES_S[i]) if i else None  # noqa: E731
    return dynamic(AcquisitionTime=acquired, SeriesTime=lambda i, k: clock(TIMES_S[i]), ContentTime=None)


@layout("Siemens", READ)
def siemens_dixon_by_suffix():
    """Water, fat, in and opposed phase in series with the suffixes _W, _F, _in, _opp; ImageType tells them too."""
    made = []
    for n, (suffix, kind, of) in enumerate(
        [
            ("F", "FAT", "fat"),
            ("in", "IN_PHASE", "in-phase"),
            ("opp", "OPP_PHASE", "prior"),
            ("W", "WATER", "breast"),
        ]
    ):
        tags = {
            "SeriesDescription": f"t1_vibe_dixon_dyn_{suffix}",
            "SeriesNumber": lambda i, k, n=n: 5 + 10 * i + n,
        }
        made += dynamic(of=of, ImageType=["ORIGINAL", "PRIMARY", "M", "DIXON", kind], **tags)
    return made


@layout("Siemens", READ)
def siemens_xa_classic():
    """The classic export of an XA scanner: ImageType with MFSPLIT, one series for each phase."""
    return dynamic(ImageType=["ORIGINAL", "PRIMARY", "M", "DIS2D", "MFSPLIT"], AcquisitionNumber=1)


def xa_content(i: int, k: int) -> dict:
    """Give the times of a frame as XA scanners write them."""
    at = {"FrameAcquisitionDateTime": moment(TIMES_S[i]), "FrameReferenceDateTime": moment(TIMES_S[i] + 30)}
    return {"FrameContentSequence": item(FrameAcquisitionNumber=1, InStackPositionNumber=k + 1, StackID="1", **at)}


@layout("Siemens", READ)
def siemens_xa_enhanced_object_per_phase():
    """Enhanced MR: one multi-frame image for each phase, each in its own series."""
    objects = range(4)
    return [
        enhanced(frames_of(i, xa_content), SeriesInstanceUID=uid(f"xa {i}"), SeriesNumber=5 + i) for i in objects
    ]


@layout("Siemens", READ)
def siemens_xa_enhanced_objects_in_one_series():
    """Enhanced MR: one multi-frame image for each phase, all in one series."""
    return [enhanced(frames_of(i, xa_content), SeriesNumber=5, InstanceNumber=i + 1) for i in range(4)]


@layout("Siemens", READ)
def siemens_xa_enhanced_time_of_the_object_alone():
    """Enhanced MR without times of its frames: AcquisitionDateTime of each object."""
    empty = lambda i, k: {"FrameContentSequence": item(InStackPositionNumber=k + 1, StackID="1")}  # noqa: E731
    return [
        enhanced(frames_of(i, empty), SeriesNumber=5, AcquisitionDateTime=moment(TIMES_S[i])) for i in range(4)
    ]


@layout("Siemens", READ)
def siemens_xa_enhanced_with_time_zone():
    """Enhanced MR whose moments end in an offset from UTC."""

    def content(i, k):
        return {"FrameContentSequence": item(FrameAcquisitionDateTime=moment(TIMES_S[i]) + "+0100")}

    return [enhanced(frames_of(i, content), SeriesInstanceUID=uid(f"zone {i}")) for i in range(4)]


@layout("Siemens", READ)
def siemens_survey_and_t2_before():
    """A survey in three planes and a T2-weighted series before the dynamic."""
    survey = ["ORIGINAL", "PRIMARY", "M", "ND", "LOCALIZER"]
    planes = [([1, 0, 0, 0, 1, 0], 0), ([1, 0, 0, 0, 0, -1], 1), ([0, 1, 0, 0, 0, -1], 2)]
    made = [
        image(BREAST[0][k], k, ImageType=survey, SeriesInstanceUID=uid("survey"), ImageOrientationPatient=iop)
        for iop, k in planes
    ]
    t2 = {"ScanningSequence": "SE", "RepetitionTime": 4500, "EchoTime": 90, "FlipAngle": 150}
    return made + volume(TRUE["prior"][0], AXIAL, SeriesDescription="t2_tse", SeriesNumber=2, **t2) + dynamic()


@layout("Siemens", ASK)
def siemens_pre_with_another_tr():
    """The phase before contrast has TR 4.0 ms, those after it 4.8 ms."""
    return dynamic(RepetitionTime=lambda i, k: 4.8 if i else 4.0)


@layout("Siemens", READ)
def siemens_tr_rounded_otherwise():
    """TR 4.8 and 4.81, TE 1.8 and 1.79 ms: one setting, written with more digits in some phases."""
    return dynamic(
        RepetitionTime=lambda i, k: 4.81 if i % 2 else 4.8,
        EchoTime=lambda i, k: 1.79 if i == 2 else 1.8,
        **SIEMENS,
    )
