"""Figures of how sure a score is and why: shifted outlines, unknown facts, known facts, heat on the slices."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from scipy import ndimage

from deeptepp.domain.risk import ShiftMm, Stability, Tier, TierScheme
from deeptepp.report.format import score as written
from deeptepp.report.marks import finish, heading
from deeptepp.report.theme import NEUTRAL, SMALL_PX, TEMPLATE, TIER_COLOURS, TIER_GLYPHS, TIER_SHAPES

if TYPE_CHECKING:
    from deeptepp.scoring.explain import Explanation

_ROW_PX, _AXIS_PX, _LEFT_PX = 30, 62, 152
"""Heights of one row and of the axis, and room for the names of rows."""

_RAISES, _LOWERS = (230, 120, 0), (30, 120, 255)
"""Amber and blue, red-green-blue; apart for every kind of colour vision."""

_N_SLICES, _ZOOM, _GAP_PX = 5, 4, 6
"""Slices of the montage, pixels per voxel, and pixels between pictures."""

_DIRECTIONS = (("left", "right"), ("back", "front"), ("head", "feet"))
"""Where a positive and a negative shift along x, y and z leads, LPS."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a figure of bars: a name, and the two scores between which its bar reaches."""

    name: str
    start: float
    end: float
    words: str


def stability_figure(stability: Stability, tiers: TierScheme, *, simulated: bool) -> go.Figure:
    """Draw the scores of shifted outlines over the tiers.

    Parameters
    ----------
    stability : Stability
        Scores by shift.
    tiers : TierScheme
        Cut-offs.
    simulated : bool
        The model is of simulated patients; the figure says so.

    Returns
    -------
    plotly.graph_objects.Figure
        One row per shift; ``layout.meta["alt"]`` holds the content in words.
    """
    rows = {_shift_name(shift): score for shift, score in stability.scores.items()}
    figure = go.Figure()
    for tier in Tier:
        chosen = {name: score for name, score in rows.items() if tiers.tier_of(score) is tier}
        if chosen:
            figure.add_scatter(
                x=list(chosen.values()),
                y=list(chosen),
                mode="markers+text",
                text=[written(score) for score in chosen.values()],
                textposition="middle right",
                cliponaxis=False,
                marker={"symbol": TIER_SHAPES[tier], "size": 12, "color": TIER_COLOURS[tier]},
                name=str(tier),
                hovertemplate="%{y}: %{x:.3f}<extra></extra>",
            )
    title = f"Score with the outline moved {stability.shift_mm:g} mm"
    alt = f"{title}: " + ", ".join(f"{name} {written(score)}" for name, score in rows.items()) + "."
    top = min(1.0, 1.25 * max(stability.high, tiers.high_from))
    _add_tiers(figure, tiers, top)
    return _laid_out(figure, title, list(rows), (0.0, top), alt, simulated=simulated)


def score_bars_figure(
    bars: Sequence[Bar], score: float, tiers: TierScheme, *, title: str, simulated: bool
) -> go.Figure:
    """Draw what facts do to a score: one bar each, from one score to another, over the tiers.

    Parameters
    ----------
    bars : sequence of Bar
        From the top to the bottom.
    score : float
        The score as it stands, drawn as a line.
    tiers : TierScheme
        Cut-offs.
    title : str
        What is shown.
    simulated : bool
        The model is of simulated patients; the figure says so.

    Returns
    -------
    plotly.graph_objects.Figure
        One row per bar; ``layout.meta["alt"]`` holds the content in words.
    """
    figure = go.Figure()
    for bar in bars:
        colour = NEUTRAL if bar.end == bar.start else _rgb(_RAISES if bar.end > bar.start else _LOWERS)
        figure.add_bar(
            x=[bar.end - bar.start],
            base=[bar.start],
            y=[bar.name],
            orientation="h",
            width=0.5,
            marker={"color": colour, "opacity": 0.9},
            hovertemplate=f"{bar.name}: {bar.words}<extra></extra>",
        )
        figure.add_annotation(
            x=max(bar.start, bar.end), y=bar.name, text=bar.words, xanchor="left", xshift=6, showarrow=False
        )
    figure.update_annotations(font={"size": SMALL_PX})
    figure.add_shape(type="line", x0=score, x1=score, y0=0, y1=1, yref="y domain", line={"color": NEUTRAL})
    highest = max([score, tiers.high_from, *(max(bar.start, bar.end) for bar in bars)])
    top = min(1.0, 1.6 * highest)
    _add_tiers(figure, tiers, top)
    alt = f"{title}, score {written(score)}. " + "; ".join(f"{bar.name}: {bar.words}" for bar in bars) + "."
    return _laid_out(figure, title, [bar.name for bar in bars], (0.0, top), alt, simulated=simulated)


def heat_picture(found: Explanation, *, channel: int, fov_mm: float) -> bytes:
    """Draw slices of the region of interest, above as they are, below with what raises and lowers the score.

    Parameters
    ----------
    found : Explanation
        Heat on the region of interest.
    channel : int
        Which channel of the region is shown.
    fov_mm : float
        Side of the square that is shown, the field of view of the network.

    Returns
    -------
    bytes
        PNG without metadata: axial slices through the tumour from feet to head, the patient's left on the right,
        the outline in white; amber raises, blue lowers.
    """
    from PIL import Image

    roi = found.roi
    layers = np.flatnonzero(roi.mask.any(axis=(1, 2)))
    chosen = np.unique(np.linspace(layers[0], layers[-1], _N_SLICES + 2).round().astype(int)[1:-1])
    heat = ndimage.gaussian_filter(found.heat, sigma=1.5)
    scale = float(np.percentile(np.abs(heat[chosen]), 99.7)) or 1.0
    low, high = np.percentile(roi.voxels[channel][chosen], (1, 99.7))
    grey = np.clip((roi.voxels[channel] - low) / max(float(high - low), 1e-6), 0, 1)
    half = round(fov_mm / roi.grid.spacing_mm[0] / 2)
    window = tuple(slice(max(0, n // 2 - half), n // 2 + half) for n in roi.grid.shape[1:])
    pictures = []
    for z in chosen:
        plain, warm = (_zoomed(field[z][window]) for field in (grey, np.clip(heat / scale, -1, 1)))
        edge = _edge(np.kron(roi.mask[z][window], np.ones((_ZOOM, _ZOOM), dtype=bool)))
        pictures.append((_coloured(plain, None, edge), _coloured(plain, warm, edge)))
    columns = [np.concatenate([a, _gap(a, 0), b]) for a, b in pictures]
    montage = columns[0]
    for column in columns[1:]:
        montage = np.concatenate([montage, _gap(montage, 1), column], axis=1)
    stream = io.BytesIO()
    Image.fromarray(montage).save(stream, format="PNG")
    return stream.getvalue()


def heat_words(found: Explanation) -> str:
    """Describe the heat for who cannot see it.

    Parameters
    ----------
    found : Explanation
        Heat on the region of interest.

    Returns
    -------
    str
        What lies inside the outline and what outside of it.
    """
    shares = heat_shares(found)
    return (
        "Axial slices through the tumour, above as they are, below with what raises the score in amber and what "
        f"lowers it in blue. Of all that counts, {100 * shares['inside']:.0f} % lies inside the outline; "
        f"{100 * shares['raises']:.0f} % raises the score."
    )


def heat_shares(found: Explanation) -> Mapping[str, float]:
    """Count where the heat lies.

    Parameters
    ----------
    found : Explanation
        Heat on the region of interest.

    Returns
    -------
    mapping of str to float
        Share of the absolute heat ``inside`` of the outline, and share that ``raises``; both 0 without heat.
    """
    size = float(np.abs(found.heat).sum()) or 1.0
    return {
        "inside": float(np.abs(found.heat[found.roi.mask]).sum()) / size,
        "raises": float(found.heat[found.heat > 0].sum()) / size,
    }


def _shift_name(shift: ShiftMm) -> str:
    """Name a shift by where it leads."""
    for value, (positive, negative) in zip(shift, _DIRECTIONS, strict=True):
        if value:
            return f"{abs(value):g} mm to the {positive if value > 0 else negative}"
    return "As outlined"


def _add_tiers(figure: go.Figure, tiers: TierScheme, top: float) -> None:
    """Shade the tiers from 0 to the end of the axis and name them at the top."""
    edges = (0.0, min(tiers.low_below, top), min(tiers.high_from, top), top)
    for tier, start, end in zip(Tier, edges, edges[1:], strict=False):
        if end <= start:
            continue
        figure.add_shape(
            type="rect",
            x0=start,
            x1=end,
            y0=0,
            y1=1,
            yref="y domain",
            fillcolor=TIER_COLOURS[tier],
            opacity=0.14,
            line={"width": 0},
            layer="below",
        )
        is_wide = end - start > 0.16 * top
        figure.add_annotation(
            text=f'<span style="color:{TIER_COLOURS[tier]}">{TIER_GLYPHS[tier]}</span> {tier if is_wide else ""}',
            x=(start + end) / 2,
            y=1,
            yref="y domain",
            yanchor="bottom",
            showarrow=False,
            font={"size": SMALL_PX},
        )


def _laid_out(
    figure: go.Figure, title: str, rows: list[str], x_range: tuple[float, float], alt: str, *, simulated: bool
) -> go.Figure:
    """Place title, rows and axis by pixels."""
    layout, top = heading(title, [])
    plot = _ROW_PX * max(2, len(rows)) + 10
    bottom = _AXIS_PX + 28 * simulated
    figure.update_layout(
        template=TEMPLATE,
        title=layout,
        height=top + 26 + plot + bottom,
        margin={"l": _LEFT_PX, "r": 44, "t": top + 26, "b": bottom},
        showlegend=False,
        barmode="overlay",
        xaxis={"range": x_range, "title": {"text": "Risk score"}, "tickangle": 0, "nticks": 8},
        yaxis={
            "categoryorder": "array",
            "categoryarray": rows[::-1],
            "ticks": "",
            "range": [-0.6, len(rows) - 0.4],
        },
    )
    return finish(figure, alt, simulated=simulated, mark_height=-(bottom - 4) / plot)


def _rgb(colour: tuple[int, int, int]) -> str:
    """Write a colour for plotly."""
    return f"rgb{colour}"


def _zoomed(field: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Enlarge a slice (h, w) smoothly."""
    enlarged = ndimage.zoom(np.asarray(field, dtype=np.float32), _ZOOM, order=1, grid_mode=True, mode="nearest")
    return np.asarray(enlarged, dtype=np.float32)


def _edge(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Give the outermost pixels of a mask."""
    return np.asarray(mask & ~ndimage.binary_erosion(mask))


def _coloured(
    grey: npt.NDArray[np.float32], heat: npt.NDArray[np.float32] | None, edge: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    """Lay heat in [-1, 1] and an outline over a grey picture in [0, 1]."""
    picture: npt.NDArray[np.floating[Any]] = np.repeat(255 * grey[..., None], 3, axis=2)
    if heat is not None:
        colour = np.where(heat[..., None] > 0, np.array(_RAISES), np.array(_LOWERS))
        weight = (0.8 * np.sqrt(np.abs(heat)) * (np.abs(heat) > 0.08))[..., None]
        picture = (1 - weight) * picture + weight * colour
    picture[edge] = 255
    return picture.round().clip(0, 255).astype(np.uint8)


def _gap(picture: npt.NDArray[np.uint8], axis: int) -> npt.NDArray[np.uint8]:
    """Make the white strip between pictures."""
    shape = list(picture.shape)
    shape[axis] = _GAP_PX
    return np.full(shape, 255, dtype=np.uint8)
