"""Where a follower keeps its place, so that it goes on there after a restart of its own."""

from __future__ import annotations

import os
from typing import Protocol

from summitry.output_file import write_file


class TokenStore(Protocol):
    """Keeps one token.

    A follower calls `save` when its consumer comes back for more, so after the consumer is done
    with what the token covers: a crash between the two means that it is told again, never that it
    is lost. A consumer that keeps the token in one transaction with what it made of the changes
    gets each change once: it takes `Batch.token` from `batches()` and needs no store.
    """

    def load(self) -> str:
        """Return the token that was saved last; "" if none was."""

    def save(self, token: str) -> None:
        """Keep a token; when this returns, it must outlast a crash."""


# Of a file that is no token: enough for the server to refuse it.
_MOST = 16 * 1024


class TokenFile:
    """A token in a file of its own, a line of text. Raises OSError."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        self._saved = ""

    def load(self) -> str:
        """Return the token of the file; "" if there is no file."""
        try:
            with open(self._path, encoding="ascii", errors="replace") as file:
                self._saved = file.read(_MOST).strip()
        except FileNotFoundError:
            self._saved = ""
        return self._saved

    def save(self, token: str) -> None:
        """Replace the file in one step; a token that is there already is not written again."""
        if token != self._saved:
            write_file(self._path, f"{token}\n".encode())
            self._saved = token
