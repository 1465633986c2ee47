"""A reader of iCalendar files: events of any maker, a record for each day of a recurring one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from summitry.fields import Fields
from summitry.formats.files import Origin, Values
from summitry.formats.profiles.entries import ConversionError
from summitry.formats.profiles.options import Options, Reader
from summitry.ical.exported import Exported, exported_from
from summitry.ical.reading import CalendarTextError, Choices, EventWarning, read_events
from summitry.ical.reading.components import LARGEST
from summitry.ical.reading.events import KINDS
from summitry.zones import ZoneError, default_database


def reader(options: Options) -> Reader:
    """Return the reader of a calendar file."""

    def values(stream: IO[str], origin: Origin) -> Values:
        try:
            yield from _values(stream, origin, options)
        except (CalendarTextError, ConversionError) as error:
            raise origin.refuse(str(error)) from error

    return Reader(lambda fields: [fields], values)


def _choices(options: Options) -> Choices:
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
    return Choices(options.calendar, options.kind, options.zone, options.tzids)


def _values(stream: IO[str], origin: Origin, options: Options) -> Iterator[tuple[int, Any]]:
    for position, outcome in read_events(_octets(stream), _choices(options)):
        if isinstance(outcome, EventWarning):
            options.on_warning(origin.refuse(outcome.text, position))
        elif isinstance(outcome, Exception):
            yield position, origin.refuse(str(outcome), position)
        elif (stored := _stored_original(outcome, options)) is None:
            yield position, outcome
        elif stored.is_edited:
            yield position, origin.refuse(_edited(stored.name), position)
        else:
            options.on_unedited(position)


def _stored_original(fields: Fields, options: Options) -> Exported | None:
    """Return the record of this calendar that an event was exported from, if it is stored."""
    exported = exported_from(fields.get("original", ""))
    if exported is None or not exported.name.startswith(f"{options.calendar}/"):
        return None
    return exported if options.is_stored(exported.name) else None


def _edited(name: str) -> str:
    return (
        f"the event was exported from {name} and edited since: its texts are composed for readers, "
        f"so nothing of it is read back; update {name} instead"
    )


def _octets(stream: IO[str]) -> bytes:
    """Return the octets of a stream: a folded line may end within a character (RFC 5545 3.1)."""
    raw: IO[bytes] | None = getattr(stream, "buffer", None)
    return raw.read(LARGEST + 1) if raw else stream.read(LARGEST + 1).encode()
