"""Stores for the token of a follower, so that it resumes after a restart of its process."""

from __future__ import annotations

import os
from typing import Protocol

from summitry.output_file import write_file


class TokenStore(Protocol):
    """A store of one token.

    A follower calls `save` when its consumer asks for the next batch, so after the consumer has
    processed what the token covers: after a crash in between, changes are delivered again, never
    lost. A consumer that saves the token in one transaction with its own results gets each change
    exactly once: it takes `Batch.token` from `batches()` and needs no store.
    """

    def load(self) -> str:
        """Return the token that was saved last; "" if none was."""

    def save(self, token: str) -> None:
        """Save a token durably: once this returns, it must survive a crash."""


# Bytes read of a token file. A longer file holds no token, and the server refuses its beginning.
_MOST = 16 * 1024


class TokenFile:
    """A token store that is a file with one line of text. Raises OSError."""

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
        """Replace the file atomically; an unchanged token is not written again."""
        if token != self._saved:
            write_file(self._path, f"{token}\n".encode())
            self._saved = token
