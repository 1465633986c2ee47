"""Standard streams that accept any text, whatever the locale, even if they were closed."""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False  # type checkers take it for true; see summitry.cli.parser
if TYPE_CHECKING:
    from typing import Any

STANDARD = {"stdin": "r", "stdout": "w", "stderr": "w"}  # in the order of their descriptors


def prepare_streams() -> None:
    """Open closed standard streams on the null device, and set encodings.

    Pipes and files are UTF-8, with or without a byte order mark on input: what one command writes
    another reads on a machine with another locale. A terminal keeps its encoding, and shows what
    it has no character for as an escape.
    """
    _open_closed()
    for name in STANDARD:
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(**_settings(stream, name))


def _open_closed() -> None:
    """Open the null device for each closed stream.

    Its descriptor is occupied too: otherwise the next file or connection would get that number,
    and receive whatever libraries write to stderr.
    """
    for number, (name, mode) in enumerate(STANDARD.items()):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            # Open for as long as the process runs.
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _settings(stream: io.TextIOWrapper, name: str) -> dict[str, Any]:
    if name == "stdin":
        # Line ends stay as they are: within the cells of a table they are part of them.
        piped = {"encoding": "utf-8-sig", "errors": "strict", "newline": ""}
        return {} if stream.isatty() else piped
    errors = {"errors": "backslashreplace"}
    return errors if stream.isatty() else {"encoding": "utf-8", **errors}
