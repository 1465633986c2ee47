"""Where databases come from: pytz, a configured directory, the package tzdata. The newest wins.

None of them is always the first with a new law: since 2022 each has been weeks behind at times. A
directory is a tree of TZif files, or holds several of them, one per release; then each says its
version itself, in tzdata.zi or +VERSION, or by its name, such as "2023c".
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

# A suffix says how a build came from the release: "2026b-dirty" is 2026b.
_RELEASE = re.compile(r"([0-9]{4})([a-z]+)(-.*)?")


class Source(NamedTuple):
    """A database that can be had: its version, and its name, "pytz", "tzdata" or a directory."""

    version: str
    name: str
    root: str

    def load(self) -> TzDb:
        """Return the database. Raises ZoneDataError."""
        return TzDb(read_tree(self.root, self.version), self.name)


def available(directory: Path | None = None) -> tuple[Source, ...]:
    """Return what there is, the newest first; of the same release, pytz and then `directory`.

    Nothing is read of them but their versions. Raises ZoneDataError if `directory` has none.
    """
    found = [*_pytz(), *(_configured(directory) if directory is not None else ()), *_tzdata()]
    return tuple(sorted(found, key=lambda source: release(source.version), reverse=True))


def newest(directory: Path | None = None) -> TzDb:
    """Return the newest database of all sources. Raises ZoneDataError if there is none."""
    found = available(directory)
    if not found:
        raise ZoneDataError("", "there is none; install pytz or tzdata, or give a directory")
    return found[0].load()


def by_version(version: str, directory: Path | None = None) -> TzDb:
    """Return the database of a release; one of exactly that name, if there are several.

    Raises UnknownVersionError or ZoneDataError.
    """
    found = available(directory)
    same = [source for source in found if _same_release(source.version, version)]
    if not same:
        raise UnknownVersionError(version, tuple(dict.fromkeys(source.version for source in found)))
    return min(same, key=lambda source: source.version != version).load()


@cache
def default_database() -> TzDb:
    """Return the one database of this process: the newest of those that packages carry.

    Raises ZoneDataError.
    """
    return newest()


def release(version: str) -> tuple[int, str]:
    """Return what to order versions by: the year, then the letters ("za" comes after "z").

    A version of another form is older than all others.
    """
    match = _RELEASE.fullmatch(version)
    return (int(match[1]), match[2]) if match else (0, "")


def _same_release(version: str, other: str) -> bool:
    return version == other or release(version) == release(other) != release("")


def _pytz() -> Iterator[Source]:
    root, version = pytz_bundle()
    if os.path.isdir(root):  # some distributions take the files out
        yield Source(version, "pytz", root)


def _tzdata() -> Iterator[Source]:
    try:
        package = import_module("tzdata")
    except ModuleNotFoundError:
        return
    root = os.path.join(os.path.dirname(str(package.__file__)), "zoneinfo")
    if os.path.isdir(root):
        yield Source(package.IANA_VERSION, "tzdata", root)


def _configured(directory: Path) -> Iterator[Source]:
    version = tree_version(str(directory))
    found = [Source(version, str(directory), str(directory))] if version else _releases(directory)
    if not found:
        raise ZoneDataError(
            str(directory), "it holds no database; give a tree of TZif files, or one per release"
        )
    yield from found


def _releases(directory: Path) -> list[Source]:
    trees = sorted(path for path in directory.glob("*") if path.is_dir())
    versions = [tree_version(str(tree)) or _named_release(tree) for tree in trees]
    return [
        Source(version, str(tree), str(tree))
        for tree, version in zip(trees, versions, strict=True)
        if version
    ]


def _named_release(tree: Path) -> str:
    return tree.name if _RELEASE.fullmatch(tree.name) else ""
