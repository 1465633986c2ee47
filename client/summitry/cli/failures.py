"""How a command fails: one line that says what, where and what to do next, and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
import traceback

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

DONE, SOME_FAILED, USAGE, NOT_FOUND, REFUSED, CONFLICT, UNREACHABLE, OTHER = range(8)
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


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
    "REQUIRED_FIELD_MISSING": "give it",
    "INVALID_VALUE": "see the comment of the field in protos/",
    "INVALID_NAME": "write calendars/CALENDAR/KIND/ID",
    "INVALID_ID": "give another --id",
    "UNKNOWN_TIME_ZONE": "give an IANA id such as Asia/Almaty",
    "WINDOWS_TIME_ZONE": "give the IANA id instead",
    "LOCAL_TIME_IN_GAP": "say which is meant with --choose earlier or --choose later",
    "LOCAL_TIME_AMBIGUOUS": "say which is meant with --choose earlier or --choose later",
    "OFFSET_CONFLICT": "correct one of the two, or set offset_conflict in a file",
    "END_BEFORE_START": "swap them, or correct the year",
    "INVALID_DATE": "write YYYY-MM-DD",
    "INVALID_TIME": "write YYYY-MM-DDThh:mm",
    "INVALID_PARTIAL_DATE": "write EDTF, as 2023-10 or 2024-07-XX",
    "UNKNOWN_FIELD_PATH": "see `summitry KIND get NAME --output yaml` for the fields",
    "IMMUTABLE_FIELD": "leave it out",
    "INVALID_PAGE_TOKEN": "start again from the first page",
    "FORBIDDEN_CHARACTER": "take it out",
    "TEXT_TOO_LONG": "shorten it",
    "TOO_MANY_VALUES": "give fewer",
    "MESSAGE_TOO_LARGE": "shorten its largest part",
    "MALFORMED_REQUEST": "is the server of the same version? see `summitry version`",
    "WINDOW_MISSING": "give --from",
    "RECORD_NOT_FOUND": "see `summitry KIND list` for the names",
    "PARENT_NOT_FOUND": "create what it belongs to first, or correct --calendar",
    "REFERENCE_NOT_FOUND": "add the source, or correct its id",
    "RECORD_EXISTS": "give another --id, or use update",
    "UID_EXISTS": "leave the uid out, or update the record that has it",
    "ETAG_MISMATCH": "read it again with get, then repeat the change",
    "CALENDAR_NOT_EMPTY": "delete its records first",
    "STORE_UNAVAILABLE": "try again",
    "STORE_FULL": "make room on the disk of the server",
    "INTERNAL": "look for the request id in the log of the server",
}
"""What to do next, for each ErrorReason."""


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
        return f"no server at {server}: start one with `make run` or give --server HOST:PORT"
    if isinstance(error, DeadlineExceededError):
        return f"no answer from {server} in time: try again, or give --timeout SECONDS"
    if not isinstance(error, CallError):
        return _line(str(error))
    message = str(error)
    where = f"{error.field}: " if error.field and error.field not in message else ""
    hint = HINTS.get(error.reason, "")
    suggested = error.metadata.get("suggestions", "")
    hint = f"did you mean {suggested}?" if suggested and suggested not in message else hint
    return _line(f"{where}{message}{f' - {hint}' if hint else ''}")


def _line(text: str) -> str:
    from summitry.cli.words import clean

    return clean(" ".join(text.split()))
