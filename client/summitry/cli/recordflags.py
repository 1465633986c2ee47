"""The flags that describe a record, and those that clear a part of it.

A flag changes its own part of a record and nothing else: a text in its language, the venue of the
first place, the end of the time. What a flag can set, `--clear` removes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from summitry.cli import timeflags
from summitry.cli.failures import UsageError
from summitry.cli.flags import clear_texts, enum_value, set_texts
from summitry.cli.setting import clear_entry, set_fields, settable
from summitry.cli.timeflags import add_time_flags

if TYPE_CHECKING:
    from summitry.v1.place_pb2 import Place

PLACE_FLAGS = ("place", "venue", "country")
_TEXTS = ("title", "summary", "status", "kind", "zone", "visibility", "set")
FLAGS = (*_TEXTS, *PLACE_FLAGS, *timeflags.FLAGS)
_CLEAR = (
    "clear FIELD: one of these flags, or a field of the record; title=fr clears one language, "
    "labels.KEY one label"
)

Clear = Callable[[Any, str], None]
"""A function that clears a part of a record; its second argument is a language, "" for all."""


def add_record_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the most common fields of a record; a file can set every field."""
    many: dict[str, Any] = {"action": "append", "default": []}
    group = parser.add_argument_group("the record (instead of a file, or overriding it)")
    group.add_argument("--title", metavar="[LANG=]TEXT", help="repeat for each language", **many)
    group.add_argument("--summary", metavar="[LANG=]TEXT", help="repeat for each language", **many)
    add_time_flags(group)
    add_place_flags(group)
    group.add_argument("--status", default="", help="confirmed, postponed, cancelled, ...")
    group.add_argument("--kind", default="", help="kind of a visit, meeting or notice")
    group.add_argument(
        "--visibility", default="", metavar="WHO", help="public, internal, restricted or secret"
    )
    group.add_argument(
        "--set", metavar="FIELD=VALUE", help="any other field of one line; labels.KEY=VALUE", **many
    )


def add_place_flags(group: argparse._ArgumentGroup) -> None:
    """Add the flags for the main place."""
    group.add_argument("--place", default="", metavar="[LANG=]TOWN")
    group.add_argument("--venue", default="", metavar="[LANG=]NAME")
    group.add_argument("--country", default="", metavar="CODE", help="country of the place: KZ")


def add_clear_flag(parser: argparse.ArgumentParser) -> None:
    """Add the flag that clears a part of a record."""
    parser.add_argument("--clear", action="append", default=[], metavar="FIELD", help=_CLEAR)


def place_of(args: argparse.Namespace) -> Place | None:
    """Return a new place from the flags; None without such flags."""
    from summitry.v1.place_pb2 import Place

    if not any(getattr(args, flag) for flag in PLACE_FLAGS):
        return None
    place = Place(time_zone=args.zone)
    _edit_place(place, args)
    return place


def describe(record: Any, args: argparse.Namespace) -> None:
    """Change the parts of a record that the flags name, in place. Raises UsageError."""
    from summitry.v1.event_status_pb2 import EventStatus
    from summitry.v1.record_pb2 import Visibility

    set_fields(record, args.set)
    set_texts(record.titles, args.title)
    set_texts(record.summaries, args.summary)
    if args.status:
        record.status = enum_value(EventStatus, args.status)
    if args.kind:
        _set_kind(record, args.kind)
    if args.visibility:
        record.visibility = enum_value(Visibility, args.visibility)
    in_place = any(getattr(args, flag) for flag in PLACE_FLAGS)
    if in_place:
        _edit_place(record.places[0] if record.places else record.places.add(), args)
    in_time = any(getattr(args, flag) for flag in timeflags.FLAGS)
    if args.zone and not (in_place or in_time):
        _set_zone(record, args.zone)
    if args.zone and in_place:
        record.places[0].time_zone = args.zone
    if in_time:
        timeflags.edit_time(record.time, args)


def _edit_place(place: Place, args: argparse.Namespace) -> None:
    set_texts(place.localities, [args.place] if args.place else [])
    set_texts(place.venues, [args.venue] if args.venue else [])
    if args.country:
        place.region_code = args.country.upper()


def set_party(delegation: Any, country: str) -> None:
    """Make a country the sending party of a new delegation that has none."""
    from summitry.v1.party_pb2 import PartyKind

    if not delegation.HasField("party"):
        delegation.party.kind = PartyKind.PARTY_KIND_STATE
        delegation.party.region_code = country.upper()


def _set_zone(record: Any, zone: str) -> None:
    """Set the zone of a calendar, or of a time and of the main place that shares it."""
    if record.DESCRIPTOR.name == "Calendar":
        record.time_zone = zone
        return
    former = timeflags.zone_of(record.time)
    if record.HasField("time"):
        timeflags.set_zone(record.time, zone)
    if record.places and record.places[0].time_zone in ("", former):
        record.places[0].time_zone = zone


def _set_kind(record: Any, text: str) -> None:
    from summitry.declarations import own_kinds
    from summitry.kinds import BY_MESSAGE, KINDS

    enum = own_kinds(BY_MESSAGE[type(record)])
    if enum is None:
        collections = ", ".join(kind.collection for kind in KINDS if own_kinds(kind))
        noun = record.DESCRIPTOR.name.lower()
        raise UsageError(f"a {noun} has no kind; --kind is for {collections}")
    kind = enum_value(enum, text)
    if hasattr(record, "segments"):  # a segment has the kind; the flag edits the first segment
        record = record.segments[0] if record.segments else record.segments.add()
    record.kind = kind


def clear_fields(
    record: Any, targets: Iterable[str], own: Mapping[str, Clear] | None = None
) -> None:
    """Clear the parts of a record that `--clear` names, in place.

    `own` maps flags to what clears them; None for those of a record.

    Raises UsageError for a name that is neither a flag nor a field that a user may set.
    """
    flags = _CLEARS if own is None else own
    fields = settable(record).keys()
    for text in targets:
        name, _, language = text.removeprefix("--").partition("=")
        field = name.replace("-", "_")
        if name in flags:
            flags[name](record, language)
        elif field in fields and not language:
            record.ClearField(field)
        elif not clear_entry(record, text.removeprefix("--")):
            clearable = ", ".join((*flags, *sorted(fields - flags.keys())))
            raise UsageError(f"--clear {text}: there is no such field; use one of {clearable}")


def _of_place(clear: Clear) -> Clear:
    """Return a function that clears a part of the main place, and removes an empty place."""

    def run(record: Any, language: str) -> None:
        if record.places:
            clear(record.places[0], language)
            if not record.places[0].ByteSize():
                del record.places[0]

    return run


def _of_time(clear: Callable[[Any], None]) -> Clear:
    """Return a function that clears a part of the time, and removes an empty time."""

    def run(record: Any, language: str) -> None:
        if record.HasField("time"):
            clear(record.time)
            if not _says_when(record.time):
                record.ClearField("time")

    return run


def _says_when(time: Any) -> bool:
    form = time.WhichOneof("when")
    return form != "dates" or bool(time.dates.first_date or time.dates.last_date) if form else False


def _clear_kind(record: Any, language: str) -> None:
    target = record
    if record.DESCRIPTOR.name == "Visit":
        target = record.segments[0] if record.segments else None
    if target is not None and "kind" in target.DESCRIPTOR.fields_by_name:
        target.ClearField("kind")


def _clear_zone(record: Any, language: str) -> None:
    if record.DESCRIPTOR.name == "Calendar":
        record.ClearField("time_zone")
    else:
        _set_zone(record, "")


_CLEARS: Mapping[str, Clear] = {
    "title": lambda record, language: clear_texts(record.titles, language),
    "summary": lambda record, language: clear_texts(record.summaries, language),
    "from": _of_time(timeflags.clear_first),
    "to": _of_time(timeflags.clear_last),
    "start": _of_time(timeflags.clear_start),
    "end": _of_time(timeflags.clear_end),
    "choose": _of_time(timeflags.clear_choose),
    "partial": _of_time(timeflags.clear_partial),
    "zone": _clear_zone,
    "place": _of_place(lambda place, language: clear_texts(place.localities, language)),
    "venue": _of_place(lambda place, language: clear_texts(place.venues, language)),
    "country": _of_place(lambda place, language: place.ClearField("region_code")),
    "status": lambda record, language: record.ClearField("status"),
    "kind": _clear_kind,
}
