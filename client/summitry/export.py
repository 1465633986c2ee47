"""Calendars as iCalendar files, from records that a client reads.

A file that leaves the desk is public: records that are not public, or still under embargo, are
left out unless asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from summitry.ical import render_calendar
from summitry.ical.options import Options
from summitry.kinds import Record
from summitry.methods import EVENT_KINDS
from summitry.v1.calendar_pb2 import Calendar
from summitry.view import is_public

if TYPE_CHECKING:
    from summitry.aio import AsyncClient
    from summitry.client import Client
    from summitry.ical.render import Handler
    from summitry.v1.filter_pb2 import Filter


def export_calendar(
    client: Client,
    parent: str,
    *,
    filter: Filter | None = None,
    language: str = "en",
    include_hidden: bool = False,
    on_error: Handler | None = None,
    **choices: str,
) -> bytes:
    """The calendar `parent` as iCalendar (RFC 5545), titles in `language` (BCP 47) where there are.

    `filter` chooses records. `choices` are those of `summitry.ical.options`: partial, profile,
    times, cancelled. `include_hidden` adds those that are not public or under embargo.
    An event that cannot be rendered raises, unless `on_error` takes record and error; the rest
    is then exported without it. Kinds are read one after another, not in one snapshot. Raises
    NotFoundError.
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
        on_error=on_error,
        **choices,
    )


def render(
    calendar: Calendar,
    records: Iterable[Record],
    *,
    language: str = "en",
    include_hidden: bool = False,
    on_error: Handler | None = None,
    **choices: str,
) -> bytes:
    """Records as one iCalendar file under the name of `calendar`."""
    now = time.time()
    shown = [record for record in records if include_hidden or is_public(record, now)]
    options = Options(language, **choices)
    return render_calendar(
        calendar,
        shown,
        language=options.language,
        partial=options.partial,
        profile=options.profile,
        times=options.times,
        cancelled=options.cancelled,
        on_error=on_error,
    )
