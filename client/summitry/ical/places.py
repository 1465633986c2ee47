"""Places: LOCATION, GEO and VLOCATION (RFC 5545, RFC 9073 section 7.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from summitry.ical.identifiers import derived_uid
from summitry.ical.languages import join_distinct, place_name
from summitry.ical.text import escape, one_line
from summitry.locale import language_of
from summitry.v1.place_pb2 import Place


class PlaceLines(NamedTuple):
    """The content lines of an event's places: properties of the event, and components in it."""

    properties: tuple[str, ...]
    components: tuple[str, ...]


# Serialized places up to this size are cached, since a congress centre has many events. Longer ones
# are not, so that hostile records cannot fill the memory.
_MAX_CACHED_OCTETS = 2048


def place_lines(places: Iterable[Place], language: str) -> PlaceLines:
    """Return the content lines for the places of an event, in a language.

    LOCATION lists all names on one line, GEO is the first known position. A place without a name
    has no component.
    """
    serialized = tuple([place.SerializeToString() for place in places])
    return (_render_cached if sum(map(len, serialized)) <= _MAX_CACHED_OCTETS else _render)(
        serialized, language
    )


def _render(serialized: tuple[bytes, ...], language: str) -> PlaceLines:
    parsed = [Place.FromString(place) for place in serialized]
    names = join_distinct((display_name(place, language) for place in parsed), " / ")
    points = [_geo(place) for place in parsed if place.HasField("position")]
    location = f"LOCATION;LANGUAGE={language_of(language)}:{escape(names)}"
    return PlaceLines(
        (*((location,) if names else ()), *points[:1]),
        tuple(line for place in parsed for line in _component(place, language)),
    )


_render_cached = lru_cache(maxsize=4096)(_render)


def _component(place: Place, language: str) -> Iterator[str]:
    if name := display_name(place, language):
        yield "BEGIN:VLOCATION"
        yield f"UID:{place_uid(place)}"
        yield f"NAME:{escape(name)}"
        if place.HasField("position"):
            yield _geo(place)
        yield "END:VLOCATION"


def display_name(place: Place, language: str) -> str:
    """Return venue, town and country code, on one line."""
    return one_line(place_name(place, language))


def _geo(place: Place) -> str:
    return f"GEO:{place.position.latitude:.6f};{place.position.longitude:.6f}"


def place_uid(place: Place) -> str:
    """Return a UUID that is the same in every event at the place."""
    # The first names are used, so that the UUID does not depend on the reader's language.
    names = (texts[0].text if texts else "" for texts in (place.venues, place.localities))
    return derived_uid("place", place.id, *names, place.region_code, place.source_text)
