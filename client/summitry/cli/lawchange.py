"""`summitry zones audit` and `summitry zones rebase`: a country changes its clocks."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.failures import DONE
from summitry.cli.output import (
    Cell,
    Section,
    fields,
    print_json,
    print_ndjson,
    print_note,
    print_table,
)
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from summitry.client import Client
    from summitry.v1.time_zone_service_pb2 import (
        RebaseTimeZonesResponse,
        TimeZoneImpact,
        TimeZoneTotal,
    )

_AUDIT = """
summitry zones audit
summitry zones audit --calendar astana-2024 --from 2023c --to 2024a
summitry zones audit --zone Asia/Almaty --zone Asia/Qostanay --output json
"""
_REBASE = """
summitry zones rebase --dry-run
summitry zones rebase --zone Asia/Almaty --yes
summitry zones rebase --allow-older
"""

PATIENCE = 600.0
"""Seconds that a server is given at least: it may have to go through all that is stored."""

_PAGE = 1000
_HEADERS = ("Record", "Title", "Field", "Wall time", "UTC", "Shift", "Law", "What")
_FIELDS = {"first_date": "first day", "last_date": "last day"}
_SPANS = frozenset({"time", "timed", "dates", "partial"})
# What happens to a time, and how a terminal shows it; the words of the API serve for any other.
_IMPACTS = {
    "moved": ("moved", "yellow"),
    "kind-changed": ("stays; its clock change came or went", ""),
    "now-in-gap": ("now in a gap: check it", "red"),
    "now-ambiguous": ("now happens twice: check it", "red"),
    "order-broken": ("would end before it starts: check it", "red"),
    "split-suspect": ("the zone was split: check it", "red"),
    "past-corrected": ("past, corrected", ""),
    "display-only": ("stays; shown otherwise", ""),
    "day-moved": ("day stays, its hours moved", ""),
}


def fill_audit(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of `audit`."""
    parser.add_argument("--calendar", default="-", metavar="ID", help="one calendar (all)")
    parser.add_argument(
        "--from", dest="old", default="", metavar="VERSION", help="compare from (what is stored)"
    )
    parser.add_argument(
        "--to", dest="new", default="", metavar="VERSION", help="compare with (the server's)"
    )
    _add_scope(parser)
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
    add_command(parser, _audit, _AUDIT)


def fill_rebase(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of `rebase`."""
    _add_scope(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--yes", action="store_true", help="do not ask, on a terminal neither")
    parser.add_argument(
        "--allow-older",
        action="store_true",
        help="go back to older time zone data than the store was settled by",
    )
    add_command(parser, _rebase, _REBASE)


def _add_scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--zone", action="append", default=[], metavar="ZONE", help="only this zone; repeatable"
    )
    parser.add_argument("--past", action="store_true", help="also what has begun or is over")


def _audit(args: argparse.Namespace) -> int:
    """Show what would move, zone by zone."""
    with _client(args) as client:
        audit = client.audit_time_zones(
            f"calendars/{args.calendar.removeprefix('calendars/')}",
            args.old,
            args.new,
            args.zone,
            args.past,
            page_size=_PAGE,
        )
        if args.output == "ndjson":
            print_ndjson(map(to_json, audit))
            return DONE
        impacts, totals, settled = list(audit), audit.totals(), audit.settled_version()
        old, new = args.old, args.new or client.header.tzdb_version
        if args.output == "json":
            _print_json(impacts, totals, old, new)
            return DONE
        _print_impacts(impacts, client, args.language or words.local_language())
    _print_totals(totals)
    _print_end(impacts, old, new)
    _print_settled(settled, client.header.tzdb_version)
    return DONE


def _client(args: argparse.Namespace) -> Client:
    from summitry.client import Client

    return Client(args.server, timeout=max(args.timeout, PATIENCE))


def to_json(impact: TimeZoneImpact) -> dict[str, Any]:
    """An impact for programs: the fields of the API, the kind in words, the shift in seconds."""
    from summitry.v1.time_zone_service_pb2 import ImpactKind

    shift = impact.new_time.seconds - impact.old_time.seconds
    kind = words.word(ImpactKind, impact.kind)
    return fields(impact) | {"kind": kind, "shift_seconds": shift}


def _print_json(
    impacts: Sequence[TimeZoneImpact], totals: Sequence[TimeZoneTotal], old: str, new: str
) -> None:
    counted = [
        {"time_zone": t.time_zone, "examined": t.examined, "counts": dict(_counts(t))}
        for t in totals
    ]
    facts: dict[str, Any] = {"from_version": old, "to_version": new}
    print_json(facts | {"impacts": list(map(to_json, impacts)), "totals": counted})


def _print_impacts(impacts: Sequence[TimeZoneImpact], client: Client, language: str) -> None:
    if not impacts:
        return
    names = dict.fromkeys(impact.name for impact in impacts)
    titles = {r.name: words.title(r, language) for r in client.batch_get([*names])}
    sections = [
        Section(zone, [_row(impact, titles[impact.name]) for impact in _in_order(group)])
        for zone, group in groupby(impacts, key=lambda impact: impact.time_zone)
    ]
    print_table(_HEADERS, sections)


def _in_order(impacts: Iterable[TimeZoneImpact]) -> Iterator[TimeZoneImpact]:
    """The impacts on one record in the order of time, its start before its end."""
    for _, group in groupby(impacts, key=lambda impact: impact.name):
        yield from sorted(group, key=lambda impact: impact.old_time.seconds)


def _row(impact: TimeZoneImpact, title: str) -> Sequence[Cell]:
    from summitry.v1.time_zone_service_pb2 import ImpactKind

    kind = words.word(ImpactKind, impact.kind)
    law = (impact.old_offset, impact.new_offset)
    return [
        Cell(impact.name.removeprefix("calendars/")),
        Cell(title),
        Cell(field_words(impact.field_path)),
        Cell(impact.civil_time.replace("T", " ").removesuffix(":00")),
        Cell(_instants(impact.old_time, impact.new_time)),
        Cell(shift_words(impact.new_time.seconds - impact.old_time.seconds)),
        Cell(" -> ".join(dict.fromkeys(law))),
        Cell(*_IMPACTS.get(kind, (kind, ""))),
    ]


def field_words(path: str) -> str:
    """The path of a time within its record as people say it: "segment 2 first day"."""
    parts = [part for part in path.split(".") if part not in _SPANS]
    return " ".join(re.sub(r"s\[(\d+)\]", _ordinal, _FIELDS.get(p, p)) for p in parts)


def _ordinal(found: re.Match[str]) -> str:
    return f" {int(found[1]) + 1}"


def shift_words(seconds: int) -> str:
    """A difference as hours and minutes: "+1:00", "-0:30"; "" for none."""
    if not seconds:
        return ""
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60}:{minutes % 60:02}"
    return f"{text}:{rest:02}" if rest else text


def _instants(old: Timestamp, new: Timestamp) -> str:
    """Two instants in UTC, the day once if it is the same: "2024-07-04 04:00Z -> 05:00Z"."""
    before, after = (words.stamp(time.ToJsonString()) for time in (old, new))
    assert before is not None and after is not None
    text = f"{before.date} {before.time}Z"
    if before == after:
        return text
    day = "" if before.date == after.date else f"{after.date} "
    return f"{text} -> {day}{after.time}Z"


def _counts(total: TimeZoneTotal) -> Iterable[tuple[str, int]]:
    from summitry.v1.time_zone_service_pb2 import ImpactKind

    return ((words.word(ImpactKind, count.kind), count.count) for count in total.counts)


def _print_totals(totals: Sequence[TimeZoneTotal]) -> None:
    rows = []
    for total in totals:
        told = ", ".join(f"{count} {kind}" for kind, count in _counts(total))
        if told:
            rows.append([Cell(total.time_zone), Cell(str(total.examined)), Cell(told)])
    if not rows:
        return
    print_note("By zone:")
    print_table(("Zone", "Times looked at", "Touched"), [Section("", rows)])


def _print_settled(settled: str, server: str) -> None:
    """Say that the store was settled by newer data than the server has, if it was."""
    from summitry.zones import release

    if settled and release(settled) > release(server):
        print_note(
            f"the store was settled by time zone data {settled}, newer than {server} of this "
            "server, which leaves it as it is; go back by: summitry zones rebase --allow-older"
        )


def _print_end(impacts: Sequence[TimeZoneImpact], old: str, new: str) -> None:
    compared = f"time zone data {old}" if old else "what is stored"
    compared += f", compared with time zone data {new}"
    records = len({impact.name for impact in impacts})
    if not records:
        print_note(f"nothing would move: {compared}")
    else:
        print_note(f"{_many(len(impacts), 'time')} of {_many(records, 'record')}: {compared}")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _rebase(args: argparse.Namespace) -> int:
    """Change what is stored, after a question where a person can answer it."""
    asks = not args.yes and sys.stdin.isatty() and sys.stdout.isatty()
    with _client(args) as client:
        scope, older = (args.zone, args.past), args.allow_older
        done = client.rebase_time_zones(*scope, args.dry_run or asks, older)
        if asks and not args.dry_run and done.changed_records:
            _tell(done, "would change")
            if not _agrees(done.changed_records):
                print("nothing was changed")  # noqa: T201
                return DONE
            done = client.rebase_time_zones(*scope, allow_older=older)
    _tell(done, "would change" if args.dry_run else "changed")
    return DONE


def _tell(done: RebaseTimeZonesResponse, did: str) -> None:
    version = done.header.tzdb_version
    if not done.changed_records:
        print(f"nothing to change: all is resolved by time zone data {version}")  # noqa: T201
        return
    records = _many(done.changed_records, "record")
    print(f"{records} {did}, by time zone data {version}")  # noqa: T201
    _print_totals(done.totals)


def _agrees(count: int) -> bool:
    print(f"\nchange {_many(count, 'record')}? [y/N] ", end="", flush=True)  # noqa: T201
    return sys.stdin.readline().strip().lower() in ("y", "yes")
