"""Calendars as files for calendar apps, from records that a client reads.

A file that leaves the desk is public: records that are not public, or still under embargo, are
left out unless asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from summitry.kinds import Record
from summitry.names import EVENT_KINDS
from summitry.v1.calendar_pb2 import Calendar
from summitry.visibility import is_public

if TYPE_CHECKING:
    from collections.abc import Callable

    from summitry._calls.aio.client import AsyncClient
    from summitry._calls.sync.client import Client
    from summitry.ical.render import Handler
    from summitry.v1.filter_pb2 import Filter

FORMATS: Mapping[str, tuple[str, str]] = {
    "ics": ("summitry.ical.render", "render_calendar"),
    "jcal": ("summitry.ical.jcal", "render_jcal"),
    "jscalendar": ("summitry.ical.jscalendar", "render_jscalendar"),
}
"""What a calendar can be exported as: module and name of the renderer."""


def export_calendar(
    client: Client,
    parent: str,
    *,
    filter: Filter | None = None,
    language: str = "en",
    include_hidden: bool = False,
    format: str = "ics",
    on_error: Handler | None = None,
    **choices: str,
) -> bytes:
    """The calendar `parent` as a file, titles in `language` (BCP 47) where there are.

    `format` is iCalendar (RFC 5545, "ics"), jCal (RFC 7265, "jcal") or JSCalendar (RFC 8984,
    "jscalendar"). `filter` chooses records. `choices` are those of `summitry.ical.options`:
    partial, profile (not of JSCalendar), times, cancelled. `include_hidden` adds those that are
    not public or under embargo. An event that cannot be rendered raises, unless `on_error` takes
    record and error; the rest is then exported without it. Kinds are read one after another, not
    in one snapshot. Raises NotFoundError, and ValueError for an unknown format or choice.
    """
    calendar = client.get(parent, Calendar)
    found = [
        record
        for kind in EVENT_KINDS
        for record in client.list(kind.collection, parent, filter=filter, page_size=1000)
    ]
    return render(
        calendar,
        found,
        language=language,
        include_hidden=include_hidden,
        format=format,
        on_error=on_error,
        **choices,
    )


async def export_calendar_async(
    client: AsyncClient,
    parent: str,
    *,
    filter: Filter | None = None,
    language: str = "en",
    include_hidden: bool = False,
    format: str = "ics",
    on_error: Handler | None = None,
    **choices: str,
) -> bytes:
    """The same as `export_calendar` over an AsyncClient."""
    calendar = await client.get(parent, Calendar)
    found = [
        record
        for kind in EVENT_KINDS
        async for record in client.list(kind.collection, parent, filter=filter, page_size=1000)
    ]
    return render(
        calendar,
        found,
        language=language,
        include_hidden=include_hidden,
        format=format,
        on_error=on_error,
        **choices,
    )


def render(
    calendar: Calendar,
    records: Iterable[Record],
    *,
    language: str = "en",
    include_hidden: bool = False,
    format: str = "ics",
    on_error: Handler | None = None,
    **choices: str,
) -> bytes:
    """Records as one file under the name of `calendar`."""
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {format!r}")
    now = time.time()
    shown = [record for record in records if include_hidden or is_public(record, now)]
    module, function = FORMATS[format]
    renderer: Callable[..., bytes] = getattr(import_module(module), function)
    data = renderer(calendar, shown, language=language, on_error=on_error, **choices)
    if format != "ics":
        return data
    from summitry.ical.exported import mark_exported

    return mark_exported(data, shown)
