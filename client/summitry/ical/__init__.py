"""iCalendar export: records as VEVENTs, calendars as files (RFC 5545 and its extensions)."""

from typing import Any

from summitry.ical.options import Options
from summitry.ical.render import (
    Fragment,
    assemble,
    render_calendar,
    render_fragment,
    render_fragments,
)
from summitry.ical.renderer_digest import renderer_version

__all__ = [
    "RENDERER_VERSION",
    "Fragment",
    "Options",
    "assemble",
    "render_calendar",
    "render_fragment",
    "render_fragments",
    "renderer_version",
]


def __getattr__(name: str) -> Any:
    """Return RENDERER_VERSION, the former name of `renderer_version()`."""
    if name == "RENDERER_VERSION":
        return renderer_version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
