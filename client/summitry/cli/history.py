"""`summitry history` and `summitry diff`: what was known of a record, since when, and by whom."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from summitry.cli.failures import DONE, UsageError
from summitry.cli.flags import resource_name
from summitry.cli.output import Cell, Section, print_json, print_ndjson, print_note, print_table
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.kinds import Record
    from summitry.v1.change_service_pb2 import DiffRevisionsResponse, RecordRevision
    from summitry.zones import Zone

_NAME = "astana-2024/summits/sco-24"
_HISTORY = f"""
summitry history {_NAME}
summitry history {_NAME} --limit 5 --output ndjson
summitry history calendars/astana-2024 --zone Asia/Almaty
"""
_DIFF = f"""
summitry diff {_NAME}
summitry diff {_NAME} 12
summitry diff {_NAME} 12 40 --output json
"""
_HEADERS = ("Revision", "When", "By", "Changed", "Why", "Who")
# Changes with each version, so it says nothing.
_STAMPS = {"etag", "revision", "update_time", "sequence", "preferences"}


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of one command."""
    parser.add_argument("name", metavar="NAME", help=f"CALENDAR/KIND/ID, as {_NAME}")
    parser.add_argument(
        "--zone", default="", metavar="ZONE", help="to show times in (that of this machine)"
    )
    if name == "history":
        parser.add_argument("--limit", type=int, default=0, metavar="N", help="the last N (all)")
        parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
        add_command(parser, _history, _HISTORY)
    else:
        parser.add_argument("revisions", nargs="*", type=int, metavar="REVISION", help=_REVISIONS)
        parser.add_argument("--output", choices=("json", "table"), default="table")
        add_command(parser, _diff, _DIFF)


_REVISIONS = "from and to; one: from it to now; none: what the last change did"


class _Step(NamedTuple):
    """A version, and what of it is new."""

    version: RecordRevision
    changed: list[str]  # fields, or what became of the record as a whole


def _history(args: argparse.Namespace) -> int:
    from summitry.client import Client

    if args.limit < 0:
        raise UsageError(f"--limit {args.limit}: give a number of versions, or 0 for all")
    zone = _zone(args.zone)
    with Client(args.server, timeout=args.timeout) as client:
        versions = client.history(resource_name(args.name))
        found = islice(versions, args.limit + 1) if args.limit else versions
        steps = islice(_steps(found), args.limit or None)
        if args.output == "table":
            rows = [_row(step, zone) for step in steps]
            print_table(_HEADERS, [Section("", rows)])
        elif args.output == "json":
            print_json([_told(step, zone) for step in steps])
        else:
            print_ndjson(_told(step, zone) for step in steps)
    return DONE


def _steps(versions: Iterable[RecordRevision]) -> Iterator[_Step]:
    """Versions, the newest first, with what each changed of the one before it."""
    for version, older in pairwise((*versions, None)):
        assert version is not None
        before = _record(older) if older is not None else None
        yield _Step(version, changed_fields(_record(version), before))


def changed_fields(record: Record, before: Record | None) -> list[str]:
    """What a version changed: the names of fields, or "created", "deleted", "undeleted"."""
    if before is None:
        return ["created" if record.sequence == 0 else "the oldest version kept"]
    was, now = before.HasField("delete_time"), record.HasField("delete_time")
    if was != now:
        return ["deleted" if now else "undeleted"]
    names = (field.name for field in record.DESCRIPTOR.fields if field.name not in _STAMPS)
    return [name for name in names if getattr(record, name) != getattr(before, name)]


def _diff(args: argparse.Namespace) -> int:
    from summitry.client import Client

    if len(args.revisions) > 2:
        raise UsageError("more than two revisions: give none, one or two")
    first, last = [*args.revisions, 0, 0][:2]
    with Client(args.server, timeout=args.timeout) as client:
        found = client.diff(resource_name(args.name), first, last)
    if args.output == "json":
        print_json(_compared(found))
        return DONE
    rows = [
        [Cell(one.field_path), Cell(one.old_value, "red"), Cell(one.new_value, "green")]
        for one in _cleaned(found)
    ]
    print_table(("Field", "Before", "After"), [Section("", rows)])
    zone = _zone(args.zone)
    print_note(f"from {_version(found.from_revision, zone)} to {_version(found.to_revision, zone)}")
    return DONE


def _compared(found: DiffRevisionsResponse) -> dict[str, Any]:
    return {
        "from_revision": found.from_revision.revision,
        "to_revision": found.to_revision.revision,
        "differences": [
            {"field_path": one.field_path, "old": one.old_value, "new": one.new_value}
            for one in found.differences
        ],
    }


class _Difference(NamedTuple):
    field_path: str
    old_value: str
    new_value: str


def _cleaned(found: DiffRevisionsResponse) -> Iterator[_Difference]:
    from summitry.cli.words import clean

    for one in found.differences:
        yield _Difference(clean(one.field_path), clean(one.old_value), clean(one.new_value))


def _row(step: _Step, zone: Zone) -> list[Cell]:
    from summitry.cli.words import clean

    entry = step.version.entry
    return [
        Cell(str(step.version.revision)),
        Cell(_when(step.version, zone)),
        Cell(clean(entry.source)),
        Cell(", ".join(step.changed)),
        Cell(clean(entry.reason)),
        Cell(clean(entry.actor), "dim"),
    ]


def _told(step: _Step, zone: Zone) -> dict[str, Any]:
    from summitry.formats.files import to_dict
    from summitry.zones import rfc9557

    version, entry = step.version, step.version.entry
    return {
        "revision": version.revision,
        "time": rfc9557(entry.time.seconds, zone),
        "source": entry.source,
        "reason": entry.reason,
        "actor": entry.actor,
        "request_id": entry.request_id,
        "changed": step.changed,
        "record": to_dict(_record(version)),
    }


def _version(version: RecordRevision, zone: Zone) -> str:
    return f"revision {version.revision} ({_when(version, zone)})"


def _when(version: RecordRevision, zone: Zone) -> str:
    from summitry.cli.words import span
    from summitry.zones import rfc9557

    return span(rfc9557(version.entry.time.seconds, zone), "")


def _record(version: RecordRevision) -> Any:
    return getattr(version.record, version.record.WhichOneof("record") or "summit")


def _zone(given: str) -> Zone:
    from summitry.cli.words import local_zone
    from summitry.zones import default_database

    return default_database().zone(given or local_zone())
