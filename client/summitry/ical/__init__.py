"""iCalendar export: records as VEVENTs, calendars as files (RFC 5545 and its extensions)."""

from summitry.ical.options import Options
from summitry.ical.render import (
    RENDERER_VERSION,
    Fragment,
    assemble,
    render_calendar,
    render_fragment,
    render_fragments,
)

__all__ = [
    "RENDERER_VERSION",
    "Fragment",
    "Options",
    "assemble",
    "render_calendar",
    "render_fragment",
    "render_fragments",
]
