"""The tumour outline as a DICOM segmentation on the slices that were scored.

The outline of a lesion lies on voxels of 1 mm along the body axes, the images seldom do. A viewer lays a
segmentation over the slice that each of its frames names, so the mask is sampled at the voxels of the images: a
voxel belongs to the segment where its centre lies in the outline. Volume and diameter are those of the outline and
stand in the structured report.

References
----------
DICOM PS3.3 A.51 (Segmentation IOD), C.8.20.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from highdicom import AlgorithmIdentificationSequence
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import MRImageStorage
from pydicom.valuerep import DSfloat

from deeptepp.dicom.header_values import quiet
from deeptepp.dicom.results.result_header import (
    FIRST_SERIES_NUMBER,
    MAKER,
    ResultContext,
    make_repeatable,
    set_patient_and_study,
    set_series,
)
from deeptepp.dicom.source import SourcePhase
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion, LesionOrigin
from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT
from deeptepp.domain.study import Side

NAME = "tumour outline"
"""What the series holds."""

_ALGORITHM_TYPES = {
    LesionOrigin.DETECTOR: SegmentAlgorithmTypeValues.AUTOMATIC,
    LesionOrigin.READER: SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
    LesionOrigin.EXPERT: SegmentAlgorithmTypeValues.MANUAL,
}
"""A reader draws a box; the tissue in it is outlined by the software. An expert's outline is drawn by hand."""

SIDE_CODES = {Side.LEFT: codes.SCT.Left, Side.RIGHT: codes.SCT.Right}
"""CID 244 (Laterality)."""

_COLOUR_CIELAB = (45874, 39321, 50886)
"""RecommendedDisplayCIELabValue: amber, L* 70, a* 25, b* 70, each scaled to 16 bits."""


def mask_on_grid(lesion: Lesion, grid: Grid) -> npt.NDArray[np.bool_]:
    """Sample the outline of a lesion at the voxels of the images.

    Gives (z, y, x) bool: True where the centre of a voxel lies in a voxel of the lesion; never empty: the voxel
    nearest to the centroid where the lesion lies between all centres.
    """
    found = np.zeros(grid.shape, dtype=bool)
    last = np.asarray(grid.shape) - 1
    box = lesion.box
    corners = np.array(np.meshgrid(*zip(box.low, box.high, strict=True), indexing="ij")).reshape(3, -1).T
    index = grid.to_index(corners)
    start = np.clip(np.floor(index.min(axis=0)).astype(int), 0, last)
    stop = np.clip(np.ceil(index.max(axis=0)).astype(int), 0, last) + 1
    block = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    offsets = np.moveaxis(np.indices(tuple(stop - start)), 0, -1)
    inside = np.rint(lesion.grid.to_index(grid.to_mm(start + offsets))).astype(int)
    is_there = np.all((inside >= 0) & (inside < np.asarray(lesion.grid.shape)), axis=-1)
    k, j, i = np.where(is_there[..., None], inside, 0).reshape(-1, 3).T
    found[block] = lesion.mask[k, j, i].reshape(is_there.shape) & is_there
    if not found.any():
        found[tuple(np.clip(np.rint(grid.to_index(lesion.centroid_mm)).astype(int), 0, last))] = True
    return found


def source_headers(context: ResultContext, phase: SourcePhase) -> list[Dataset]:
    """Make headers of the source images from geometry and UIDs alone: the originals are gone.

    One for each slice, as classic MR images without pixels. A frame of a multi-frame file stands as an image of
    its own, under a UID of its own, until ``name_frames`` puts the file in its place.
    """
    grid = context.study.grid
    dz, dy, dx = grid.spacing_mm
    headers = []
    for k, _ in enumerate(phase.images):
        header = Dataset()
        header.SOPClassUID, header.SOPInstanceUID = MRImageStorage, stand_in(context, phase, k)
        set_patient_and_study(header, context)
        header.SeriesInstanceUID, header.Modality = phase.series_uid, "MR"
        header.FrameOfReferenceUID = context.source.frame_of_reference_uid
        header.PositionReferenceIndicator, header.InstanceNumber = "", k + 1
        header.Rows, header.Columns = grid.shape[1:]
        header.PixelSpacing = [_ds(dy), _ds(dx)]
        header.SliceThickness = header.SpacingBetweenSlices = _ds(dz)
        header.ImageOrientationPatient = [_ds(v) for v in (*grid.directions[:, 2], *grid.directions[:, 1])]
        header.ImagePositionPatient = [_ds(v) for v in grid.to_mm((k, 0, 0))]
        headers.append(header)
    return headers


def stand_in(context: ResultContext, phase: SourcePhase, k: int) -> str:
    """UID under which a slice stands while an object is made: its own, or one for its frame."""
    image = phase.images[k]
    return str(context.uid_of(f"frame {k}")) if image.frame else image.instance_uid


def name_frames(dataset: Dataset, context: ResultContext, phase: SourcePhase) -> None:
    """Put the multi-frame file and its frame number in the place of each stand-in, and each file once in lists.

    ``phase``: the images; nothing changes where they are classic.
    """
    if any(image.frame for image in phase.images):
        known = {stand_in(context, phase, k): image for k, image in enumerate(phase.images)}
        _name_frames(dataset, {uid: (image.instance_uid, image.frame) for uid, image in known.items()}, phase)


def _name_frames(
    dataset: Dataset, known: dict[str, tuple[str, int]], phase: SourcePhase, *, has_frames: bool = False
) -> None:
    """Replace stand-ins in one item and below it; ``has_frames``: the item names a frame of its file."""
    uid = str(dataset.get("ReferencedSOPInstanceUID", ""))
    if uid in known:
        dataset.ReferencedSOPClassUID = phase.sop_class
        dataset.ReferencedSOPInstanceUID, frame = known[uid]
        if has_frames or "PurposeOfReferenceCodeSequence" in dataset:
            dataset.ReferencedFrameNumber = frame
    # An image that a region was drawn on is one frame; lists of evidence name whole files.
    is_image = dataset.get("ValueType") == "IMAGE" and dataset.get("RelationshipType") == "SELECTED FROM"
    for element in dataset:
        if element.VR != "SQ":
            continue
        for item in element.value:
            _name_frames(item, known, phase, has_frames=is_image)
        if element.keyword in {"ReferencedInstanceSequence", "ReferencedSOPSequence"}:
            element.value = list({str(item.ReferencedSOPInstanceUID): item for item in element.value}.values())


def segmentation_of(lesion: Lesion, phase_index: int, context: ResultContext, *, number: int) -> Segmentation:
    """Make the segmentation.

    ``phase_index``: phase that was scored; its images are the source; ``number``: which of the objects it is, from
    0. Gives Binary, one segment, a frame for each slice that it meets.
    """
    phase = context.source.phases[phase_index]
    with quiet():
        made = Segmentation(
            source_images=source_headers(context, phase),
            pixel_array=mask_on_grid(lesion, context.study.grid).astype(np.uint8),
            segmentation_type=SegmentationTypeValues.BINARY,
            segment_descriptions=[_segment(lesion, context)],
            series_instance_uid=str(context.uid_of(f"{NAME} series")),
            series_number=FIRST_SERIES_NUMBER + number,
            sop_instance_uid=str(context.uid_of(NAME)),
            instance_number=1,
            manufacturer=MAKER,
            manufacturer_model_name=MAKER,
            software_versions=context.version,
            device_serial_number=context.bundle_sha256,
            content_label="TUMOUR",
            content_description=_content(context),
        )
        set_patient_and_study(made, context)
        set_series(made, context, NAME, number)
        name_frames(made, context, phase)
        make_repeatable(made, context)
    return made


def _segment(lesion: Lesion, context: ResultContext) -> SegmentDescription:
    """Describe the one segment."""
    algorithm = AlgorithmIdentificationSequence(
        name=f"{MAKER} tumour detection",
        family=codes.DCM.ArtificialIntelligence,
        version=context.version,
        source=MAKER,
    )
    segment = SegmentDescription(
        segment_number=1,
        segment_label="Tumour outline",
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Lesion,
        algorithm_type=_ALGORITHM_TYPES[lesion.origin],
        algorithm_identification=None if lesion.origin is LesionOrigin.EXPERT else algorithm,
        tracking_uid=str(context.uid_of("lesion")),
        tracking_id="Tumour",
        anatomic_regions=[codes.SCT.Breast],
    )
    if lesion.side is not None:
        side = SIDE_CODES[lesion.side]
        segment.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [CodedConcept.from_code(side)]
    segment.SegmentDescription = RESEARCH_USE_ONLY
    segment.RecommendedDisplayCIELabValue = list(_COLOUR_CIELAB)
    return segment


def _content(context: ResultContext) -> str:
    """What it is in 64 characters."""
    return f"Research use only{f', {SIMULATED_COHORT}' if context.is_simulated else ''}"


def _ds(value: float) -> DSfloat:
    """Write a decimal string of at most 16 characters."""
    return DSfloat(float(value), auto_format=True)
