"""All layouts, in order of vendor."""

from __future__ import annotations

from layouts import siemens
from layouts.expect import LAYOUTS as _LAYOUTS
from layouts.expect import Layout

ROOMS = (siemens,)
"""The modules whose layouts fill the table when they are imported."""

LAYOUTS: tuple[Layout, ...] = tuple(_LAYOUTS)
