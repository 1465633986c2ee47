"""Places: LOCATION, GEO and VLOCATION (RFC 5545, RFC 9073 section 7.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from summitry.ical.identifiers import derived_uid
from summitry.ical.languages import joined, place_name
from summitry.ical.text import escape, one_line
from summitry.locale import language_of
from summitry.v1.place_pb2 import Place


class ShownPlaces(NamedTuple):
    """The content lines of an event's places: properties of the event, and components in it."""

    properties: tuple[str, ...]
    components: tuple[str, ...]


# Octets of serialized places that are worth keeping what they look like: a palace, a congress
# centre has many events, and nobody shall fill the memory with long ones.
_MOST_OCTETS = 2048


def shown_places(places: Iterable[Place], language: str) -> ShownPlaces:
    """How the places of an event are shown in a language.

    LOCATION has all names on one line, GEO the first point on the map. A place without a name has
    no component.
    """
    serialized = tuple([place.SerializeToString() for place in places])
    return (_kept if sum(map(len, serialized)) <= _MOST_OCTETS else _show)(serialized, language)


def _show(serialized: tuple[bytes, ...], language: str) -> ShownPlaces:
    shown = [Place.FromString(place) for place in serialized]
    names = joined((shown_name(place, language) for place in shown), " / ")
    points = [_geo(place) for place in shown if place.HasField("position")]
    location = f"LOCATION;LANGUAGE={language_of(language)}:{escape(names)}"
    return ShownPlaces(
        (*((location,) if names else ()), *points[:1]),
        tuple(line for place in shown for line in _component(place, language)),
    )


_kept = lru_cache(maxsize=4096)(_show)


def _component(place: Place, language: str) -> Iterator[str]:
    if name := shown_name(place, language):
        yield "BEGIN:VLOCATION"
        yield f"UID:{place_uid(place)}"
        yield f"NAME:{escape(name)}"
        if place.HasField("position"):
            yield _geo(place)
        yield "END:VLOCATION"


def shown_name(place: Place, language: str) -> str:
    """Venue, town and country code, on one line."""
    return one_line(place_name(place, language))


def _geo(place: Place) -> str:
    return f"GEO:{place.position.latitude:.6f};{place.position.longitude:.6f}"


def place_uid(place: Place) -> str:
    """A UUID that is the same wherever the place is named so."""
    # The same in every language: the first names are the place's own.
    names = (texts[0].text if texts else "" for texts in (place.venues, place.localities))
    return derived_uid("place", place.id, *names, place.region_code, place.text)
