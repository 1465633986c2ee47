"""The table of commands, and the parser for a command line.

The parser of a command is filled by its own module, and only when its name is on the command
line: `summitry --help` imports argparse and nothing else.
"""

from __future__ import annotations

import argparse
import os
from importlib import import_module

TYPE_CHECKING = False  # type checkers take it for true; typing would double the cost of --help
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEFAULT_SERVER = "127.0.0.1:50051"
SERVER_VARIABLE = "SUMMITRY_SERVER"

_DESCRIPTION = "The calendar of record for summits, official visits and delegations."
_EPILOG = f"""\
examples:
  summitry agenda --from 2024-07-03 --to 2024-07-04 --zone Asia/Almaty
  summitry agenda --from 2024-07-01 --to 2024-07-07 --zone Europe/Paris --kind visit --output json
  summitry where xi-jinping 2024-07-04
  summitry summits get astana-2024/sco-24
  summitry postpone astana-2024/summits/sco-24 --reason "the host asked for it"
  summitry watch astana-2024
  summitry export astana-2024 -o astana.ics
  summitry import records.ndjson
  summitry zones show Asia/Almaty

The server is --server HOST:PORT, or {SERVER_VARIABLE}, or {DEFAULT_SERVER}.
SUMMITRY_TLS=yes, SUMMITRY_CA, SUMMITRY_CERT and SUMMITRY_KEY stand for --tls, --ca, --cert, --key.
`summitry COMMAND --help` has details and examples.

exit codes: 0 done, 1 some records failed or a file has errors, 2 wrong usage, 3 not found,
4 refused input, 5 conflict (exists, or changed since), 6 server not reachable, 7 any other error
"""


COMMANDS = {
    "agenda": ("agenda", "list events, in the local time of a zone"),
    "where": ("people", "find where people are on a day"),
    "conflicts": ("conflicts", "find contradictions, and entries to review"),
    "windows": ("windows", "find times when people can meet, and what blocks the rest"),
    "calendars": ("records", "list, get, create, update, delete calendars"),
    "summits": ("records", "the same for summits, and the delegations at a summit"),
    "visits": ("records", "the same for visits"),
    "meetings": ("records", "the same for meetings and programme items"),
    "delegations": ("records", "the same for delegations"),
    "notices": ("records", "the same for security and service notices"),
    "watch": ("watching", "follow changes as they happen, across restarts of the server"),
    "sync": ("watching", "print the changes since the last run, for cron jobs"),
    "confirm": ("lifecycle", "mark an event as confirmed by its organiser"),
    "postpone": ("lifecycle", "postpone an event without a new date"),
    "reschedule": ("lifecycle", "set a new time for an event"),
    "move": ("lifecycle", "move an event to another place"),
    "cancel": ("lifecycle", "cancel an event"),
    "reinstate": ("lifecycle", "reverse a cancellation or a postponement"),
    "history": ("history", "list the versions of a record: when, by whom, why"),
    "diff": ("history", "compare two versions of a record"),
    "undelete": ("recovery", "undelete a record"),
    "restore": ("recovery", "restore a record to an earlier state"),
    "purge": ("recovery", "remove a deleted record permanently"),
    "feeds": ("feeds", "feeds for calendar apps: list, create, issue-token, serve, ..."),
    "export": ("exporting", "write a calendar as iCalendar, NDJSON or YAML"),
    "import": ("importing", "create or update records from NDJSON or YAML"),
    "lint": ("linting", "check iCalendar files for content that calendar apps misread"),
    "zones": ("zones", "time zones: list, show, resolve, for, audit, rebase"),
    "version": (
        "version",
        "show the versions of this program, the server and their time zone data",
    ),
}
"""The module that fills a command's parser, and one line about the command."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse a command line. `run` of the result executes it. Exits with 2 on wrong usage."""
    parser = make(argv)
    return parser.parse_args(argv)


def make(argv: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser for a command line, filled only for the commands that it names."""
    parser = argparse.ArgumentParser(
        prog="summitry",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    server = os.environ.get(SERVER_VARIABLE) or DEFAULT_SERVER
    parser.set_defaults(server=server, timeout=10.0, language="", **_tls_defaults())
    add_common(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, about) in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=about,
            description=f"{about[0].upper()}{about[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if name in argv:
            import_module(f"summitry.cli.{module}").configure(sub, name)
    return parser


def _tls_defaults() -> dict[str, str | bool]:
    names = {name: os.environ.get(f"SUMMITRY_{name.upper()}", "") for name in ("ca", "cert", "key")}
    return {**names, "tls": os.environ.get("SUMMITRY_TLS", "").lower() in ("1", "yes", "true")}


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command has; they may come before or after it."""
    suppress = argparse.SUPPRESS
    parser.add_argument(
        "--server", metavar="HOST:PORT", default=suppress, help="address of the server"
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=float,
        default=suppress,
        help="timeout for each call (10)",
    )
    parser.add_argument(
        "--language",
        metavar="TAG",
        default=suppress,
        help="language of titles, such as en or fr (from LANG)",
    )
    parser.add_argument(
        "--tls",
        action="store_true",
        default=suppress,
        help="encrypt; the server's certificate must be one that this system trusts",
    )
    parser.add_argument(
        "--ca",
        metavar="FILE",
        default=suppress,
        help="encrypt; FILE has the authority that signed the server's certificate",
    )
    parser.add_argument(
        "--cert", metavar="FILE", default=suppress, help="certificate to show to the server"
    )
    parser.add_argument("--key", metavar="FILE", default=suppress, help="private key of --cert")


def add_command(
    parser: argparse.ArgumentParser,
    run: Callable[[argparse.Namespace], int],
    examples: str,
) -> None:
    """Make `parser` run a function; `examples` are command lines, one a line."""
    add_common(parser)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.allow_abbrev = False
    lines = "\n".join(f"  {line.strip()}" for line in examples.strip().splitlines())
    parser.epilog = f"examples:\n{lines}"
    parser.set_defaults(run=run)
