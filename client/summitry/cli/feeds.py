"""`summitry feeds`: feeds that calendar apps subscribe to, their tokens, and a gateway."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from summitry.cli import feedtokens, gateway
from summitry.cli.connection import connect
from summitry.cli.editing import edit_record, merge_file
from summitry.cli.failures import DONE, UsageError
from summitry.cli.feedflags import add_feed_flags, clears, describe_feed, enums, is_described
from summitry.cli.feedtokens import short_name
from summitry.cli.flags import name_of
from summitry.cli.parser import add_command
from summitry.cli.recordflags import add_clear_flag, clear_fields
from summitry.cli.writing import add_dry_run_flag, print_write

if TYPE_CHECKING:
    from summitry.v1.feed_pb2 import Feed

_NAME_HELP = "CALENDAR/ID, or the full resource name"
_OUTPUTS = ("json", "table", "yaml")

_NOTHING = "there is nothing to write: give a FILE, or flags such as --title"

_LIST = """
summitry feeds list
summitry feeds list --calendar astana-2024 --output json
"""
_GET = """
summitry feeds get astana-2024/press
summitry feeds get astana-2024/press --output yaml > feed.yaml
"""
_CREATE = """
summitry feeds create --calendar astana-2024 --id press --title "en=Press" --detail events
summitry feeds create --calendar astana-2024 --id desk --secret --past-days 30 --future-days 365
summitry feeds create --calendar astana-2024 --id china --country CN --lang fr,en --times utc
summitry feeds create feed.yaml
"""
_UPDATE = """
summitry feeds update astana-2024/press --title "en=Press" --title "fr=Presse"
summitry feeds update astana-2024/press --clear title=fr --clear country
summitry feeds update astana-2024/press feed.yaml
"""
_DELETE = "summitry feeds delete astana-2024/press"


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the group."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "examples:\n  summitry feeds list\n  summitry feeds create --help"
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, (fill, run, help_, examples) in _VERBS.items():
        sub = verbs.add_parser(verb, help=help_)
        fill(sub)
        add_command(sub, run, examples)


def _fill_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--calendar", default="-", metavar="ID", help="one calendar (all)")
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")


def _fill_get(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help=_NAME_HELP)
    parser.add_argument("--output", choices=_OUTPUTS, default="table")


def _fill_create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", metavar="FILE", help="JSON or YAML; - is stdin")
    parser.add_argument("--calendar", default="", metavar="ID", help="(the one in its name)")
    parser.add_argument("--id", default="", help="last part of its name (generated)")
    add_feed_flags(parser)
    add_dry_run_flag(parser)


def _fill_update(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help=_NAME_HELP)
    parser.add_argument("file", nargs="?", metavar="FILE", help="JSON or YAML; - is stdin")
    add_feed_flags(parser)
    add_clear_flag(parser)
    add_dry_run_flag(parser)


def _fill_delete(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help=_NAME_HELP)
    add_dry_run_flag(parser)


def _list(args: argparse.Namespace) -> int:
    from summitry.cli import words
    from summitry.cli.output import (
        Cell,
        TableSection,
        fields,
        print_json,
        print_ndjson,
        print_table,
    )

    with _client(args) as client:
        parent = f"calendars/{args.calendar.removeprefix('calendars/')}"
        feeds = list(client.list("feeds", parent, page_size=1000))
    if args.output == "table":
        language = args.language or words.local_language()
        rows = [
            [
                Cell(short_name(feed.name)),
                Cell(words.title(feed, language)),
                Cell(_address(feed)),
                Cell(", ".join(feed.languages)),
            ]
            for feed in feeds
        ]
        print_table(("Name", "Title", "Address", "Languages"), [TableSection("", rows)])
    elif args.output == "json":
        print_json([fields(feed) for feed in feeds])
    else:
        print_ndjson(fields(feed) for feed in feeds)
    return 0


def _get(args: argparse.Namespace) -> int:
    from summitry.cli.output import Cell, TableSection, print_table
    from summitry.v1.feed_pb2 import Feed

    with _client(args) as client:
        feed = client.get(name_of(args.name, "feeds"), Feed)
    if args.output != "table":
        from summitry.cli.detail import print_record

        print_record(feed, args.output, "")
        return 0
    rows = [[Cell(label, "dim"), Cell(text)] for label, text in _facts(feed, args) if text]
    print_table(("", ""), [TableSection("", rows)])
    return 0


def _facts(feed: Feed, args: argparse.Namespace) -> Iterator[tuple[str, str]]:
    from google.protobuf.text_format import MessageToString

    from summitry.cli import words

    language = args.language or words.local_language()
    yield "name", feed.name
    yield "title", words.title(feed, language)
    yield "summary", words.pick(feed.summaries, language)
    yield "address", _address(feed)
    yield "filter", MessageToString(feed.filter, as_one_line=True)
    yield "languages", ", ".join(feed.languages)
    for flag, (field, enum) in enums().items():
        yield flag, words.word(enum, getattr(feed, field))
    if feed.HasField("window"):
        yield "window", f"{feed.window.days_before} days back, {feed.window.days_after} ahead"
    yield "max events", str(feed.max_events or "")
    yield "color", feed.color
    yield "etag", feed.etag


def _create(args: argparse.Namespace) -> int:
    feed = _read_file(args)
    describe_feed(feed, args)
    if not feed.ListFields():
        raise UsageError(_NOTHING)
    calendar = args.calendar.removeprefix("calendars/")
    if not (calendar or feed.name):
        raise UsageError("the calendar is missing: give --calendar ID")
    if args.id and not feed.name.endswith(f"/{args.id}"):
        feed.ClearField("ical_uid")
    with _client(args) as client:
        stored = client.create(
            feed,
            f"calendars/{calendar}" if calendar else "",
            args.id,
            validate_only=args.dry_run,
        )
    print_write("created", stored, args)
    return DONE


def _update(args: argparse.Namespace) -> int:
    name, sent = name_of(args.name, "feeds"), _read_file(args)
    if sent.name not in ("", name):
        raise UsageError(f"the file describes {sent.name}, not {name}")
    if not (sent.ListFields() or args.clear or is_described(args)):
        raise UsageError(_NOTHING)

    def edit(feed: Feed) -> None:
        merge_file(feed, sent)
        clear_fields(feed, args.clear, clears())
        describe_feed(feed, args)

    with _client(args) as client:
        stored = edit_record(client, name, edit, etag=sent.etag, validate_only=args.dry_run)
    print_write("updated", stored, args)
    return DONE


def _read_file(args: argparse.Namespace) -> Feed:
    """Return the feed of the file; an empty one without a file."""
    from summitry.formats.files import read_record
    from summitry.v1.feed_pb2 import Feed

    return read_record(sys.stdin if args.file == "-" else args.file, Feed) if args.file else Feed()


def _delete(args: argparse.Namespace) -> int:
    with _client(args) as client:
        stored = client.delete(name_of(args.name, "feeds"), validate_only=args.dry_run)
    print_write("deleted", stored, args)
    return DONE


def _client(args: argparse.Namespace) -> Any:
    return connect(args)


def _address(feed: Feed) -> str:
    from summitry.v1.record_pb2 import Visibility
    from summitry.web.content.source import listing_of

    if feed.visibility > Visibility.VISIBILITY_PUBLIC:
        return f"by token ({feed.live_tokens} live)"
    return listing_of(feed).path


_Verb = tuple[
    Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int], str, str
]
_VERBS: dict[str, _Verb] = {
    "list": (_fill_list, _list, "list feeds and their addresses", _LIST),
    "get": (_fill_get, _get, "show a feed, deleted or not", _GET),
    "create": (_fill_create, _create, "create a feed from a file, stdin or flags", _CREATE),
    "update": (_fill_update, _update, "change the fields that a file or flags set", _UPDATE),
    "delete": (_fill_delete, _delete, "delete a feed, its address and its tokens", _DELETE),
    "issue-token": (
        feedtokens.fill_issue,
        feedtokens.issue,
        "issue a secret address for one reader",
        feedtokens.ISSUE,
    ),
    "tokens": (
        feedtokens.fill_tokens,
        feedtokens.tokens,
        "list the tokens of a feed, and their last use",
        feedtokens.TOKENS,
    ),
    "revoke-token": (
        feedtokens.fill_revoke,
        feedtokens.revoke,
        "revoke a token permanently",
        feedtokens.REVOKE,
    ),
    "serve": (
        gateway.fill_serve,
        gateway.serve,
        "serve the feeds of a server over HTTP, until a signal",
        gateway.SERVE,
    ),
}
