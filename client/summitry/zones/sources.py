"""The sources of databases: pytz, a configured directory, the package tzdata. The newest wins.

No source is always the first with a new release: since 2022 each has been weeks behind at times. A
directory is a tree of TZif files, or contains several of them, one per release; then the version of
each is in its tzdata.zi or +VERSION, or is the name of its directory, such as "2023c".
"""

import os
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from summitry.zones.database import TzDb, pytz_bundle
from summitry.zones.errors import UnknownVersionError, ZoneDataError
from summitry.zones.tree import read_tree, tree_version

# Builds may have a suffix: "2026b-dirty" is made from release 2026b.
_RELEASE = re.compile(r"([0-9]{4})([a-z]+)(-.*)?")


class DatabaseSource(NamedTuple):
    """An available database. `name` is "pytz", "tzdata" or a directory; `root` holds its files."""

    version: str
    name: str
    root: str

    def load(self) -> TzDb:
        """Return the database. Raises ZoneDataError."""
        return TzDb(read_tree(self.root, self.version), self.name)


def available(directory: Path | None = None) -> tuple[DatabaseSource, ...]:
    """Return all sources, the newest first; of the same release, pytz before `directory`.

    Only their versions are read. Raises ZoneDataError if `directory` has no database.
    """
    sources = [*_pytz(), *(_configured(directory) if directory is not None else ()), *_tzdata()]
    return tuple(sorted(sources, key=lambda source: release(source.version), reverse=True))


def newest(directory: Path | None = None) -> TzDb:
    """Return the newest database of all sources. Raises ZoneDataError if there is none."""
    sources = available(directory)
    if not sources:
        raise ZoneDataError("", "there is none; install pytz or tzdata, or give a directory")
    return sources[0].load()


def by_version(version: str, directory: Path | None = None) -> TzDb:
    """Return the database of a release; of several, the one whose version is spelled the same.

    Raises UnknownVersionError or ZoneDataError.
    """
    sources = available(directory)
    matches = [source for source in sources if _same_release(source.version, version)]
    if not matches:
        raise UnknownVersionError(
            version, tuple(dict.fromkeys(source.version for source in sources))
        )
    return min(matches, key=lambda source: source.version != version).load()


@cache
def default_database() -> TzDb:
    """Return the default database of this process: the newest that an installed package has.

    Raises ZoneDataError.
    """
    return newest()


def release(version: str) -> tuple[int, str]:
    """Return the sort key of a version: the year, then the letters ("za" comes after "z").

    A version of another form sorts before all releases.
    """
    match = _RELEASE.fullmatch(version)
    return (int(match[1]), match[2]) if match else (0, "")


def _same_release(first: str, second: str) -> bool:
    return first == second or release(first) == release(second) != release("")


def _pytz() -> Iterator[DatabaseSource]:
    root, version = pytz_bundle()
    if os.path.isdir(root):  # some distributions strip the files from pytz
        yield DatabaseSource(version, "pytz", root)


def _tzdata() -> Iterator[DatabaseSource]:
    try:
        package = import_module("tzdata")
    except ModuleNotFoundError:
        return
    root = os.path.join(os.path.dirname(str(package.__file__)), "zoneinfo")
    if os.path.isdir(root):
        yield DatabaseSource(package.IANA_VERSION, "tzdata", root)


def _configured(directory: Path) -> Iterator[DatabaseSource]:
    version = tree_version(str(directory))
    sources = (
        [DatabaseSource(version, str(directory), str(directory))]
        if version
        else _releases(directory)
    )
    if not sources:
        raise ZoneDataError(
            str(directory), "it holds no database; give a tree of TZif files, or one per release"
        )
    yield from sources


def _releases(directory: Path) -> list[DatabaseSource]:
    trees = sorted(path for path in directory.glob("*") if path.is_dir())
    versions = [tree_version(str(tree)) or _release_of_name(tree) for tree in trees]
    return [
        DatabaseSource(version, str(tree), str(tree))
        for tree, version in zip(trees, versions, strict=True)
        if version
    ]


def _release_of_name(tree: Path) -> str:
    return tree.name if _RELEASE.fullmatch(tree.name) else ""
