"""What the commands that write share: the flag of a dry run, and the line that reports a write."""

from __future__ import annotations

import argparse
from typing import Any


def add_dry_run_flag(parser: argparse.ArgumentParser) -> None:
    """Add the flag with which the server checks and answers, and stores nothing."""
    parser.add_argument("--dry-run", action="store_true", help="check everything and store nothing")


def print_write(done: str, record: Any, args: argparse.Namespace) -> None:
    """Print what happened to a record: "created calendars/c/summits/s (etag ...)".

    A dry run makes no version, so it has no etag to show.
    """
    from summitry.cli.words import clean

    etag = f" (etag {record.etag})" if record.etag else ""
    print(clean(f"{dry_run_mark(args)}{done} {record.name}{etag}"))  # noqa: T201


def dry_run_mark(args: argparse.Namespace) -> str:
    """Return what begins a line about a dry run; "" for a write."""
    return "dry run: " if args.dry_run else ""
