"""`--as-of`: the state of the store that a command reads."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from summitry.cli.failures import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from summitry._calls.as_of import When
    from summitry.zones import Zone


SNAPSHOT = "AUVBgbsAAAAAAAEYn0Dx7KQ2tq7pEZ3gKX1ugc0d"
"""A snapshot, for examples of commands."""
TIMES = "2020-10-01T12:00 or 2020-10-01T12:00Z"


def add_as_of_flag(parser: argparse.ArgumentParser) -> None:
    """Add `--as-of`, for commands that can read past states of the store."""
    parser.add_argument(
        "--as-of",
        default="",
        metavar="WHEN",
        help="state of the store at the end of a day, at a time, or of a snapshot (now)",
    )


def when_of(text: str, time_zone: str) -> When:
    """Return the AsOf of the flag's text; days and local times are read in a zone.

    "2020-10-01" is the end of that day; "2020-10-01T12:00" local; "2020-10-01T12:00Z" and "+05:00"
    are instants; the rest are snapshots.
    """
    if not text:
        return None
    if is_snapshot(text):
        return text
    from datetime import UTC, datetime

    from summitry.zones import ZoneError, default_database

    zone = default_database().zone(time_zone)
    for read in (_end_of_day, _local, _instant):
        try:
            return datetime.fromtimestamp(read(text, zone), UTC)
        except ZoneError:
            continue
    raise UsageError(
        f"--as-of {text!r}: {_hint(text)}give a day such as 2020-10-01, a time such as "
        f"{TIMES}, or a snapshot as `summitry history` prints it"
    )


def snapshot(text: str) -> str:
    """Return an argument that is a snapshot. Raises UsageError for anything else."""
    if is_snapshot(text):
        return text
    raise UsageError(f"{text!r}: {_hint(text)}give a snapshot as `summitry history` prints it")


def is_snapshot(text: str) -> bool:
    """Return whether a text has the form of a snapshot; the server knows whether it is one."""
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{24,}", text) is not None


def _hint(text: str) -> str:
    is_revision = text.isascii() and text.isdigit()
    return "a revision does not say of which history: " if is_revision else ""


def time_of(flag: str, text: str) -> datetime:
    """Return the time of a flag's text: the start of a day here, a local time, or an instant."""
    from datetime import UTC, datetime

    from summitry.cli.words import local_zone
    from summitry.zones import ZoneError, default_database

    zone = default_database().zone(local_zone())
    for read in (_start_of_day, _local, _instant):
        try:
            return datetime.fromtimestamp(read(text, zone), UTC)
        except ZoneError:
            continue
    raise UsageError(f"{flag} {text!r}: give a day such as 2020-10-01, or a time such as {TIMES}")


def _start_of_day(text: str, zone: Zone) -> int:
    from summitry.zones import day_start, parse_date

    return day_start(zone, parse_date(text))


def _end_of_day(text: str, zone: Zone) -> int:
    from summitry.zones import day_window, parse_date

    day = parse_date(text)
    return day_window(zone, day, day)[1] - 1


def _local(text: str, zone: Zone) -> int:
    from summitry.zones import Choice, parse_civil, resolve_wall

    return resolve_wall(zone, parse_civil(text), Choice.COMPATIBLE)


def _instant(text: str, zone: Zone) -> int:
    from summitry.zones import parse_rfc3339

    return parse_rfc3339(text)[0]
