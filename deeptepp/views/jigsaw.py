"""Jigsaw shuffling of mosaics: tiles change places, so that a stage must live on detail no larger than a tile.

With a 4 x 4 mosaic, n = 4 permutes whole slices, n = 8 quarters of slices and n = 2 groups of four.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

JigsawKind = Literal["pmg", "uniform"]


def pmg_permutation(n: int, generator: torch.Generator) -> Tensor:
    """Draw a permutation by swapping the first tile with every other one, in random order.

    Parameters
    ----------
    n : int
        Tiles per side.
    generator : torch.Generator
        Source of randomness.

    Returns
    -------
    (n^2,) int64
        For each place the tile that comes to stand there. The product of these star transpositions is always one
        cycle through all n^2 tiles: no tile stays in place, and (n^2 - 1)! of the (n^2)! permutations can occur.

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

    Parameters
    ----------
    n : int
        Tiles per side.
    generator : torch.Generator
        Source of randomness.

    Returns
    -------
    (n^2,) int64
        For each place the tile that comes to stand there.
    """
    return torch.randperm(n * n, generator=generator)


def has_fixed_tile(order: Tensor) -> bool:
    """Tell whether a permutation (n^2,) leaves some tile where it was."""
    return bool((order == torch.arange(len(order))).any())


def shuffle_tiles(
    images: Tensor, n: int, *, kind: JigsawKind, generator: torch.Generator, is_filtered: bool = True
) -> Tensor:
    """Cut images into n x n tiles and shuffle them, all images of the batch alike.

    Parameters
    ----------
    images : (b, c, h, w)
        Mosaics.
    n : int
        Tiles per side; 1 leaves the images as they are.
    kind : {"pmg", "uniform"}
        How the permutation is drawn.
    generator : torch.Generator
        Source of randomness.
    is_filtered : bool
        Draw again while a tile stays in place (shuffle filtering).

    Returns
    -------
    (b, c, h, w)
        Shuffled copies. Rows and columns beyond n whole tiles of h // n and w // n pixels stay untouched.

    Raises
    ------
    ValueError
        There are more tiles than pixels along a side, or n < 1.
    """
    b, c, h, w = images.shape
    if not 1 <= n <= min(h, w):
        msg = f"Images of {h} x {w} pixels cannot be cut into {n} x {n} tiles"
        raise ValueError(msg)
    shuffled = images.clone()
    if n == 1:
        return shuffled
    order = _draw(n, kind, generator, is_filtered=is_filtered)
    th, tw = h // n, w // n
    whole = images[:, :, : n * th, : n * tw]
    tiles = whole.reshape(b, c, n, th, n, tw).permute(2, 4, 0, 1, 3, 5).reshape(n * n, b, c, th, tw)
    mixed = tiles[order.to(images.device)].reshape(n, n, b, c, th, tw).permute(2, 3, 0, 4, 1, 5)
    shuffled[:, :, : n * th, : n * tw] = mixed.reshape(b, c, n * th, n * tw)
    return shuffled


def _draw(n: int, kind: JigsawKind, generator: torch.Generator, *, is_filtered: bool) -> Tensor:
    """Draw permutations until one passes the filter; about e draws when uniform, one when PMG."""
    draw = pmg_permutation if kind == "pmg" else uniform_permutation
    order = draw(n, generator)
    while is_filtered and has_fixed_tile(order):
        order = draw(n, generator)
    return order
