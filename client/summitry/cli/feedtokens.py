"""`summitry feeds issue-token|tokens|revoke-token`: secret addresses, one for each reader."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from summitry.cli.failures import UsageError
from summitry.cli.flags import name_of

if TYPE_CHECKING:
    from datetime import datetime

    from summitry.client import Client
    from summitry.v1.feed_pb2 import FeedToken

ISSUE = """
summitry feeds issue-token astana-2024/desk --label "Ms Nazarbayeva, phone"
summitry feeds issue-token astana-2024/desk --expires 2024-12-31 --host https://feeds.example.org
"""
TOKENS = "summitry feeds tokens astana-2024/desk"
REVOKE = "summitry feeds revoke-token astana-2024/desk/0190f5c2-0000-7000-8000-000000000000"


def fill_issue(parser: argparse.ArgumentParser) -> None:
    """Which feed, for whom, until when."""
    parser.add_argument("name", metavar="NAME", help="the feed: CALENDAR/ID")
    parser.add_argument("--label", default="", metavar="TEXT", help="whose it is")
    parser.add_argument("--expires", default="", metavar="TIME", help="day or instant (never)")
    parser.add_argument("--host", default="", metavar="URL", help="where feeds are served")
    parser.add_argument("--output", choices=("json", "table"), default="table")


def fill_tokens(parser: argparse.ArgumentParser) -> None:
    """Of which feed."""
    parser.add_argument("name", metavar="NAME", help="the feed: CALENDAR/ID")
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")


def fill_revoke(parser: argparse.ArgumentParser) -> None:
    """Which token."""
    parser.add_argument("name", metavar="TOKEN", help="CALENDAR/FEED/TOKEN, as tokens shows it")


def issue(args: argparse.Namespace) -> int:
    """Make a token; its address goes to stdout alone."""
    from summitry.cli.output import fields, print_json

    with _client(args) as client:
        issued = client.issue_feed_token(
            name_of(args.name, "feeds"), args.label, _instant(args.expires)
        )
    if args.output == "json":
        print_json({**fields(issued.token), "path": issued.path})
        return 0
    print(f"{args.host.rstrip('/')}{issued.path}")  # noqa: T201
    note = f"token {short_name(issued.token.name)}: keep the address, it is not shown again"
    print(note, file=sys.stderr)  # noqa: T201
    return 0


def tokens(args: argparse.Namespace) -> int:
    """List the tokens of a feed."""
    from summitry.cli.output import Cell, Section, fields, print_json, print_ndjson, print_table

    with _client(args) as client:
        tokens = client.feed_tokens(name_of(args.name, "feeds"))
    if args.output == "table":
        headers = ("Token", "Label", "Issued", "Last use", "Expires", "Revoked")
        rows = [[Cell(text) for text in _token_row(token)] for token in tokens]
        print_table(headers, [Section("", rows)])
    elif args.output == "json":
        print_json([fields(token) for token in tokens])
    else:
        print_ndjson(fields(token) for token in tokens)
    return 0


def _token_row(token: FeedToken) -> list[str]:
    from summitry.cli.words import clean

    times = ("create_time", "use_time", "expire_time", "revoke_time")
    return [
        short_name(token.name),
        clean(token.label),
        *(
            getattr(token, name).ToJsonString()[:16] + "Z" if token.HasField(name) else ""
            for name in times
        ),
    ]


def revoke(args: argparse.Namespace) -> int:
    """End a token."""
    name = args.name
    if not name.startswith("calendars/"):
        feed, slash, token = name.rpartition("/")
        if not slash:
            raise UsageError(f"{name!r}: write CALENDAR/FEED/TOKEN, as `tokens` shows it")
        name = f"{name_of(feed, 'feeds')}/tokens/{token}"
    with _client(args) as client:
        token = client.revoke_feed_token(name)
    print(f"revoked {short_name(token.name)}")  # noqa: T201
    return 0


def _instant(text: str) -> datetime | None:
    """An instant, or the beginning of a day in UTC; "" is none."""
    from datetime import UTC, datetime

    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--expires: {text!r} is not a day or an instant, as 2024-12-31") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _client(args: argparse.Namespace) -> Client:
    from summitry.client import Client

    return Client(args.server, timeout=args.timeout)


def short_name(name: str) -> str:
    """A resource name as the commands take it."""
    name = name.removeprefix("calendars/").replace("/feeds/", "/", 1)
    return name.replace("/tokens/", "/", 1)
