"""The time zone databases of a server: the one it resolves by, and others to compare it with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from summitry.zones import DatabaseSource, TzDb, available, by_version, newest


class Databases:
    """The databases that a server can load; the current one stays the same for the process."""

    def __init__(self, directory: Path | None = None, version: str = "") -> None:
        """Load the release `version`, or the newest available.

        Raises ZoneDataError for a directory that holds none, UnknownVersionError for a release
        that no source has.
        """
        self._directory = directory
        self.current = by_version(version, directory) if version else newest(directory)
        self._older = lru_cache(maxsize=4)(lambda release: by_version(release, directory))

    def get(self, version: str) -> TzDb:
        """Return the database of a release; empty: the current one. Raises UnknownVersionError."""
        if version in ("", self.current.version):
            return self.current
        return self._older(version)

    def sources(self) -> Sequence[DatabaseSource]:
        """Return the releases that can be loaded, the newest first."""
        return available(self._directory)
