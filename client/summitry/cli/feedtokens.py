"""`summitry feeds issue-token|tokens|revoke-token`: one secret address for each reader."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from summitry.cli.connection import connect
from summitry.cli.failures import UsageError
from summitry.cli.flags import name_of
from summitry.cli.writing import add_dry_run_flag, dry_run_mark

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
    """Fill the parser of `issue-token`."""
    parser.add_argument("name", metavar="NAME", help="the feed: CALENDAR/ID")
    parser.add_argument("--label", default="", metavar="TEXT", help="reader that the token is for")
    parser.add_argument(
        "--expires", default="", metavar="TIME", help="day or time when it expires (never)"
    )
    parser.add_argument(
        "--host", default="", metavar="URL", help="address of the feed server, to print a full URL"
    )
    add_dry_run_flag(parser)
    parser.add_argument("--output", choices=("json", "table"), default="table")


def fill_tokens(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of `tokens`."""
    parser.add_argument("name", metavar="NAME", help="the feed: CALENDAR/ID")
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")


def fill_revoke(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of `revoke-token`."""
    parser.add_argument("name", metavar="TOKEN", help="CALENDAR/FEED/TOKEN, as listed by `tokens`")
    add_dry_run_flag(parser)


def issue(args: argparse.Namespace) -> int:
    """Issue a token. Only its address goes to stdout, so that scripts can capture it."""
    from summitry.cli.output import fields, print_json

    with _client(args) as client:
        issued = client.issue_feed_token(
            name_of(args.name, "feeds"),
            args.label,
            _instant(args.expires),
            validate_only=args.dry_run,
        )
    if args.output == "json":
        print_json({**fields(issued.token), "path": issued.path})
        return 0
    if args.dry_run:
        print(f"dry run: would issue a token of {short_name(issued.feed.name)}")  # noqa: T201
        return 0
    print(f"{args.host.rstrip('/')}{issued.path}")  # noqa: T201
    note = f"token {short_name(issued.token.name)}: keep the address, it cannot be shown again"
    print(note, file=sys.stderr)  # noqa: T201
    return 0


def tokens(args: argparse.Namespace) -> int:
    """List the tokens of a feed."""
    from summitry.cli.output import (
        Cell,
        TableSection,
        fields,
        print_json,
        print_ndjson,
        print_table,
    )

    with _client(args) as client:
        tokens = list(client.feed_tokens(name_of(args.name, "feeds")))
    if args.output == "table":
        headers = ("Token", "Label", "Issued", "Last use", "Expires", "Revoked")
        rows = [[Cell(text) for text in _token_row(token)] for token in tokens]
        print_table(headers, [TableSection("", rows)])
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
    """Revoke a token."""
    name = args.name
    if not name.startswith("calendars/"):
        feed, slash, token = name.rpartition("/")
        if not slash:
            raise UsageError(f"{name!r}: write CALENDAR/FEED/TOKEN, as listed by `tokens`")
        name = f"{name_of(feed, 'feeds')}/tokens/{token}"
    with _client(args) as client:
        token = client.revoke_feed_token(name, validate_only=args.dry_run)
    print(f"{dry_run_mark(args)}revoked {short_name(token.name)}")  # noqa: T201
    return 0


def _instant(text: str) -> datetime | None:
    """Parse an instant, or a day as its beginning in UTC; "" gives None."""
    from datetime import UTC, datetime

    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--expires: {text!r} is not a day or a time: write it like 2024-12-31"
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _client(args: argparse.Namespace) -> Client:
    return connect(args)


def short_name(name: str) -> str:
    """Return a resource name in the short form that the commands accept."""
    name = name.removeprefix("calendars/").replace("/feeds/", "/", 1)
    return name.replace("/tokens/", "/", 1)
