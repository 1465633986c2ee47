"""`summitry undelete`, `summitry restore` and `summitry purge`: recover or remove records."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from summitry.cli.asof import SNAPSHOT, snapshot
from summitry.cli.connection import connect
from summitry.cli.failures import DONE, UsageError
from summitry.cli.flags import resource_name
from summitry.cli.parser import add_command
from summitry.cli.writing import add_dry_run_flag, print_write

if TYPE_CHECKING:
    from summitry.client import Client
    from summitry.kinds import Record

_NAME = "astana-2024/summits/sco-24"


class _Command(NamedTuple):
    """The participle that reports success ("undeleted"), and examples."""

    done: str
    examples: str


_COMMANDS = {
    "undelete": _Command(
        "undeleted",
        f"""
summitry undelete {_NAME}
summitry undelete {_NAME} --reason "deleted by mistake" --output json
""",
    ),
    "restore": _Command(
        "restored",
        f"""
summitry restore {_NAME} {SNAPSHOT}
summitry restore {_NAME} {SNAPSHOT} --reason "the newer source was wrong"
""",
    ),
    "purge": _Command(
        "purged",
        f"""
summitry purge {_NAME} --yes
summitry purge {_NAME} --yes --reason "entered in the wrong system"
""",
    ),
}


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of one command."""
    parser.add_argument("name", metavar="NAME", help=f"CALENDAR/KIND/ID, such as {_NAME}")
    if name == "restore":
        parser.add_argument(
            "snapshot",
            metavar="SNAPSHOT",
            help="state to restore; see `summitry history`",
        )
    if name == "purge":
        parser.add_argument("--yes", action="store_true", help="confirm: a purge cannot be undone")
    parser.add_argument("--reason", default="", metavar="TEXT", help="reason, for the history")
    add_dry_run_flag(parser)
    parser.add_argument("--etag", default="", help="only if this is the latest version")
    parser.add_argument("--output", choices=("json", "name", "table", "yaml"), default="name")
    add_command(parser, partial(_run, name), _COMMANDS[name].examples)


def _run(command: str, args: argparse.Namespace) -> int:
    from summitry.cli import words
    from summitry.cli.detail import print_record

    if command == "purge" and not (args.yes or args.dry_run):
        raise UsageError("a purge removes all versions permanently: add --yes to confirm")
    with connect(args) as client:
        record = _recover(command, client, args)
    if args.output == "name":
        print_write(_COMMANDS[command].done, record, args)
    else:
        print_record(record, args.output, args.language or words.local_language())
    return DONE


def _recover(command: str, client: Client, args: argparse.Namespace) -> Record:
    name, etag = resource_name(args.name), args.etag
    purpose: dict[str, Any] = {"reason": args.reason, "validate_only": args.dry_run}
    if command == "restore":
        return client.restore(name, snapshot(args.snapshot), etag, **purpose)
    if command == "undelete":
        return client.undelete(name, etag, **purpose)
    return client.purge(name, etag, **purpose)
