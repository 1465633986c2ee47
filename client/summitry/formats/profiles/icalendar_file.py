"""A reader of iCalendar files: events of any maker, a record for each day of a recurring one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from summitry.formats.files import Origin, Values
from summitry.formats.profiles.entries import ConversionError
from summitry.formats.profiles.options import ProfileOptions, ProfileReader
from summitry.ical.exported import Exported, exported_from
from summitry.ical.reading import (
    CalendarTextError,
    Choices,
    EventWarning,
    read_events,
)
from summitry.ical.reading.components import LARGEST, split
from summitry.ical.reading.events import KINDS
from summitry.zones import ZoneError, default_database


def reader(options: ProfileOptions) -> ProfileReader:
    """Return the reader of a calendar file."""

    def values(stream: IO[str], origin: Origin) -> Values:
        try:
            yield from _values(stream, origin, options)
        except (CalendarTextError, ConversionError) as error:
            raise origin.refuse(str(error)) from error

    return ProfileReader(lambda fields: [fields], values)


def _choices(options: ProfileOptions) -> Choices:
    if not options.calendar:
        raise ConversionError("say in which calendar the events go: --calendar ID")
    if options.kind not in KINDS:
        raise ConversionError(f"kind must be one of: {', '.join(KINDS)}")
    try:
        for zone in (options.zone, *options.tzids.values()):
            if zone:
                default_database().zone(zone)
    except ZoneError as error:
        raise ConversionError(str(error)) from error
    return Choices(
        *(options.calendar, options.kind, options.zone, options.tzids),
        is_strict=options.strict,
        window=options.window,
    )


def _values(stream: IO[str], origin: Origin, options: ProfileOptions) -> Iterator[tuple[int, Any]]:
    data = _octets(stream)
    choices = _choices(options)
    exported = _stored(data, options)
    for position, outcome in read_events(data, choices, on_days=options.on_days):
        if (stored := exported.get(position)) is not None:
            if isinstance(outcome, EventWarning):
                continue  # nothing of the event is read
            if stored.is_edited:
                yield position, origin.refuse(_edited(stored.name), position)
            else:
                options.on_unedited(position)
        elif isinstance(outcome, EventWarning):
            options.on_warning(origin.refuse(outcome.text, position))
        elif isinstance(outcome, Exception):
            yield position, origin.refuse(str(outcome), position)
        else:
            yield position, outcome


def _stored(data: bytes, options: ProfileOptions) -> dict[int, Exported]:
    """Return the stored records of this calendar that events were exported from, by position.

    Of the text and not of what is read of it: an event may be longer than a record keeps, or be at
    a time that no reader admits.
    """
    return {
        event.position: exported
        for event in split(data).events
        if (exported := exported_from(event.text.decode(errors="replace"))) is not None
        and exported.name.startswith(f"{options.calendar}/")
        and options.is_stored(exported.name)
    }


def _edited(name: str) -> str:
    return (
        f"the event was exported from {name} and edited since: its texts are composed for readers, "
        f"so nothing of it is read back; update {name} instead"
    )


def _octets(stream: IO[str]) -> bytes:
    """Return the octets of a stream: a folded line may end within a character (RFC 5545 3.1)."""
    raw: IO[bytes] | None = getattr(stream, "buffer", None)
    return raw.read(LARGEST + 1) if raw else stream.read(LARGEST + 1).encode()
