from collections import Counter

import pytest
import torch

from deeptepp.views.jigsaw import has_fixed_tile, pmg_permutation, shuffle_tiles, uniform_permutation


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def cycle_length(order):
    """Number of tiles in the cycle through the first one."""
    place, steps = int(order[0]), 1
    while place:
        place, steps = int(order[place]), steps + 1
    return steps


@pytest.mark.parametrize("n", [2, 3, 4, 8])
def test_the_star_transpositions_always_make_one_cycle_through_all_tiles(n):
    generator = seeded(n)
    for _ in range(100):
        order = pmg_permutation(n, generator)
        assert sorted(order.tolist()) == list(range(n * n))
        assert cycle_length(order) == n * n
        assert not has_fixed_tile(order)


def test_pmg_reaches_each_of_the_six_full_cycles_of_four_tiles_equally_often():
    generator = seeded()
    seen = Counter(tuple(pmg_permutation(2, generator).tolist()) for _ in range(1200))
    assert len(seen) == 6
    assert max(seen.values()) < 260
    assert min(seen.values()) > 140


def test_uniform_reaches_all_24_permutations_and_the_filter_leaves_the_9_derangements():
    generator = seeded()
    seen = {tuple(uniform_permutation(2, generator).tolist()) for _ in range(600)}
    assert len(seen) == 24
    assert sum(not has_fixed_tile(torch.tensor(order)) for order in seen) == 9


@pytest.mark.parametrize("kind", ["pmg", "uniform"])
@pytest.mark.parametrize("n", [2, 4, 8])
def test_no_tile_stays_in_place_and_none_is_lost(kind, n):
    tile = 16 // n
    names = torch.arange(n * n, dtype=torch.float32).reshape(n, n)
    images = names.repeat_interleave(tile, 0).repeat_interleave(tile, 1).expand(3, 2, 16, 16)
    for seed in range(20):
        shuffled = shuffle_tiles(images, n, kind=kind, generator=seeded(seed))
        corners = shuffled[0, 0, ::tile, ::tile]
        assert sorted(corners.flatten().tolist()) == list(range(n * n))
        assert not (corners == names).any()
        assert torch.equal(corners.repeat_interleave(tile, 0).repeat_interleave(tile, 1), shuffled[0, 0])
        assert torch.equal(shuffled, shuffled[:1, :1].expand_as(shuffled))


def test_without_the_filter_uniform_leaves_tiles_in_place_as_often_as_chance():
    images = torch.arange(16.0).reshape(1, 1, 4, 4)
    kept = [
        (shuffle_tiles(images, 4, kind="uniform", generator=seeded(i), is_filtered=False) == images).any().item()
        for i in range(300)
    ]
    assert 0.53 < sum(kept) / 300 < 0.73  # 1 - 1/e


def test_pixels_within_a_tile_keep_their_order():
    images = torch.arange(64.0).reshape(1, 1, 8, 8)
    shuffled = shuffle_tiles(images, 2, kind="pmg", generator=seeded())
    originals = {tuple(images[0, 0, r : r + 4, c : c + 4].flatten().tolist()) for r in (0, 4) for c in (0, 4)}
    moved = {tuple(shuffled[0, 0, r : r + 4, c : c + 4].flatten().tolist()) for r in (0, 4) for c in (0, 4)}
    assert moved == originals
    assert torch.equal(images, torch.arange(64.0).reshape(1, 1, 8, 8))


def test_the_remainder_strip_stays_untouched_and_sides_may_differ():
    images = torch.rand(2, 1, 11, 14, generator=seeded())
    shuffled = shuffle_tiles(images, 4, kind="pmg", generator=seeded())
    assert torch.equal(shuffled[:, :, 8:], images[:, :, 8:])
    assert torch.equal(shuffled[:, :, :, 12:], images[:, :, :, 12:])
    assert not torch.equal(shuffled[:, :, :8, :12], images[:, :, :8, :12])
    assert torch.equal(shuffled.flatten(2).sort()[0], images.flatten(2).sort()[0])


def test_the_same_seed_shuffles_alike_and_one_tile_shuffles_nothing():
    images = torch.rand(2, 1, 16, 16, generator=seeded())
    first, second = (shuffle_tiles(images, 4, kind="uniform", generator=seeded(7)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(shuffle_tiles(images, 1, kind="pmg", generator=seeded()), images)


@pytest.mark.parametrize("n", [0, 17])
def test_more_tiles_than_pixels_are_refused(n):
    with pytest.raises(ValueError, match="cannot be cut"):
        shuffle_tiles(torch.zeros(1, 1, 16, 16), n, kind="pmg", generator=seeded())
