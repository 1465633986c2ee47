"""The failure of a command: one line with problem, place and next step, and an exit code."""

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

DONE, SOME_FAILED, USAGE, NOT_FOUND, REFUSED, CONFLICT, UNREACHABLE, UNEXPECTED = range(8)
INTERRUPTED = 130  # 128 + SIGINT, as shells have it

# What gRPC says of a connection that fails, and what that means; the first that fits.
_CONNECTIONS = tuple(
    (re.compile(pattern, re.IGNORECASE), meaning)
    for pattern, meaning in {
        "certificate_verify_failed": (
            "the certificate of {} is not trusted: give the authority that signed it with --ca FILE"
        ),
        "hostname verification|peer name": (
            "the certificate of {} is for another name: give --server the name that it has"
        ),
        "wrong_version_number": "{} does not use TLS: leave out --tls, --ca, --cert and --key",
        "certificate_required|handshake failed": (
            "{} refuses the connection: does it ask for a certificate (--cert and --key)?"
        ),
        "failed to connect.*socket closed": (
            "{} closed the connection: does it ask for TLS (--tls, or --ca FILE) or a certificate "
            "(--cert and --key)?"
        ),
        "failed to connect|resolving|resolution failed": (
            "no server at {}: start one with `make run` or give --server HOST:PORT"
        ),
    }.items()
)


class UsageError(Exception):
    """The command line is wrong in a way that argparse cannot detect."""


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
    CallError: UNEXPECTED,
}
"""The exit code of each error; a subclass has that of its nearest base."""

HINTS = {
    "LOCAL_TIME_IN_GAP": "choose one with --choose earlier or --choose later",
    "LOCAL_TIME_AMBIGUOUS": "choose one with --choose earlier or --choose later",
    "MALFORMED_REQUEST": "compare `summitry version` with the version of the server",
    "INVALID_CHANGE_TOKEN": (
        "check that --token-file belongs to this server; delete the file to start over"
    ),
    "RECORD_NOT_FOUND": "`list` shows the records that exist",
    "FEED_TOKEN_ISSUED": "revoke it with `summitry feeds revoke-token`",
    "INTERNAL": "report it to the operator of the server",
    "STORE_DAMAGED": "report it to the operator of the server: a backup has to be restored",
}
"""The next step in terms of the command line, which the server cannot give in its message."""


class Quarantine:
    """Reports events that cannot be rendered, so that the rest of a calendar is still written."""

    def __init__(self) -> None:
        self.code = DONE

    def __call__(self, record: Record, error: Exception) -> None:
        """Report a record that is left out."""
        self.code = SOME_FAILED
        text = f"summitry: {record.name} cannot be written as iCalendar: {error!r}"
        print(_line(text), file=sys.stderr)  # noqa: T201


def report(error: BaseException, args: argparse.Namespace) -> int:
    """Print an error for the user, and return the exit code."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # The reader of the pipe has closed it (`| head`), which is no failure. Python would flush
        # into the closed pipe once more at exit, so stdout becomes the null device.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    code = exit_code(error)
    if code is None:
        traceback.print_exception(error)
        return UNEXPECTED
    print(f"summitry: {describe(error, args.server)}", file=sys.stderr)  # noqa: T201
    return code


def exit_code(error: BaseException) -> int | None:
    """Return the exit code of an error; None for a bug in this program."""
    codes = (EXIT_CODES[base] for base in type(error).__mro__ if base in EXIT_CODES)
    zone = REFUSED if _is_zone_error(error) else None
    return next(codes, UNEXPECTED if isinstance(error, OSError) else zone)


def _is_zone_error(error: BaseException) -> bool:
    # Looked up among the loaded modules, so that a command without zones need not import them.
    zones = sys.modules.get("summitry.zones.errors")
    return zones is not None and isinstance(error, zones.ZoneError)


def describe(error: BaseException, server: str = "") -> str:
    """Return one line that says what is wrong, where, and what to do next."""
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
    for pattern, meaning in _CONNECTIONS:
        if pattern.search(text):
            return meaning.format(server)
    return f"{server} is not available ({text}): try again"


def _line(text: str) -> str:
    from summitry.cli.words import clean

    return clean(" ".join(text.split()))
