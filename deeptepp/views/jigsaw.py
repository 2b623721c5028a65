"""Jigsaw shuffling of mosaics: tiles change places, so that a stage must live on detail no larger than a tile.

With a 4 x 4 mosaic, n = 4 permutes whole slices, n = 8 quarters of slices and n = 2 groups of four.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Literal

import torch
from torch import Tensor

from deeptepp.errors import BadSetting

MAX_DRAWS = 10_000
"""A shuffle that passes the filter is found in so many draws, or not at all."""

MAX_FIRST_DRAWS = 100
"""A filter that one shuffle in so many does not pass is refused before anything is trained."""

JigsawKind = Literal["pmg", "uniform"]


def pmg_permutation(n: int, generator: torch.Generator) -> Tensor:
    """Draw a permutation by swapping the first tile with every other one, in random order.

    Gives (n^2,) int64: for each place the tile that comes to stand there. The product of these star transpositions
    is always one cycle through all n^2 tiles: no tile stays in place, and (n^2 - 1)! of the (n^2)! permutations
    can occur.

    References
    ----------
    Du et al., Fine-grained visual classification via progressive multi-granularity training of jigsaw patches,
    ECCV 2020, arXiv 2003.03836.
    """
    order = list(range(n * n))
    for tile in torch.randperm(n * n, generator=generator).tolist():
        order[0], order[tile] = order[tile], order[0]
    return torch.tensor(order)


def uniform_permutation(n: int, generator: torch.Generator) -> Tensor:
    """Draw a permutation of all tiles with equal chance, those that leave a tile in place included.

    Gives (n^2,) int64: for each place the tile that comes to stand there.
    """
    return torch.randperm(n * n, generator=generator)


def has_fixed_tile(order: Tensor) -> bool:
    """Whether a permutation (n^2,) leaves some tile where it was."""
    return bool((order == torch.arange(len(order))).any())


def preserved_z_neighbours(order: Tensor, slices_per_side: int) -> float:
    """Measure how much of the order along the normal a shuffle of the tiles leaves.

    ``order``, (n^2,) int64: for each place the tile that comes to stand there; ``slices_per_side``: G; slice m of
    the mosaic stands in row m // G and column m % G. Gives share in [0, 1] of the pairs of z-neighbours that keep
    their place relative to each other. 0 where the shuffle cannot part any. A z-neighbour pair is a piece of slice
    m and the piece of slice m + 1 at the same place within its slice. The pieces are the cells of the finest grid
    that both tiles and slices are made of, the least common multiple of n and G to a side: whole slices where n =
    G, tiles where n is a multiple of G (quarters of slices for n = 2 G). Where tiles are coarser than slices,
    pairs within one tile are what that step keeps on purpose; they do not count. A pair is preserved when its
    second piece stands at the same offset from the first as it did before.
    """
    n = round(len(order) ** 0.5)
    side = lcm(n, slices_per_side)
    per_tile, per_slice = side // n, side // slices_per_side
    # Every piece of every slice: its cell in the mosaic, its tile, and where that tile comes to stand.
    slices, row, column = torch.meshgrid(
        torch.arange(slices_per_side**2), torch.arange(per_slice), torch.arange(per_slice), indexing="ij"
    )
    rows = slices // slices_per_side * per_slice + row  # (G^2, p, p)
    columns = slices % slices_per_side * per_slice + column  # (G^2, p, p)
    tile = rows // per_tile * n + columns // per_tile  # (G^2, p, p)
    place = torch.argsort(order)[tile]
    down, right = place // n - tile // n, place % n - tile % n
    # Pieces of neighbouring slices that lie in two tiles, and those whose tiles moved alike.
    is_parted = tile[1:] != tile[:-1]
    stays = (down[1:] == down[:-1]) & (right[1:] == right[:-1])
    n_pairs = int(is_parted.sum())
    return float((stays & is_parted).sum()) / n_pairs if n_pairs else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShuffleFilter:
    """Which shuffles are drawn again.

    ``has_fixed_tiles``: whether a shuffle may leave a tile in place; ``max_z_neighbours``: largest share of
    preserved z-neighbour pairs, see ``preserved_z_neighbours``; 1 allows all; ``slices_per_side``: g of the
    mosaics.
    """

    has_fixed_tiles: bool = False
    max_z_neighbours: float = 1.0
    slices_per_side: int = 1

    def passes(self, order: Tensor) -> bool:
        """Whether a permutation (n^2,) is good enough."""
        if not self.has_fixed_tiles and has_fixed_tile(order):
            return False
        if self.max_z_neighbours >= 1:
            return True
        return preserved_z_neighbours(order, self.slices_per_side) <= self.max_z_neighbours


DERANGED = ShuffleFilter()
"""Lets no tile stay in place."""


def draw_shuffle(
    n: int,
    kind: JigsawKind,
    generator: torch.Generator,
    *,
    shuffle_filter: ShuffleFilter,
    max_draws: int = MAX_DRAWS,
) -> Tensor:
    """Draw permutations until one passes the filter.

    ``n``: tiles per side, at least 2; ``shuffle_filter``: what is drawn again; fixed tiles cost about e draws when
    uniform and none with PMG; ``max_draws``: draws before the filter is given up. Gives (n^2,) int64: for each
    place the tile that comes to stand there. Raises BadSetting where no permutation passed.
    """
    draw = pmg_permutation if kind == "pmg" else uniform_permutation
    for _ in range(max_draws):
        order = draw(n, generator)
        if shuffle_filter.passes(order):
            return order
    raise BadSetting(
        key="shuffle_filter",
        value=f"passed by none of {max_draws} shuffles of {n} x {n} tiles",
        limit=f"weaker than max_z_neighbours = {shuffle_filter.max_z_neighbours:g}",
    )


def shuffle_tiles(
    images: Tensor,
    n: int,
    *,
    kind: JigsawKind,
    generator: torch.Generator,
    shuffle_filter: ShuffleFilter = DERANGED,
) -> Tensor:
    """Cut images into n x n tiles and shuffle them, all images of the batch alike.

    ``images``, (b, c, h, w): mosaics; ``n``: tiles per side; 1 leaves the images as they are; ``shuffle_filter``:
    what is drawn again (shuffle filtering); shuffles that leave a tile in place when left out. Gives (b, c, h, w):
    shuffled copies. Rows and columns beyond n whole tiles of h // n and w // n pixels stay untouched. Raises
    ValueError where there are more tiles than pixels along a side, or n < 1; BadSetting where no shuffle passes
    the filter.
    """
    b, c, h, w = images.shape
    if not 1 <= n <= min(h, w):
        msg = f"Images of {h} x {w} pixels cannot be cut into {n} x {n} tiles"
        raise ValueError(msg)
    shuffled = images.clone()
    if n == 1:
        return shuffled
    order = draw_shuffle(n, kind, generator, shuffle_filter=shuffle_filter)
    th, tw = h // n, w // n
    # Cut into tiles, put them in the new order, and join them again.
    whole = images[:, :, : n * th, : n * tw]
    tiles = whole.reshape(b, c, n, th, n, tw).permute(2, 4, 0, 1, 3, 5).reshape(n * n, b, c, th, tw)
    mixed = tiles[order.to(images.device)].reshape(n, n, b, c, th, tw).permute(2, 3, 0, 4, 1, 5)
    shuffled[:, :, : n * th, : n * tw] = mixed.reshape(b, c, n * th, n * tw)
    return shuffled
