"""`summitry history` and `summitry diff`: the versions of a record, with times and authors."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from summitry.cli.asof import SNAPSHOT, snapshot
from summitry.cli.connection import connect
from summitry.cli.failures import DONE, UsageError
from summitry.cli.flags import resource_name
from summitry.cli.output import (
    Cell,
    TableSection,
    print_json,
    print_ndjson,
    print_note,
    print_table,
)
from summitry.cli.parser import add_command

if TYPE_CHECKING:
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
summitry diff {_NAME} {SNAPSHOT}
summitry diff {_NAME} {SNAPSHOT} --output json
"""
_HEADERS = ("When", "By", "Changed", "Why", "Who", "Snapshot")


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of one command."""
    parser.add_argument("name", metavar="NAME", help=f"CALENDAR/KIND/ID, such as {_NAME}")
    parser.add_argument(
        "--zone", default="", metavar="ZONE", help="zone for times (this machine's)"
    )
    if name == "history":
        parser.add_argument(
            "--limit", type=int, default=0, metavar="N", help="the latest N versions (all)"
        )
        parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
        add_command(parser, _history, _HISTORY)
    else:
        parser.add_argument("snapshots", nargs="*", metavar="SNAPSHOT", help=_SNAPSHOTS)
        parser.add_argument("--output", choices=("json", "table"), default="table")
        add_command(parser, _diff, _DIFF)


_SNAPSHOTS = "two: from and to; one: from it to the latest; none: the last change"


class _ChangedVersion(NamedTuple):
    """A version, and the fields that it changed."""

    version: RecordRevision
    changed: list[str]  # paths of fields, or "created", "deleted", "undeleted"


def _history(args: argparse.Namespace) -> int:
    if args.limit < 0:
        raise UsageError(f"--limit {args.limit}: give a number of versions, or 0 for all")
    zone = _zone(args.zone)
    with connect(args) as client:
        versions = client.history(resource_name(args.name), changed_paths=True)
        newest = islice(versions, args.limit + 1) if args.limit else versions
        steps = islice(_steps(newest), args.limit or None)
        if args.output == "table":
            rows = [_row(step, zone) for step in steps]
            print_table(_HEADERS, [TableSection("", rows)])
        elif args.output == "json":
            print_json([_to_json(step, zone) for step in steps])
        else:
            print_ndjson(_to_json(step, zone) for step in steps)
    return DONE


def _steps(versions: Iterable[RecordRevision]) -> Iterator[_ChangedVersion]:
    """Yield the versions, the newest first, each with the fields that it changed."""
    for version, older in pairwise((*versions, None)):
        assert version is not None
        yield _ChangedVersion(version, _changes_of(version, is_oldest=older is None))


def _changes_of(version: RecordRevision, *, is_oldest: bool) -> list[str]:
    """Return the paths that a version changed, or one word for a beginning or an end."""
    record = _record(version)
    if is_oldest:
        return ["created" if record.sequence == 0 else "oldest version kept"]
    if "delete_time" in version.changed_paths:
        return ["deleted" if record.HasField("delete_time") else "undeleted"]
    return list(version.changed_paths)


def _diff(args: argparse.Namespace) -> int:
    if len(args.snapshots) > 2:
        raise UsageError("more than two snapshots: give none, one or two")
    first, last = [*map(snapshot, args.snapshots), "", ""][:2]
    with connect(args) as client:
        response = client.diff(resource_name(args.name), first, last)
    if args.output == "json":
        print_json(_compared(response))
        return DONE
    rows = [
        [
            Cell(difference.field_path),
            Cell(difference.old_value, "red"),
            Cell(difference.new_value, "green"),
        ]
        for difference in _cleaned(response)
    ]
    print_table(("Field", "Before", "After"), [TableSection("", rows)])
    zone = _zone(args.zone)
    print_note(
        f"from {_version(response.from_revision, zone)} to {_version(response.to_revision, zone)}"
    )
    return DONE


def _compared(response: DiffRevisionsResponse) -> dict[str, Any]:
    return {
        "from_revision": response.from_revision.revision,
        "from_snapshot": response.from_revision.snapshot,
        "to_revision": response.to_revision.revision,
        "to_snapshot": response.to_revision.snapshot,
        "differences": [
            {
                "field_path": difference.field_path,
                "old": difference.old_value,
                "new": difference.new_value,
            }
            for difference in response.differences
        ],
    }


class _Difference(NamedTuple):
    field_path: str
    old_value: str
    new_value: str


def _cleaned(response: DiffRevisionsResponse) -> Iterator[_Difference]:
    from summitry.cli.words import clean

    for difference in response.differences:
        yield _Difference(
            clean(difference.field_path), clean(difference.old_value), clean(difference.new_value)
        )


def _row(step: _ChangedVersion, zone: Zone) -> list[Cell]:
    from summitry.cli.words import clean

    entry = step.version.entry
    return [
        Cell(_when(step.version, zone)),
        Cell(clean(entry.method)),
        Cell(clean(", ".join(step.changed))),
        Cell(clean(entry.reason)),
        Cell(clean(entry.actor), "dim"),
        Cell(step.version.snapshot, "dim"),
    ]


def _to_json(step: _ChangedVersion, zone: Zone) -> dict[str, Any]:
    from summitry.formats.files import to_dict
    from summitry.zones import rfc9557

    version, entry = step.version, step.version.entry
    return {
        "revision": version.revision,
        "snapshot": version.snapshot,
        "time": rfc9557(entry.time.seconds, zone),
        "method": entry.method,
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


def _zone(key: str) -> Zone:
    from summitry.cli.words import local_zone
    from summitry.zones import default_database

    return default_database().zone(key or local_zone())
