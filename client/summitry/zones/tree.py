"""A directory of TZif files and tables, as zic and the packages of the IANA database lay it out."""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from summitry.zones.errors import ZoneDataError

# Ids begin with a capital; tables, "posix/", "right/" and "localtime" do not.
_SEGMENT = re.compile(r"[A-Z][A-Za-z0-9_+-]*")
_VERSION = "# version "
_NOT_ZONES = frozenset({"Factory"})  # zic's placeholder for "no zone configured"


class Tree(NamedTuple):
    """The ids, links and countries of a directory of time zone files.

    `links` leads from an alias to its zone, `countries` from an ISO 3166 code to its zones.
    """

    root: str
    version: str
    ids: tuple[str, ...]
    links: dict[str, str]
    countries: dict[str, tuple[str, ...]]

    def read(self, zone_id: str) -> bytes:
        """Return the file of an id, which must be one of `ids`. Raises ZoneDataError."""
        try:
            with open(os.path.join(self.root, *zone_id.split("/")), "rb") as file:
                return file.read()
        except OSError as error:
            raise ZoneDataError(zone_id, "its file cannot be read; check the directory") from error


def read_tree(root: str, version: str | None = None) -> Tree:
    """Return the tree in `root`. Without `version`, its tzdata.zi or +VERSION must give one.

    The ids are the names in tzdata.zi that have a file; without tzdata.zi, the names of all TZif
    files. Raises ZoneDataError for a directory without zones or without a version.
    """
    source = _lines(root, "tzdata.zi")
    links = dict(_links(source))
    names = {line.split()[1] for line in source if line.startswith("Z ")} | links.keys()
    candidates = (name for name in _files(root) if name not in _NOT_ZONES)
    ids = tuple(
        sorted(name for name in candidates if name in names or (not names and _is_tzif(root, name)))
    )
    if not ids:
        raise ZoneDataError(root, "it holds no zones; give a directory of TZif files")
    version = version or _version(root, source)
    if not version:
        raise ZoneDataError(root, "it does not say its version; give the version too")
    return Tree(root, version, ids, links, _countries(root, frozenset(ids)))


def _lines(root: str, name: str) -> list[str]:
    try:
        with open(os.path.join(root, name), encoding="utf-8") as file:
            return file.read().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


def _links(source: list[str]) -> Iterator[tuple[str, str]]:
    for line in source:
        if line.startswith("L "):
            _, target, alias = line.split()
            yield alias, target


def tree_version(root: str) -> str:
    """Return the release that the tree in `root` declares; empty if it declares none."""
    return _version(root, _lines(root, "tzdata.zi"))


def _version(root: str, source: list[str]) -> str:
    first = next(iter(source), "")
    # A build outside the project's own repository is "unknown", or "unknown-dirty".
    if first.startswith(_VERSION) and not first.startswith(f"{_VERSION}unknown"):
        return first.removeprefix(_VERSION).strip()
    return next(iter(_lines(root, "+VERSION")), "").strip()


def _files(root: str, prefix: str = "") -> Iterator[str]:
    """Yield the paths below `root` that are spelled like zone ids."""
    try:
        entries = list(os.scandir(os.path.join(root, prefix)))
    except OSError as error:
        raise ZoneDataError(root, "it cannot be listed; give a directory of TZif files") from error
    for entry in entries:
        if not _SEGMENT.fullmatch(entry.name):
            continue
        if entry.is_dir():
            yield from _files(root, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name


def _is_tzif(root: str, name: str) -> bool:
    with open(os.path.join(root, name), "rb") as file:
        return file.read(4) == b"TZif"


def _countries(root: str, ids: frozenset[str]) -> dict[str, tuple[str, ...]]:
    zones: dict[str, list[str]] = {}
    for line in _lines(root, "zone.tab"):
        if not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            if zone in ids:
                zones.setdefault(code, []).append(zone)
    return {code: tuple(zone_ids) for code, zone_ids in zones.items()}
