"""Calendars as files for calendar apps, from records in memory.

A file that leaves the desk is public: records that are not public, or still under embargo, are
left out unless asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from summitry.kinds import Record
from summitry.v1.calendar_pb2 import Calendar
from summitry.visibility import is_public

if TYPE_CHECKING:
    from collections.abc import Callable

    from summitry.ical.render import Handler

FORMATS: Mapping[str, tuple[str, str]] = {
    "ics": ("summitry.ical.render", "render_calendar"),
    "jcal": ("summitry.ical.jcal", "render_jcal"),
    "jscalendar": ("summitry.ical.jscalendar", "render_jscalendar"),
}
"""The formats of a calendar, each with module and name of its renderer."""


def render_file(
    calendar: Calendar,
    records: Iterable[Record],
    *,
    language: str = "en",
    include_hidden: bool = False,
    format: str = "ics",
    on_error: Handler | None = None,
    **choices: str,
) -> bytes:
    """Return records as one file under the name of `calendar`.

    `format` is a key of `FORMATS`; the rest as for `summitry.export_calendar`. Raises ValueError
    for an unknown format or choice.
    """
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {format!r}")
    now = time.time()
    exported = [record for record in records if include_hidden or is_public(record, now)]
    module, function = FORMATS[format]
    renderer: Callable[..., bytes] = getattr(import_module(module), function)
    data = renderer(calendar, exported, language=language, on_error=on_error, **choices)
    if format != "ics":
        return data
    from summitry.ical.exported import mark_exported

    return mark_exported(data, exported)
