"""The time zone database: ids, links, countries and the zones themselves, of one IANA release.

A database is immutable, and a process can hold several; `summitry.zones.sources` finds them. pytz
provides the data and its version, and no conversions: its own stop at 2037, round offsets to
minutes and take the later of two instants.
"""

import os
from collections.abc import Mapping
from typing import Final, Self

from summitry.zones.tree import Tree, read_tree
from summitry.zones.tzif import read_tzif
from summitry.zones.zone import Zone


def pytz_bundle() -> tuple[str, str]:
    """Return the directory of the files that pytz carries, and their version.

    The directory is located by the path of the package. `pytz.open_resource` would follow the
    environment variable PYTZ_TZDATADIR to data that `pytz.OLSON_VERSION` does not describe.
    """
    import pytz  # here, because it costs more than the rest of the package

    version: str = pytz.OLSON_VERSION  # type: ignore[attr-defined]  # not in types-pytz
    return os.path.join(os.path.dirname(pytz.__file__), "zoneinfo"), version


def country_names() -> Mapping[str, str]:
    """Return the English names of countries by their ISO 3166 codes, from pytz."""
    import pytz

    return pytz.country_names


class TzDb:
    """A release of the IANA database.

    `source` is where it was loaded from: "pytz", "tzdata", or a directory.
    """

    def __init__(self, tree: Tree, source: str) -> None:
        self.version: Final = tree.version
        self.source: Final = source
        self.ids: Final = tree.ids
        self._tree = tree
        self._by_lower = {zone_id.lower(): zone_id for zone_id in tree.ids}
        self._zones: dict[str, Zone] = {}

    def __repr__(self) -> str:
        return f"TzDb({self.version!r}, source={self.source!r})"

    @classmethod
    def from_pytz(cls) -> Self:
        """Return the database of the installed pytz.

        Raises ZoneDataError where a distribution has stripped the files from pytz; use
        `from_directory` with their directory then.
        """
        root, version = pytz_bundle()
        return cls(read_tree(root, version), "pytz")

    @classmethod
    def from_directory(cls, path: str | os.PathLike[str], version: str | None = None) -> Self:
        """Return the database in a directory of TZif files, "fat" or "slim".

        `version` is needed only where the directory does not say it. Raises ZoneDataError.
        """
        root = os.fspath(path)
        return cls(read_tree(root, version), root)

    def zone(self, zone_id: str) -> Zone:
        """Return the zone of an id or alias, whose upper and lower case do not matter.

        The id is validated before any file is opened. Raises UnknownZoneError, WindowsZoneError,
        or ZoneDataError for a damaged file.
        """
        return self._zones.get(zone_id) or self._load(self._spelling(zone_id))

    def spelling(self, zone_id: str) -> str:
        """Return an id or alias as the database spells it; empty for any other text.

        Unlike `zone`, it looks for no suggestions, which cost milliseconds.
        """
        # isascii() first: str.lower() would turn the Kelvin sign (U+212A) into the letter k
        return self._by_lower.get(zone_id.lower(), "") if zone_id.isascii() else ""

    def canonical(self, zone_id: str) -> str:
        """Return the id that an alias stands for: "Asia/Kolkata" for "Asia/Calcutta".

        Use it to compare ids, not to store them. In a directory without tzdata.zi nothing says
        which ids are aliases, and each stands for itself.

        Raises UnknownZoneError or WindowsZoneError.
        """
        key = self._spelling(zone_id)
        while key in self._tree.links:
            key = self._tree.links[key]
        return key

    def country_zones(self, region_code: str) -> tuple[str, ...]:
        """Return the ids of a country's zones, by its ISO 3166 code; empty where it has none.

        They come in the order of zone.tab, where the first need not be the capital's.
        """
        return self._tree.countries.get(region_code.upper(), ())

    @property
    def region_codes(self) -> tuple[str, ...]:
        """Return the ISO 3166 codes of the countries that have zones."""
        return tuple(self._tree.countries)

    def _spelling(self, zone_id: str) -> str:
        key = self.spelling(zone_id)
        if not key:
            from summitry.zones.suggestions import refusal  # here: difflib is slow to import

            raise refusal(zone_id, self.ids)
        return key

    def _load(self, key: str) -> Zone:
        if key not in self._zones:
            # Two threads may both read the file; setdefault gives both of them the same Zone.
            self._zones.setdefault(key, Zone(key, read_tzif(self._tree.read(key), key)))
        return self._zones[key]
