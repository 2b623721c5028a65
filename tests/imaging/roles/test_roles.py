"""What the images say of the roles of their phases: each wrong role is found, with margin, and right ones pass."""

import numpy as np
import phantoms
import pytest
from coarse_study import coarse_study

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.imaging.roles.roles import check_roles, likely_baselines

TINY = Grid.axial((6, 16, 16), (2.0, 1.0, 1.0))
GAINS = (0, 220, 290, 300, 280, 260)


def tiny_phases():
    """Give six phases of random tissue, in which a patch and a vessel take up contrast."""
    rng = np.random.default_rng(0)
    base = rng.integers(50, 400, TINY.shape)
    phases = []
    for gain in GAINS:
        image = (base + rng.integers(-3, 4, TINY.shape)).astype(float)
        image[2:4, 5:9, 5:9] += gain
        image[:, 12:14, 2:4] += int(1.3 * gain)
        phases.append(image)
    return phases


@pytest.fixture(scope="module")
def coarse():
    """Give block means of a simulated study, in every second slice, and the spacing."""
    study = coarse_study().study
    dz, dy, dx = study.grid.spacing_mm
    planes = [p.volume.voxels[::2].astype(np.float32) for p in study.phases]
    means = [(p[:, ::2, ::2] + p[:, 1::2, ::2] + p[:, ::2, 1::2] + p[:, 1::2, 1::2]) / 4 for p in planes]
    return means, (2 * dz, 2 * dy, 2 * dx)


@pytest.fixture(params=["tiny", "coarse"])
def study(request, coarse):
    """Give phases as arrays and their spacing, of either kind."""
    return (tiny_phases(), TINY.spacing_mm) if request.param == "tiny" else coarse


def checks_of(phases, spacing_mm, **options):
    grid = Grid.axial(phases[0].shape, spacing_mm)
    return check_roles([Volume(p, grid) for p in phases], **options)


def failed(phases, spacing_mm, **options):
    """Give rule and phase of each failed check, in the order given."""
    checks = checks_of(phases, spacing_mm, **options)
    assert checks
    return [(c.rule.removeprefix("roles."), c.phase) for c in checks if not c.is_passed]


def scanned_again(image):
    """Add noise that no second scan would have less of."""
    rng = np.random.default_rng(9)
    return np.maximum(image + rng.uniform(-3, 3, image.shape), 0)


@pytest.mark.parametrize("kept", [[0, 1, 2, 3, 4, 5], [0, 1], [0, 2, 4], [0, 3, 2, 1, 4]])
def test_right_roles_pass_with_any_number_of_phases(study, kept):
    phases, spacing = study
    assert failed([phases[k] for k in kept], spacing) == []


def test_limits_are_far_from_a_simulated_study(coarse):
    checks = {(c.rule, c.phase): c for c in checks_of(*coarse)}
    assert checks["roles.contrast-arrived", 1].value > 100
    assert checks["roles.contrast-arrived", 5].value > 75
    assert checks["roles.same-contrast", 5].value > 0.9
    assert checks["roles.same-place", 5].value < 1
    assert 0.95 < checks["roles.same-scale", 1].value < 1.2


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.uint16])
def test_any_number_format_and_common_scale_pass(dtype):
    phases = [(p * (1e-3 if dtype == np.float32 else 2)).astype(dtype) for p in tiny_phases()]
    assert failed(phases, TINY.spacing_mm) == []


@pytest.mark.parametrize("axes", [(2, 0, 1), (1, 0, 2), (2, 1, 0)])
def test_other_orientations_pass(coarse, axes):
    for phases, spacing in ((tiny_phases(), TINY.spacing_mm), coarse):
        turned = [p.transpose(axes) for p in phases]
        assert failed(turned, tuple(spacing[a] for a in axes)) == []


def test_piecewise_even_tissue_passes_though_its_ranks_are_noise():
    made = phantoms.breast_phantom(spacing_mm=(4.0, 4.0, 4.0)).study
    checks = check_roles([p.volume for p in made.phases])
    assert all(c.is_passed for c in checks)
    even = next(c for c in checks if c.rule == "roles.same-contrast")
    assert even.value < 0.5
    assert "its ratio is even" in even.sentence


@pytest.mark.parametrize("kept", [[1, 2, 3, 4, 5], [1, 2], [2, 3], [3, 5]])
def test_export_without_pre_contrast_fails(study, kept):
    phases, spacing = study
    wrong = [phases[k] for k in kept]
    assert ("contrast-arrived", 1) in failed(wrong, spacing)
    first = next(c for c in checks_of(wrong, spacing) if c.rule == "roles.contrast-arrived" and c.phase == 1)
    assert first.value < 0.9 * 25


def test_second_baseline_does_not_enhance_and_is_counted(study):
    phases, spacing = study
    wrong = [phases[0], scanned_again(phases[0]), *phases[1:]]
    assert failed(wrong, spacing) == [("contrast-arrived", 1)]
    grid = Grid.axial(phases[0].shape, spacing)
    assert likely_baselines([Volume(p, grid) for p in wrong]) == 2
    assert likely_baselines([Volume(p, grid) for p in phases]) == 1
    assert likely_baselines([Volume(p, grid) for p in phases[1:3]]) == 0
    sentence = next(c.sentence for c in checks_of(wrong, spacing) if not c.is_passed)
    assert sentence.startswith("Post-contrast 1 does not enhance against the pre-contrast images: ")
    assert sentence.endswith(" % at the 99th percentile, at least 25 % expected.")


def test_two_baselines_alone_fail(study):
    phases, spacing = study
    assert ("contrast-arrived", 1) in failed([phases[0], scanned_again(phases[0])], spacing)


def test_first_pass_of_an_ultrafast_series_is_no_usual_first_phase(coarse):
    phases, spacing = coarse
    for share in (0.05, 0.1):
        early = (1 - share) * phases[0] + share * phases[1]
        assert failed([phases[0], early, *phases[1:]], spacing) == [("contrast-arrived", 1)]


@pytest.mark.parametrize(
    ("order", "darkest"),
    [
        ([1, 0, 2, 3, 4, 5], 1),
        ([1, 0], 1),
        ([1, 2, 3, 4, 5, 0], 5),
        ([1, 2, 0, 3, 4, 5], 2),
        ([5, 4, 3, 2, 1, 0], 5),
    ],
)
def test_wrong_order_names_the_phase_that_is_less_enhanced(study, order, darkest):
    phases, spacing = study
    assert failed([phases[k] for k in order], spacing)[0] == ("order", darkest)


def test_copies_of_the_series_are_found(study):
    phases, spacing = study
    assert ("order", 6) in failed([*phases, *phases], spacing)
    assert failed([*phases, phases[5]], spacing) == [("order", 6)]
    assert ("order", 6) in failed([*phases, *(scanned_again(p) for p in phases)], spacing)


def test_motion_corrected_copies_and_two_injections_rise_twice(coarse):
    phases, spacing = coarse
    smoothed = [(p + np.roll(p, 1, axis=2)) / 2 for p in phases[1:]]
    assert failed([*phases, *smoothed], spacing) == [("order", 6)]
    returning = scanned_again(0.7 * phases[0] + 0.3 * phases[5])
    again = [scanned_again(1.05 * p) for p in phases[1:3]]
    assert failed([*phases, returning, *again], spacing)[0] == ("order", 7)


def test_times_that_run_backwards_fail_only_where_they_were_measured():
    phases = tiny_phases()
    times_s = [0.0, 90.0, 80.0, 240.0, 315.0, 390.0]
    assert failed(phases, TINY.spacing_mm, times_s=times_s) == [("order", 2)]
    assert failed(phases, TINY.spacing_mm, times_s=times_s, has_times=False) == []


@pytest.mark.parametrize("factor", [0.5, 0.7, 1.3, 1.7])
def test_pre_contrast_on_another_scale_is_named_with_its_factor(study, factor):
    phases, spacing = study
    wrong = [phases[0] * factor, *phases[1:]]
    assert failed(wrong, spacing) == [("same-scale", 0)]
    found = next(c for c in checks_of(wrong, spacing) if not c.is_passed)
    assert found.value == pytest.approx(factor, rel=0.05)


def test_a_factor_of_a_tenth_shows_where_tissue_does_not_enhance():
    phases = tiny_phases()
    for factor in (0.9, 1.1):
        assert failed([phases[0] * factor, *phases[1:]], TINY.spacing_mm) == [("same-scale", 0)]


def test_one_post_contrast_phase_on_another_scale_is_named(study):
    phases, spacing = study
    wrong = [phases[0], phases[1], 1.7 * phases[2], *phases[3:]]
    assert ("same-scale", 2) in failed(wrong, spacing)
    assert ("same-scale", 1) not in failed(wrong, spacing)


def fat_of(image):
    """Turn bright and dark where there is a body."""
    top = np.percentile(image, 99.5)
    return np.where(image > 0.12 * top, np.clip(top - image, 0.1 * top, None) * 1.3, image)


def test_fat_as_pre_contrast_is_another_contrast(study):
    phases, spacing = study
    for wrong in (fat_of(phases[0]), phases[0] + 1.5 * fat_of(phases[0])):
        assert failed([wrong, *phases[1:]], spacing)[0] == ("same-contrast", 0)


def test_fat_among_the_phases_is_named(study):
    phases, spacing = study
    assert failed([*phases[:2], fat_of(phases[0]), *phases[3:]], spacing)[0] == ("same-contrast", 2)


def test_subtraction_map_and_mask_among_the_phases_are_named(study):
    phases, spacing = study
    subtraction = np.maximum(phases[2] - phases[0], 0)
    percent = 100 * subtraction / np.maximum(phases[0], 20)
    mask = np.where(subtraction > 100, 1, 0)
    for odd in (subtraction, percent, mask):
        first = failed([*phases[:2], odd, *phases[3:]], spacing)[0]
        assert first in {("same-contrast", 2), ("same-scale", 2)}


def test_bent_intensities_fail(coarse):
    phases, spacing = coarse
    top = np.percentile(phases[0], 99)
    for power in (0.7, 1.3):
        assert ("same-scale", 0) in failed([(phases[0] / top) ** power * top, *phases[1:]], spacing)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_shift_is_measured_in_millimetres(coarse, axis):
    phases, spacing = coarse
    for mm, is_far in ((3.0, False), (9.0, True), (15.0, True)):
        steps = round(mm / spacing[axis])
        moved = [np.roll(phases[0], steps, axis), *phases[1:]]
        place = [c for c in checks_of(moved, spacing) if c.rule == "roles.same-place"]
        assert [c.is_passed for c in place] == ([False] if is_far else [True] * 5)
        if is_far:
            assert place[0].phase == 0
            assert place[0].value == pytest.approx(steps * spacing[axis], abs=1.6)


def test_another_anatomy_fails(study):
    phases, spacing = study
    other = np.roll(phases[0][:, :, ::-1], round(9 / spacing[1]), 1)
    found = failed([other, *phases[1:]], spacing)
    assert found
    assert found[0][0] in {"same-contrast", "same-place"}


def test_halves_of_the_field_of_view_pass(coarse):
    phases, spacing = coarse
    middle = phases[0].shape[2] // 2
    for part in (slice(0, middle), slice(middle, None)):
        assert failed([p[:, :, part] for p in phases], spacing) == []


def test_air_that_was_cut_off_passes(coarse):
    phases, spacing = coarse
    level = 0.06 * np.percentile(phases[0], 99)
    assert failed([np.where(p < level, 0, p) for p in phases], spacing) == []


@pytest.mark.parametrize("shape", [(6, 8, 10), (6, 16, 16), (20, 24, 24)])
def test_noise_without_a_body_is_not_judged(shape):
    rng = np.random.default_rng(1)
    assert checks_of([rng.integers(0, 4096, shape) for _ in range(3)], (2.0, 1.0, 1.0)) == ()


def test_small_flat_and_single_images_are_not_judged():
    small = [p[:3, :8, :8] for p in tiny_phases()]
    assert checks_of(small, TINY.spacing_mm) == ()
    assert checks_of([np.full(TINY.shape, 7.0)] * 3, TINY.spacing_mm) == ()
    assert checks_of([np.zeros(TINY.shape)] * 3, TINY.spacing_mm) == ()
    assert checks_of(tiny_phases()[:1], TINY.spacing_mm) == ()
    assert likely_baselines([Volume(p, TINY) for p in tiny_phases()[:1]]) == 0


def test_an_empty_phase_among_images_is_judged_and_fails(study):
    phases, spacing = study
    assert failed([*phases[:2], np.zeros_like(phases[0]), *phases[3:]], spacing)


def test_failed_checks_come_first_and_all_say_value_limit_and_sentence(study):
    phases, spacing = study
    checks = checks_of([phases[1], phases[0], *phases[2:]], spacing)
    passed = [c.is_passed for c in checks]
    assert passed == sorted(passed)
    assert any(passed)
    for check in checks:
        assert check.rule.startswith("roles.")
        assert np.isfinite(check.value)
        assert check.limit
        assert check.sentence.endswith(".")
