"""Records as output: a list as a table, one record as its facts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from summitry.cli import words
from summitry.cli.output import (
    Cell,
    TableSection,
    print_json,
    print_ndjson,
    print_note,
    print_table,
)

if TYPE_CHECKING:
    from summitry.kinds import Record
    from summitry.v1.provenance_pb2 import Claim
    from summitry.v1.record_pb2 import PreviousTime, StatusChange

_HEADERS = ("Name", "Time", "Title", "Place", "Status")


def print_records(records: Iterable[Record], output: str, language: str) -> None:
    """Print a list of records as "table", "json" or "ndjson"."""
    from summitry.formats.files import to_dict

    if output == "ndjson":
        print_ndjson(to_dict(record) for record in records)
    elif output == "json":
        print_json([to_dict(record) for record in records])
    else:
        listed = list(records)
        print_table(_HEADERS, [TableSection("", [_row(record, language) for record in listed])])
        if versions := {r.time.resolved.tzdb_version for r in listed} - {""}:
            print_note(f"times by time zone data {', '.join(sorted(versions))}")


def print_record(record: Record, output: str, language: str) -> None:
    """Print one record as "table", "json" or "yaml"."""
    from summitry.formats.files import to_dict, write_records

    if output == "json":
        print_json(to_dict(record))
    elif output == "yaml":
        write_records([record], sys.stdout, "yaml")
    else:
        rows = [[Cell(label, "dim"), Cell(text)] for label, text in facts(record, language) if text]
        print_table(("", ""), [TableSection("", rows)])


def _row(record: Record, language: str) -> Sequence[Cell]:
    from summitry.v1.event_status_pb2 import EventStatus

    deleted = record.HasField("delete_time")
    status = "deleted" if deleted else words.word(EventStatus, record.status)
    return [
        Cell(record.name.removeprefix("calendars/")),
        Cell(words.when(record.time)),
        Cell(words.title(record, language), "strike" if deleted else ""),
        Cell(words.places(record, language)),
        Cell(status),
    ]


def facts(record: Record, language: str) -> Iterator[tuple[str, str]]:
    """Yield the facts of a record as label and text, sources and claims included."""
    from summitry.cli.particulars import particulars
    from summitry.v1.event_status_pb2 import EventStatus

    yield "name", record.name
    yield "title", words.title(record, language)
    yield "summary", words.pick(record.summaries, language)
    yield "time", words.when(record.time)
    yield "zone", _zone(record)
    yield "tz data", record.time.resolved.tzdb_version
    yield "as written", words.clean(record.time.source_text)
    for place in record.places:
        yield "place", words.place(place, language)
    yield "status", words.word(EventStatus, record.status)
    for change in getattr(record, "status_changes", ()):
        yield "history", _change(change)
    for previous in getattr(record, "previous_times", ()):
        yield "before", _previous(previous)
    yield from particulars(record, language)
    for claim in record.claims:
        yield "claim", _claim(claim, language)
    for preference in getattr(record, "preferences", ()):
        disputed = ", disputed" if preference.disputed else ""
        text = f"{preference.source_id} on {preference.field_path}: {preference.reason}{disputed}"
        yield "prefers", words.clean(text)
    for source in record.sources:
        parts = (source.id, source.publisher, source.title, source.published, source.url)
        yield "source", words.clean(", ".join(part for part in parts if part))
    yield "uid", words.clean(record.ical_uid)
    yield "etag", words.clean(record.etag)
    yield "updated", record.update_time.ToJsonString() if record.HasField("update_time") else ""
    yield "deleted", record.delete_time.ToJsonString() if record.HasField("delete_time") else ""


def _change(change: StatusChange) -> str:
    """Return a status change: "2020-10-13 postpone, confirmed to postponed: flood (gazette)"."""
    from summitry.statuses import verb_word
    from summitry.v1.event_status_pb2 import EventStatus

    day = change.action_date or change.record_time.ToJsonString()[: len("2020-10-13")]
    ends = [words.word(EventStatus, end) for end in (change.from_status, change.to_status)]
    became = f", {ends[0] or 'no status'} to {ends[1]}" if ends[0] != ends[1] else ""
    why = _why(change.reason, change.source_id)
    return words.clean(f"{day} {verb_word(change.verb)}{became}{why}")


def _previous(previous: PreviousTime) -> str:
    """Return a former time: "2020-12, until 2020-10-13: the pandemic"."""
    day = previous.until.ToJsonString()[: len("2020-10-13")] if previous.HasField("until") else ""
    until = f", until {day}" if day else ""
    return words.clean(f"{words.when(previous.time)}{until}{_why(previous.reason)}")


def _why(reason: str, source: str = "") -> str:
    text = f": {reason}" if reason else ""
    return f"{text} ({source})" if source else text


def _zone(record: Record) -> str:
    form = record.time.WhichOneof("when")
    if form is None:
        return str(getattr(record, "time_zone", ""))
    span = getattr(record.time, form)
    return str(span.start.time_zone if form == "timed" else span.time_zone)


def _claim(claim: Claim, language: str) -> str:
    note = f" ({claim.note})" if claim.note else ""
    value = _claimed_value(claim, language)
    return words.clean(f"{claim.source_id} says {claim.field_path}: {value}{note}")


def _claimed_value(claim: Claim, language: str) -> str:
    from summitry.cli.particulars import say
    from summitry.v1.event_status_pb2 import EventStatus

    match claim.WhichOneof("value"):
        case "time":
            return words.when(claim.time)
        case "amount":
            return f"{claim.amount.units} {claim.amount.currency_code}"
        case "status":
            return words.word(EventStatus, claim.status)
        case "place" | "party" | "person" as form:
            return say(getattr(claim, form), language)
        case None:
            return ""
        case form:
            return str(getattr(claim, form))
