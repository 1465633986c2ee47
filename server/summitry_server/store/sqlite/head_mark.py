"""The head mark: a small file beside a store that says how far the store had come.

It is written when a store is closed and about once a second while it is written, always after what
it tells is durable. A store that is behind its mark at start, or of another history, was put back
from a copy; a mark without a store means that the store was deleted.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

from summitry_server.store.values import Point

END = ".head"


class Mark(NamedTuple):
    """The last point that a store is known to have reached."""

    store_id: str
    point: Point


class HeadMark:
    """The mark of the store at a path."""

    def __init__(self, path: Path) -> None:
        self.path = Path(f"{path}{END}")

    def exists(self) -> bool:
        """Return whether the file of the mark exists."""
        return self.path.exists()

    def read(self) -> Mark | None:
        """Return the mark; None if there is none. Raises ValueError for a damaged one."""
        try:
            content = json.loads(self.path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        try:
            point = Point(int(content["revision"]), str(content["chain"]))
            return Mark(str(content["store_id"]), point)
        except (KeyError, TypeError) as error:
            raise ValueError(f"{self.path} is no head mark") from error

    def write(self, mark: Mark) -> None:
        """Replace the mark in one step, durably. Raises OSError."""
        content = {"store_id": mark.store_id, **mark.point._asdict()}
        temporary = f"{self.path}.new"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, f"{json.dumps(content)}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, self.path)
        _sync_folder(self.path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
