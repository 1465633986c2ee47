"""`summitry zones audit` and `summitry zones rebase`: the effect of changed time zone rules."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.connection import connect
from summitry.cli.failures import DONE
from summitry.cli.output import (
    Cell,
    TableSection,
    fields,
    print_json,
    print_ndjson,
    print_note,
    print_table,
)
from summitry.cli.parser import add_command
from summitry.cli.writing import add_dry_run_flag

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

MIN_TIMEOUT = 600.0
"""Shortest timeout in seconds: an audit may read every record of the store."""

_PAGE = 1000
_HEADERS = ("Record", "Title", "Field", "Wall time", "UTC", "Shift", "Law", "What")
_FIELDS = {"first_date": "first day", "last_date": "last day"}
_SPANS = frozenset({"time", "timed", "dates", "partial"})
# How a terminal shows each kind of impact; kinds of a newer server appear under their API name.
_IMPACTS = {
    "moved": ("moved", "yellow"),
    "kind-changed": ("instant stays; the nearby clock change differs", ""),
    "now-in-gap": ("clocks now skip it: check it", "red"),
    "now-ambiguous": ("now happens twice: check it", "red"),
    "order-broken": ("would end before it starts: check it", "red"),
    "split-suspect": ("the zone was split: check it", "red"),
    "past-corrected": ("past, corrected", ""),
    "display-only": ("instant stays; displayed differently", ""),
    "day-moved": ("day stays, its bounds moved", ""),
}


def fill_audit(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of `audit`."""
    parser.add_argument("--calendar", default="-", metavar="ID", help="one calendar (all)")
    parser.add_argument(
        "--from",
        dest="old",
        default="",
        metavar="VERSION",
        help="time zone data to compare from (the stored resolution)",
    )
    parser.add_argument(
        "--to",
        dest="new",
        default="",
        metavar="VERSION",
        help="time zone data to compare with (the server's)",
    )
    _add_scope(parser)
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
    add_command(parser, _audit, _AUDIT)


def fill_rebase(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of `rebase`."""
    parser.add_argument("--calendar", default="-", metavar="ID", help="one calendar (all)")
    _add_scope(parser)
    add_dry_run_flag(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    parser.add_argument(
        "--allow-older",
        action="store_true",
        help="allow older time zone data than the store was last rebased to",
    )
    add_command(parser, _rebase, _REBASE)


def _add_scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--zone", action="append", default=[], metavar="ZONE", help="only this zone; repeatable"
    )
    parser.add_argument("--past", action="store_true", help="also events that have begun or ended")


def _audit(args: argparse.Namespace) -> int:
    """Print the stored times that would change, zone by zone."""
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
    return connect(args, max(args.timeout, MIN_TIMEOUT))


def to_json(impact: TimeZoneImpact) -> dict[str, Any]:
    """Return an impact as JSON: the API's fields, with kind as a word and the shift in seconds."""
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
        TableSection(zone, [_row(impact, titles[impact.name]) for impact in _in_order(group)])
        for zone, group in groupby(impacts, key=lambda impact: impact.time_zone)
    ]
    print_table(_HEADERS, sections)


def _in_order(impacts: Iterable[TimeZoneImpact]) -> Iterator[TimeZoneImpact]:
    """Yield the impacts on each record in the order of time, its start before its end."""
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
    """Return the path of a time within its record in words: "segment 2 first day"."""
    parts = [part for part in path.split(".") if part not in _SPANS]
    return " ".join(re.sub(r"s\[(\d+)\]", _ordinal, _FIELDS.get(p, p)) for p in parts)


def _ordinal(match: re.Match[str]) -> str:
    return f" {int(match[1]) + 1}"


def shift_words(seconds: int) -> str:
    """Return a difference as hours and minutes: "+1:00", "-0:30"; "" for none."""
    if not seconds:
        return ""
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60}:{minutes % 60:02}"
    return f"{text}:{rest:02}" if rest else text


def _instants(old: Timestamp, new: Timestamp) -> str:
    """Return two instants in UTC, a common day once: "2024-07-04 04:00Z -> 05:00Z"."""
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
        impacts = ", ".join(f"{count} {kind}" for kind, count in _counts(total))
        if impacts:
            rows.append([Cell(total.time_zone), Cell(str(total.examined)), Cell(impacts)])
    if not rows:
        return
    print_note("By zone:")
    print_table(("Zone", "Times examined", "Impacts"), [TableSection("", rows)])


def _print_settled(settled: str, server: str) -> None:
    """Warn if the store was last rebased to newer time zone data than the server has."""
    from summitry.zones import release

    if settled and release(settled) > release(server):
        print_note(
            f"the store was last rebased to time zone data {settled}, newer than {server} of this "
            "server, which changes nothing; to go back: summitry zones rebase --allow-older"
        )


def _print_end(impacts: Sequence[TimeZoneImpact], old: str, new: str) -> None:
    compared = f"time zone data {old}" if old else "the stored resolution"
    compared += f", compared with time zone data {new}"
    records = len({impact.name for impact in impacts})
    if not records:
        print_note(f"nothing would move: {compared}")
    else:
        print_note(f"{_many(len(impacts), 'time')} of {_many(records, 'record')}: {compared}")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _rebase(args: argparse.Namespace) -> int:
    """Resolve the stored times again; on a terminal, ask for confirmation first."""
    asks = not args.yes and sys.stdin.isatty() and sys.stdout.isatty()
    with _client(args) as client:
        rebase = partial(
            client.rebase_time_zones,
            args.zone,
            args.past,
            allow_older=args.allow_older,
            parent=f"calendars/{args.calendar.removeprefix('calendars/')}",
            on_page=_show_progress if sys.stderr.isatty() else None,
        )
        response = rebase(validate_only=args.dry_run or asks)
        if asks and not args.dry_run and response.changed_records:
            _print_rebase(response, "would change")
            if not _agrees(response.changed_records):
                print("nothing was changed")  # noqa: T201
                return DONE
            response = rebase()
    _print_rebase(response, "would change" if args.dry_run else "changed")
    return DONE


def _show_progress(done: RebaseTimeZonesResponse) -> None:
    """Show on a terminal how many stored times have been examined."""
    examined = sum(total.examined for total in done.totals)
    text = f"{_many(examined, 'time')} examined, {_many(done.changed_records, 'record')} to change"
    end = "" if done.next_page_token else "\n"
    print(f"\r{text}", end=end, file=sys.stderr, flush=True)  # noqa: T201


def _print_rebase(response: RebaseTimeZonesResponse, verb: str) -> None:
    version = response.header.tzdb_version
    if not response.changed_records:
        print(f"nothing to change: all times are resolved with time zone data {version}")  # noqa: T201
        return
    records = _many(response.changed_records, "record")
    print(f"{records} {verb}, with time zone data {version}")  # noqa: T201
    _print_totals(response.totals)


def _agrees(count: int) -> bool:
    print(f"\nchange {_many(count, 'record')}? [y/N] ", end="", flush=True)  # noqa: T201
    return sys.stdin.readline().strip().lower() in ("y", "yes")
