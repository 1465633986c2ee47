"""The choices in the address of a page, and the languages that a browser prefers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from summitry.ical.languages import lookup
from summitry.kinds import ID
from summitry.locale import LANGUAGES
from summitry.web.pages.words import MESSAGES
from summitry.zones import TzDb, UnknownZoneError, WindowsZoneError, find_zones

QUERY_BYTES = 512
SIMILAR_ZONES = 8
VIEWS = ("agenda", "month", "timeline")

# All years that a date of a record may have (summitry.zones.days).
_MONTH = re.compile(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])")
_ANCHOR = re.compile(r"[a-z]{1,20}-[a-z0-9][a-z0-9-]{0,80}")
_RANGE = re.compile(r"([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,32})?\s*(?:;\s*q=([01](?:\.[0-9]{1,3})?))?")


class PageChoices(NamedTuple):
    """The choices of a reader. The order of the fields is that of the parameters in links."""

    view: str = "agenda"
    month: str = ""  # "2024-07"; "" leaves it to the page
    of: str = ""  # the id of the summit or visit whose programme is shown; "" for all
    zone: str = ""  # IANA id; "" is the zone of each place
    open: str = ""  # the event whose details are open in the agenda: "meeting-plenary"
    lang: str = "en"

    def link(self, path: str, **changes: str) -> str:
        """Return the address of a page with these choices, some of them changed."""
        choices = self._replace(**changes)
        pairs = [(name, value) for name, value in choices._asdict().items() if value]
        return f"{path}?{urlencode(pairs)}"

    def hidden(self, field: str) -> list[tuple[str, str]]:
        """Return the choices that a form keeps, whose own field is `field`."""
        return [(name, value) for name, value in self._asdict().items() if value and name != field]


class ChoiceError(ValueError):
    """A query that cannot be met: the key of a text for the reader, and values for its places.

    `choices` are those of the query that can be met.
    """

    def __init__(self, key: str, *places: str, text: str = "") -> None:
        """Create an error by the key of its message; `text` is the message in English."""
        super().__init__(text or MESSAGES[key].format(*places))
        self.key = key
        self.places = places
        self.choices = PageChoices()


class ZoneChoiceError(ChoiceError):
    """A text that is no time zone, with the zones that may be meant."""

    def __init__(self, value: str, similar: Iterable[str], text: str) -> None:
        self.value = value
        self.similar = tuple(similar)
        key = "choice-similar-zone" if self.similar else "choice-zone"
        super().__init__(key, value, ", ".join(self.similar) or "Europe/Paris", text=text)


def parse_choices(query: bytes, accept_language: str, db: TzDb) -> PageChoices:
    """Return the choices of a query string; without a language, that which the browser prefers.

    It is "" where neither names one that is offered. Unknown parameters are ignored. Raises
    ChoiceError for the first fault, with all choices that have none.
    """
    if len(query) > QUERY_BYTES:
        raise ChoiceError("choice-length", str(QUERY_BYTES))
    values: dict[str, str] = {}
    fault: ChoiceError | None = None
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name not in PageChoices._fields or not value:
            continue
        try:
            if name in values:
                raise ChoiceError("choice-twice", name)
            values[name] = _CHECKS[name](value, db)
        except ChoiceError as error:
            fault = fault or error
    values.setdefault("lang", preferred_language(accept_language))
    choices = PageChoices(**values)
    if fault is not None:
        fault.choices = choices
        raise fault
    return choices


def requested_language(query: bytes, accept_language: str) -> str:
    """Return the language for a reader whose query may be wrong in any way; English by default."""
    pairs = parse_qsl(query[:QUERY_BYTES].decode("latin-1"))
    tag = next((value for name, value in pairs if name == "lang"), "")
    index = lookup(tag, LANGUAGES) if tag else None
    if index is not None:
        return LANGUAGES[index]
    return preferred_language(accept_language) or LANGUAGES[0]


def preferred_language(accept_language: str) -> str:
    """Return the offered language that an Accept-Language field weighs most, or "" for none.

    See RFC 9110 12.5.4; fields of more than 512 characters are cut.
    """
    best, language = 0.0, ""
    for part in accept_language[:512].split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None or match[1].lower() not in LANGUAGES:
            continue
        weight = float(match[2] or 1)
        if weight > best:
            best, language = weight, match[1].lower()
    return language


def _one_of(name: str, values: tuple[str, ...]) -> Callable[[str, TzDb], str]:
    def check(value: str, db: TzDb) -> str:
        if value not in values:
            raise ChoiceError("choice-one-of", name, ", ".join(values))
        return value

    return check


def _month(value: str, db: TzDb) -> str:
    if _MONTH.fullmatch(value) is None:
        raise ChoiceError("choice-month", "month", "2024-07", "0001", "9999")
    return value


def _id(value: str, db: TzDb) -> str:
    if ID.fullmatch(value) is None:
        raise ChoiceError("choice-id", "of")
    return value


def _anchor(value: str, db: TzDb) -> str:
    if _ANCHOR.fullmatch(value) is None:
        raise ChoiceError("choice-anchor", "open", "meeting-plenary")
    return value


def _zone(value: str, db: TzDb) -> str:
    try:
        return db.zone(value).key
    except UnknownZoneError as error:
        similar = error.suggestions or _zones_of_place(value, db)
        raise ZoneChoiceError(value, similar, f"zone: {error}") from error
    except WindowsZoneError as error:
        similar = (error.suggestion,) if error.suggestion else ()
        raise ZoneChoiceError(value, similar, f"zone: {error}") from error


def _zones_of_place(name: str, db: TzDb) -> tuple[str, ...]:
    """Return the first zones of a city or country: "Peru", "New York" or "Санкт-Петербург"."""
    zones = dict.fromkeys(candidate.zone_id for candidate in find_zones(name, "", db))
    return tuple(zones)[:SIMILAR_ZONES]


def _language(value: str, db: TzDb) -> str:
    index = lookup(value, LANGUAGES)
    if index is None:
        raise ChoiceError("choice-one-of", "lang", ", ".join(LANGUAGES))
    return LANGUAGES[index]


_CHECKS: Mapping[str, Callable[[str, TzDb], str]] = {
    "view": _one_of("view", VIEWS),
    "month": _month,
    "of": _id,
    "open": _anchor,
    "zone": _zone,
    "lang": _language,
}
