"""Exports of calendars as functions over a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from summitry._calls.aio.client import AsyncClient
    from summitry._calls.as_of import When
    from summitry._calls.sync.client import Client
    from summitry.ical.render import Handler
    from summitry.v1.filter_pb2 import Filter, TimeWindow

__all__ = ["export_calendar", "export_calendar_async"]


def export_calendar(
    client: Client,
    parent: str,
    *,
    filter: Filter | None = None,
    window: TimeWindow | None = None,
    language: str = "en",
    include_hidden: bool = False,
    format: str = "ics",
    on_error: Handler | None = None,
    as_of: When = None,
    **choices: str,
) -> bytes:
    """Return the calendar `parent` as a file, titles in `language` (BCP 47) where there are any.

    `format` is iCalendar (RFC 5545, "ics"), jCal (RFC 7265, "jcal") or JSCalendar (RFC 8984,
    "jscalendar"). `filter` and `window` choose records. `choices` are those of
    `summitry.ical.options`: partial, profile (not of JSCalendar), times, cancelled.
    `include_hidden` adds records that are not public or under embargo. An event that cannot be
    rendered raises, unless `on_error` takes record and error; the rest is then exported without it.
    `as_of` is a snapshot or a time; without it kinds are read one after another, not in one
    snapshot. Raises NotFoundError, and ValueError for an unknown format or choice.
    """
    return client.export_calendar(
        parent,
        filter=filter,
        window=window,
        language=language,
        include_hidden=include_hidden,
        format=format,
        on_error=on_error,
        as_of=as_of,
        **choices,
    )


async def export_calendar_async(
    client: AsyncClient,
    parent: str,
    *,
    filter: Filter | None = None,
    window: TimeWindow | None = None,
    language: str = "en",
    include_hidden: bool = False,
    format: str = "ics",
    on_error: Handler | None = None,
    as_of: When = None,
    **choices: str,
) -> bytes:
    """Return the same as `export_calendar` over an AsyncClient."""
    return await client.export_calendar(
        parent,
        filter=filter,
        window=window,
        language=language,
        include_hidden=include_hidden,
        format=format,
        on_error=on_error,
        as_of=as_of,
        **choices,
    )
