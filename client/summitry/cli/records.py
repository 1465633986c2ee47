"""`summitry summits list|get|create|update|delete`, and the same for the other kinds."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from summitry.cli import attending
from summitry.cli.asof import add_as_of_flag, when_of
from summitry.cli.connection import connect
from summitry.cli.editing import edit_record, merge_file
from summitry.cli.failures import UsageError
from summitry.cli.flags import (
    add_filter_flags,
    add_order_flags,
    add_window_flags,
    filter_of,
    name_of,
    order_of,
    page_size_of,
    window_of,
)
from summitry.cli.parser import add_command
from summitry.cli.recordflags import (
    FLAGS,
    add_clear_flag,
    add_record_flags,
    clear_fields,
    describe,
    set_party,
)
from summitry.cli.writing import add_dry_run_flag, print_write

if TYPE_CHECKING:
    from summitry.client import Client
    from summitry.kinds import Kind, Record

_NOTHING = "there is nothing to write: give a FILE, or flags such as --title"
_LIST = """
summitry {kind} list
summitry {kind} list{in_calendar} --text astana --output ndjson
summitry {kind} list --sort name-desc
"""
_GET = """
summitry {kind} get {short}
summitry {kind} get {name} --output yaml > record.yaml
summitry {kind} get {short} --as-of 2024-05-01
"""
_CREATE = """
summitry {kind} create record.yaml{in_calendar} --id {id}
summitry {kind} create{in_calendar} --id {id} --title "en=A title" --title "fr=Un titre" {facts}
summitry {kind} get {short} --output json | summitry {kind} create -{in_calendar} --id another
"""
_UPDATE = """
summitry {kind} update {short} --title "en=Another title"
summitry {kind} update {short} --clear summary --clear title=fr
summitry {kind} update {short} record.yaml --mask titles,time
"""
_DELETE = """
summitry {kind} delete {short}
summitry {kind} delete {short} --etag '"0a1b2c3d-7"'
"""
_NAME_HELP = "CALENDAR/ID, or the full resource name"
_MASK_HELP = "fields to replace whole with FILE and flags (the fields that FILE sets)"


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the group for one collection."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"examples:\n  summitry {name} list\n  summitry {name} create --help"
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, (fill, run, help_, examples) in _VERBS.items():
        sub = verbs.add_parser(verb, help=help_)
        sub.set_defaults(collection=name)
        fill(sub, name)
        add_command(sub, run, examples.format(**_example_values(name)))
    if name == "summits":
        attending.fill(verbs.add_parser("delegations", help=attending.ABOUT))


def _example_values(name: str) -> dict[str, str]:
    """Return the values that fill the examples of a collection."""
    if name == "calendars":
        own = {"short": "astana-2024", "name": "calendars/astana-2024", "in_calendar": ""}
        return {"kind": name, "id": "desk", "facts": "--zone Asia/Almaty", **own}
    facts = "--from 2024-07-03 --to 2024-07-04 --zone Asia/Almaty --place Astana"
    return {
        "kind": name,
        "id": "sco-24",
        "short": "astana-2024/sco-24",
        "name": f"calendars/astana-2024/{name}/sco-24",
        "in_calendar": " --calendar astana-2024",
        "facts": facts,
    }


def _fill_list(parser: argparse.ArgumentParser, collection: str) -> None:
    if collection != "calendars":
        parser.add_argument("--calendar", default="-", metavar="ID", help="one calendar (all)")
    add_window_flags(parser)
    add_order_flags(parser)
    add_filter_flags(parser, kinds=False)
    parser.add_argument("--deleted", action="store_true", help="include deleted records")
    add_as_of_flag(parser)
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")


def _fill_get(parser: argparse.ArgumentParser, collection: str) -> None:
    parser.add_argument("name", metavar="NAME", help=_NAME_HELP)
    add_as_of_flag(parser)
    parser.add_argument("--output", choices=("json", "table", "yaml"), default="table")


def _fill_create(parser: argparse.ArgumentParser, collection: str) -> None:
    parser.add_argument("file", nargs="?", metavar="FILE", help="JSON or YAML; - is stdin")
    if collection != "calendars":
        parser.add_argument("--calendar", default="", metavar="ID", help="(the one in its name)")
    parser.add_argument("--id", default="", help="last part of its name (generated)")
    add_record_flags(parser)
    _add_result_flags(parser)


def _fill_update(parser: argparse.ArgumentParser, collection: str) -> None:
    parser.add_argument("name", metavar="NAME", help=_NAME_HELP)
    parser.add_argument("file", nargs="?", metavar="FILE", help="JSON or YAML; - is stdin")
    parser.add_argument("--mask", default="", metavar="PATHS", help=_MASK_HELP)
    parser.add_argument("--etag", default="", help="change only this version (the latest)")
    add_record_flags(parser)
    add_clear_flag(parser)
    _add_result_flags(parser)


def _fill_delete(parser: argparse.ArgumentParser, collection: str) -> None:
    parser.add_argument("name", metavar="NAME", help=_NAME_HELP)
    parser.add_argument("--etag", default="", help="delete only this version")
    _add_result_flags(parser)


def _add_result_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        choices=("json", "name", "yaml"),
        default="name",
        help="output format of the stored record",
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="reason, for the history")
    add_dry_run_flag(parser)


def _list(args: argparse.Namespace) -> int:
    from summitry.cli import words
    from summitry.cli.detail import print_records

    args.zone = args.zone or words.local_zone()
    parent = f"calendars/{getattr(args, 'calendar', '-').removeprefix('calendars/')}"
    with _client(args) as client:
        records = client.list(
            args.collection,
            parent,
            filter=filter_of(args),
            window=window_of(args, args.zone),
            show_deleted=args.deleted,
            page_size=page_size_of(args),
            as_of=when_of(args.as_of, args.zone),
            order_by=order_of(args),
            basic=args.output == "table",
        )
        first_ones = islice(records, args.count)
        print_records(first_ones, args.output, args.language or words.local_language())
    return 0


def _get(args: argparse.Namespace) -> int:
    from summitry.cli import words
    from summitry.cli.detail import print_record

    with _client(args) as client:
        when = when_of(args.as_of, words.local_zone())
        record = client.get(name_of(args.name, args.collection), as_of=when)
    print_record(record, args.output, args.language or words.local_language())
    return 0


def _create(args: argparse.Namespace) -> int:
    record = _record_of(args)
    if args.collection == "delegations" and args.country:
        set_party(record, args.country)
    calendar = getattr(args, "calendar", "").removeprefix("calendars/")
    if args.collection != "calendars" and not (calendar or record.name):
        raise UsageError("the calendar is missing: give --calendar ID")
    if args.id and not record.name.endswith(f"/{args.id}"):
        record.ClearField("ical_uid")  # a copy under another name is another event
    with _client(args) as client:
        stored = client.create(
            record,
            f"calendars/{calendar}" if calendar else "",
            args.id,
            reason=args.reason,
            validate_only=args.dry_run,
        )
    return _print_result("created", stored, args)


def _update(args: argparse.Namespace) -> int:
    name, sent = name_of(args.name, args.collection), _read_file(args)
    if sent.name not in ("", name):
        raise UsageError(f"the file describes {sent.name}, not {name}")
    if not (sent.ListFields() or args.clear or any(getattr(args, flag) for flag in FLAGS)):
        raise UsageError(_NOTHING)
    # The etag of a file names the version that was edited, so a newer version is never overwritten.
    etag = args.etag or sent.etag
    with _client(args) as client:
        if args.mask:
            stored = _replace(client, name, sent, etag, args)
        else:
            edit = partial(_edit, sent=sent, args=args)
            stored = edit_record(
                client, name, edit, etag=etag, reason=args.reason, validate_only=args.dry_run
            )
    return _print_result("updated", stored, args)


def _edit(record: Record, sent: Record, args: argparse.Namespace) -> None:
    """Apply the file, `--clear` and the flags to a record, in this order."""
    merge_file(record, sent)
    clear_fields(record, args.clear)
    describe(record, args)


def _replace(
    client: Client, name: str, sent: Record, etag: str, args: argparse.Namespace
) -> Record:
    """Replace the complete fields of `--mask` with those of file and flags."""
    if args.clear:
        raise UsageError("--mask replaces complete fields and clears unset ones: leave out --clear")
    describe(sent, args)
    sent.name, sent.etag = name, etag or client.get(name).etag
    paths = [path.strip() for path in args.mask.split(",") if path.strip()]
    return client.update(sent, paths, reason=args.reason, validate_only=args.dry_run)


def _delete(args: argparse.Namespace) -> int:
    with _client(args) as client:
        stored = client.delete(
            name_of(args.name, args.collection),
            args.etag,
            reason=args.reason,
            validate_only=args.dry_run,
        )
    return _print_result("deleted", stored, args)


def _client(args: argparse.Namespace) -> Any:
    return connect(args)


def _kind(args: argparse.Namespace) -> Kind:
    from summitry.names import kind_of

    return kind_of(args.collection)


def _record_of(args: argparse.Namespace) -> Record:
    """Return the record that file and flags describe."""
    record = _read_file(args)
    describe(record, args)
    if not record.ListFields():
        raise UsageError(_NOTHING)
    return record


def _read_file(args: argparse.Namespace) -> Record:
    """Return the record of the file; an empty one without a file."""
    from summitry.formats.files import read_record

    message = _kind(args).message
    if not args.file:
        return message()
    record: Record = read_record(sys.stdin if args.file == "-" else args.file, message)
    return record


def _print_result(verb: str, record: Record, args: argparse.Namespace) -> int:
    from summitry.cli.detail import print_record

    if args.output == "name":
        print_write(verb, record, args)
    else:
        print_record(record, args.output, "")
    return 0


Fill = Callable[[argparse.ArgumentParser, str], None]
Run = Callable[[argparse.Namespace], int]

_VERBS: dict[str, tuple[Fill, Run, str, str]] = {
    "list": (_fill_list, _list, "list records by name, or by time with --from", _LIST),
    "get": (_fill_get, _get, "show a record, deleted or not", _GET),
    "create": (_fill_create, _create, "create a record from a file, stdin or flags", _CREATE),
    "update": (_fill_update, _update, "change the fields that a file or flags set", _UPDATE),
    "delete": (_fill_delete, _delete, "mark a record as deleted", _DELETE),
}
