"""All layouts, in order of vendor."""

from __future__ import annotations

from layouts import (
    anonymisers,
    archives,
    clocks,
    contents,
    ge,
    geometry,
    maps,
    others,
    parts,
    philips,
    sides,
    siemens,
    torn,
)
from layouts.expect import LAYOUTS as _LAYOUTS
from layouts.expect import Layout

ROOMS = (siemens, ge, philips, others, clocks, geometry, sides, parts, contents, maps, anonymisers, archives, torn)
"""The modules whose layouts fill the table when they are imported."""

VENDORS = ("Siemens", "GE", "Philips", "Canon", "Toshiba", "Hitachi", "United Imaging", "Aurora")
VENDORS += ("any scanner", "workstation", "anonymiser", "archive")
"""In the order of the page."""

LAYOUTS: tuple[Layout, ...] = tuple(sorted(_LAYOUTS, key=lambda layout: VENDORS.index(layout.vendor)))
