"""How a command fails: one line that says what, where and what to do next, and an exit code."""

from __future__ import annotations

import argparse
import os
import re
import sys
import traceback
from typing import TYPE_CHECKING

from summitry.errors import (
    CallError,
    ConflictError,
    DeadlineExceededError,
    FailedPreconditionError,
    FileFormatError,
    InvalidArgumentError,
    NotFoundError,
    ResourceExhaustedError,
    UnavailableError,
)

if TYPE_CHECKING:
    from summitry.kinds import Record

DONE, SOME_FAILED, USAGE, NOT_FOUND, REFUSED, CONFLICT, UNREACHABLE, OTHER = range(8)
INTERRUPTED = 130  # 128 + SIGINT, as shells have it

# How gRPC tells that nobody listens, and that a name has no address.
_NOBODY = re.compile("failed to connect|resolving|resolution failed", re.IGNORECASE)


class UsageError(Exception):
    """The command line makes no sense, in a way that argparse cannot tell."""


EXIT_CODES: dict[type[Exception], int] = {
    UsageError: USAGE,
    NotFoundError: NOT_FOUND,
    InvalidArgumentError: REFUSED,
    FailedPreconditionError: REFUSED,
    ResourceExhaustedError: REFUSED,
    FileFormatError: REFUSED,
    ConflictError: CONFLICT,
    UnavailableError: UNREACHABLE,
    DeadlineExceededError: UNREACHABLE,
    CallError: OTHER,
}
"""The exit code of each error; that of its nearest base holds."""

HINTS = {
    "LOCAL_TIME_IN_GAP": "say which is meant with --choose earlier or --choose later",
    "LOCAL_TIME_AMBIGUOUS": "say which is meant with --choose earlier or --choose later",
    "MALFORMED_REQUEST": "compare `summitry version` with the version of the server",
    "INVALID_CHANGE_TOKEN": "is --token-file that of this server? without the file it begins anew",
    "RECORD_NOT_FOUND": "`list` shows what there is",
    "INTERNAL": "tell who runs the server",
    "STORE_DAMAGED": "tell who runs the server: it needs a backup",
}
"""What to do next in terms of the command line, where the server's own words cannot say it."""


class Quarantine:
    """Takes events that cannot be rendered and tells of them; the others go on."""

    def __init__(self) -> None:
        self.code = DONE

    def __call__(self, record: Record, error: Exception) -> None:
        """Tell of a record that is left out."""
        self.code = SOME_FAILED
        text = f"summitry: {record.name} cannot be written as iCalendar: {error!r}"
        print(_line(text), file=sys.stderr)  # noqa: T201


def report(error: BaseException, args: argparse.Namespace) -> int:
    """Tell the user, and return the exit code."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # The reader has seen enough. Python would flush into the closed pipe once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    code = exit_code(error)
    if code is None:
        traceback.print_exception(error)
        return OTHER
    print(f"summitry: {describe(error, args.server)}", file=sys.stderr)  # noqa: T201
    return code


def exit_code(error: BaseException) -> int | None:
    """The exit code of an error that is meant for the user; None for a fault of this program."""
    known = (EXIT_CODES[base] for base in type(error).__mro__ if base in EXIT_CODES)
    zone = REFUSED if _is_zone_error(error) else None
    return next(known, OTHER if isinstance(error, OSError) else zone)


def _is_zone_error(error: BaseException) -> bool:
    # Looked up by name, so that a command without zones need not import them to fail.
    zones = sys.modules.get("summitry.zones.errors")
    return zones is not None and isinstance(error, zones.ZoneError)


def describe(error: BaseException, server: str = "") -> str:
    """What, where, and what to do next, in one line."""
    if isinstance(error, UnavailableError) and not error.reason:
        return _line(_unavailable(str(error), server))
    if isinstance(error, DeadlineExceededError):
        return f"no answer from {server} in time: try again, or give --timeout SECONDS"
    if not isinstance(error, CallError):
        return _line(str(error))
    message = str(error)
    where = f"{error.field}: " if error.field and error.field not in message else ""
    hint = HINTS.get(error.reason, "")
    return _line(f"{where}{message}{f'; {hint}' if hint else ''}")


def _unavailable(text: str, server: str) -> str:
    if _NOBODY.search(text):
        return f"no server at {server}: start one with `make run` or give --server HOST:PORT"
    return f"{server} is not available ({text}): try again"


def _line(text: str) -> str:
    from summitry.cli.words import clean

    return clean(" ".join(text.split()))
