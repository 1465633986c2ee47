"""Names, words and filters on the command line, as the API has them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from summitry.cli.failures import UsageError

if TYPE_CHECKING:
    from summitry.v1.filter_pb2 import Filter

_LANGUAGE = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)=(.*)", re.DOTALL)


def enum_value(enum: Any, text: str) -> int:
    """The number of an enum value for what a user wrote: "in-progress" or "IN_PROGRESS"."""
    first = enum.DESCRIPTOR.values_by_number[0].name.removesuffix("UNSPECIFIED")
    name = text.upper().replace("-", "_").replace(" ", "_").removeprefix(first)
    if (found := enum.DESCRIPTOR.values_by_name.get(first + name)) is not None:
        return int(found.number)
    known = enum.DESCRIPTOR.values[1:]
    words = [value.name.removeprefix(first).lower().replace("_", "-") for value in known]
    raise UsageError(f"{text!r} is none of: {', '.join(words)}")


def resource_name(given: str) -> str:
    """The resource name for what the user wrote: itself, or without "calendars/"."""
    if given.startswith("calendars/"):
        return given
    if given.count("/") != 2:  # calendar, kind, id
        raise UsageError(f"{given!r}: write CALENDAR/KIND/ID, as astana-2024/summits/sco-24")
    return f"calendars/{given}"


def name_of(given: str, collection: str) -> str:
    """The resource name for what the user wrote: itself, CALENDAR/ID, or a calendar's ID."""
    if given.startswith("calendars/"):
        return given
    if collection == "calendars":
        return f"calendars/{given}"
    calendar, slash, id_ = given.partition("/")
    if not slash or "/" in id_:
        raise UsageError(f"{given!r}: write CALENDAR/ID, as astana-2024/sco-24")
    return f"calendars/{calendar}/{collection}/{id_}"


def parent_of(calendar: str) -> str:
    """The calendar of `--calendar`, by its ID or its whole name; "-" is all of them."""
    return f"calendars/{calendar.removeprefix('calendars/')}"


def add_filter_flags(parser: argparse.ArgumentParser, *, kinds: bool) -> None:
    """The vocabulary of `Filter`; `kinds` where records of several kinds are asked for."""
    group = parser.add_argument_group("which records (of several values of a flag, any may hold)")
    if kinds:
        group.add_argument("--kind", **_many("KIND"), help="summit, visit, meeting, ...")
    group.add_argument("--country", **_many("CODE"), help="of places, parties, persons: KZ")
    group.add_argument("--person", **_many("NAME"), help="id, whole name or alias")
    group.add_argument("--organization", **_many("NAME"), help="id or whole name")
    group.add_argument("--city", **_many("NAME"), help="id or whole name of a town")
    group.add_argument("--status", **_many("STATUS"), help="confirmed, cancelled, ...")
    group.add_argument("--label", **_many("KEY=VALUE"), help="a label that must be there")
    group.add_argument("--trip", **_many("KEY"), help="key of a trip that visits share")
    group.add_argument("--disputed", action="store_true", help="of which two sources disagree")
    group.add_argument("--text", default="", help="words that must all occur")


def _many(metavar: str) -> dict[str, Any]:
    return {"metavar": metavar, "action": "append", "default": []}


def add_window_flags(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """The days that are asked for, and how records match them."""
    group = parser.add_argument_group("when")
    group.add_argument("--from", dest="first", default="", required=required, metavar="DATE")
    group.add_argument("--to", dest="last", default="", metavar="DATE", help="inclusive (--from)")
    group.add_argument(
        "--zone", default="", metavar="ZONE", help="whose days these are (that of this machine)"
    )
    group.add_argument(
        "--possible", action="store_true", help="also what may be then: partial dates, open ends"
    )
    group.add_argument(
        "--by-place", action="store_true", help="match whole days by when they last at their place"
    )


def filter_of(args: argparse.Namespace, time_zone: str) -> Filter:
    """Return the Filter of the flags, with a window if there are days."""
    from summitry.v1.filter_pb2 import DateMatching, Filter, Matching

    wanted = Filter()
    edit_filter(wanted, args)
    if args.first:
        dates = wanted.window.dates
        dates.first_date, dates.last_date, dates.time_zone = args.first, args.last, time_zone
        if args.possible:
            wanted.window.matching = Matching.MATCHING_POSSIBLE
        if args.by_place:
            wanted.window.date_matching = DateMatching.DATE_MATCHING_BY_PLACE
    elif args.last or args.possible or args.by_place:
        raise UsageError("--to, --possible and --by-place need --from")
    return wanted


FILTER_FIELDS = {
    "kind": "kinds",
    "country": "region_codes",
    "person": "persons",
    "organization": "organizations",
    "city": "cities",
    "status": "statuses",
    "label": "labels",
    "trip": "trips",
    "disputed": "disputed",
    "text": "text",
}
"""The flags that choose records, and the field of Filter that each sets."""


def edit_filter(wanted: Filter, args: argparse.Namespace) -> None:
    """Change the parts of a Filter that the flags name, in place; lists are replaced whole."""
    from summitry.v1.record_pb2 import EventStatus, RecordKind

    lists = {
        "kinds": [enum_value(RecordKind, text) for text in split(getattr(args, "kind", []))],
        "region_codes": [code.upper() for code in split(args.country)],
        "persons": args.person,
        "organizations": args.organization,
        "cities": args.city,
        "statuses": [enum_value(EventStatus, text) for text in split(args.status)],
        "trips": args.trip,
    }
    for field, values in lists.items():
        if values:
            getattr(wanted, field)[:] = values
    wanted.labels.update(_pair(text) for text in args.label)
    wanted.disputed = wanted.disputed or args.disputed
    wanted.text = args.text or wanted.text


def split(values: Sequence[str]) -> list[str]:
    """The values of a flag that may be repeated and may hold commas."""
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{text!r}: a label is KEY=VALUE")
    return key, value


def set_texts(texts: Any, values: Iterable[str]) -> None:
    """Put texts such as "fr=Un titre" into a list of LocalizedText, in place.

    A text takes the place of the one in the same language; the texts in other languages stay.
    """
    for value in values:
        found = _LANGUAGE.fullmatch(value)
        language, text = found.groups() if found else ("", value)
        same = (one for one in texts if one.language_code.lower() == language.lower())
        place = next(same, None) or texts.add(language_code=language)
        place.text = text


def clear_texts(texts: Any, language: str) -> None:
    """Remove the text in a language from a list of LocalizedText; all of them for ""."""
    kept = [one for one in texts if language and one.language_code.lower() != language.lower()]
    del texts[:]
    texts.extend(kept)
