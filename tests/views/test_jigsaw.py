from collections import Counter

import pytest
import torch

from deeptepp.errors import BadSetting
from deeptepp.views.jigsaw import (
    ShuffleFilter,
    draw_shuffle,
    has_fixed_tile,
    pmg_permutation,
    preserved_z_neighbours,
    shuffle_tiles,
    uniform_permutation,
)


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
    images, anything = torch.arange(16.0).reshape(1, 1, 4, 4), ShuffleFilter(has_fixed_tiles=True)
    kept = [
        (shuffle_tiles(images, 4, kind="uniform", generator=seeded(i), shuffle_filter=anything) == images)
        .any()
        .item()
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


def order_of(*tiles):
    return torch.tensor(tiles)


def test_z_neighbours_of_whole_slices_are_the_pairs_that_follow_each_other():
    assert preserved_z_neighbours(torch.arange(16), 4) == 1
    assert preserved_z_neighbours(torch.arange(15, -1, -1), 4) == 0
    # Slices 0 1 | 2 3 become 2 3 | 0 1: the pairs 0-1 and 2-3 still stand side by side, 1-2 does not.
    assert preserved_z_neighbours(order_of(2, 3, 0, 1), 2) == pytest.approx(2 / 3)
    # 0 1 | 2 3 become 1 0 | 3 2: side by side in the wrong order; and 1-2, one row down and one column left, now
    # runs one row down and one column right.
    assert preserved_z_neighbours(order_of(1, 0, 3, 2), 2) == 0


def test_quarters_of_slices_pair_with_the_same_quarter_of_the_next_slice():
    whole = order_of(2, 3, 0, 1)
    quarters = torch.arange(16).reshape(4, 4)
    moved = torch.cat([quarters[2:], quarters[:2]]).flatten()  # the same exchange of rows of slices, in quarters
    assert preserved_z_neighbours(moved, 2) == preserved_z_neighbours(whole, 2)
    moved[[0, 1]] = moved[[1, 0]]  # two quarters of slice 2 change places: their pairs with slice 3 and 1 are lost
    assert preserved_z_neighbours(moved, 2) == pytest.approx((8 - 2) / 12)


def test_neighbours_within_a_coarser_tile_do_not_count():
    # 4 x 4 slices in 2 x 2 tiles: 8 of 15 pairs lie within a tile, 7 run across.
    assert preserved_z_neighbours(torch.arange(4), 4) == 1
    assert preserved_z_neighbours(order_of(3, 2, 0, 1), 4) == pytest.approx(3 / 7)
    assert preserved_z_neighbours(order_of(1, 0, 3, 2), 4) == 0
    assert preserved_z_neighbours(order_of(0), 4) == 0


@pytest.mark.parametrize(("n", "most"), [(2, 0.05), (4, 0.05), (8, 0.01), (3, 0.05)])
@pytest.mark.parametrize("kind", ["pmg", "uniform"])
def test_the_filter_lets_only_shuffles_through_that_part_enough_neighbours(n, most, kind):
    strict = ShuffleFilter(max_z_neighbours=most, slices_per_side=4)
    orders = [draw_shuffle(n, kind, seeded(i), shuffle_filter=strict) for i in range(20)]
    assert all(preserved_z_neighbours(order, 4) <= most and not has_fixed_tile(order) for order in orders)
    loose = [draw_shuffle(n, kind, seeded(i), shuffle_filter=ShuffleFilter()) for i in range(60)]
    assert any(preserved_z_neighbours(order, 4) > most for order in loose)


def test_a_filter_that_nothing_passes_is_refused_by_name():
    impossible = ShuffleFilter(max_z_neighbours=-1.0, slices_per_side=4)
    with pytest.raises(BadSetting, match="none of 100 shuffles of 4 x 4 tiles") as caught:
        draw_shuffle(4, "pmg", seeded(), shuffle_filter=impossible, max_draws=100)
    assert caught.value.facts["key"] == "shuffle_filter"
