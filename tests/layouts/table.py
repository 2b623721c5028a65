"""All layouts, in order of vendor."""

from __future__ import annotations

from layouts import archives, clocks, contents, ge, geometry, maps, others, parts, philips, sides, siemens
from layouts.expect import LAYOUTS as _LAYOUTS
from layouts.expect import Layout

ROOMS = (siemens, ge, philips, others, archives, clocks, maps, geometry, sides, parts, contents)
"""The modules whose layouts fill the table when they are imported."""

LAYOUTS: tuple[Layout, ...] = tuple(_LAYOUTS)
