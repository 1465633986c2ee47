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
from summitry.zones import TzDb, UnknownZoneError, WindowsZoneError, ZoneError

QUERY_BYTES = 512
VIEWS = ("agenda", "month", "timeline")

_MONTH = re.compile(r"(19[0-9]{2}|20[0-9]{2}|2[12][0-9]{2})-(0[1-9]|1[0-2])")
_RANGE = re.compile(r"([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,32})?\s*(?:;\s*q=([01](?:\.[0-9]{1,3})?))?")


class ChoiceError(ValueError):
    """A query that cannot be met: the key of a text for the reader, and values for its places."""

    def __init__(self, key: str, *places: str, text: str = "") -> None:
        """Create an error by the key of its message; `text` is the message in English."""
        super().__init__(text or MESSAGES[key].format(*places))
        self.key = key
        self.places = places


class PageChoices(NamedTuple):
    """The choices of a reader. The order of the fields is that of the parameters in links."""

    view: str = "agenda"
    month: str = ""  # "2024-07"; "" leaves it to the page
    of: str = ""  # the id of the summit or visit whose programme is shown; "" for all
    zone: str = ""  # IANA id; "" is the zone of each place
    lang: str = "en"

    def link(self, path: str, **changes: str) -> str:
        """Return the address of a page with these choices, some of them changed."""
        choices = self._replace(**changes)
        pairs = [(name, value) for name, value in choices._asdict().items() if value]
        return f"{path}?{urlencode(pairs)}"


def parse_choices(query: bytes, accept_language: str, db: TzDb) -> PageChoices:
    """Return the choices of a query string; without a language, that which the browser prefers.

    It is "" where neither names one that is offered. Unknown parameters are ignored. Raises
    ChoiceError.
    """
    if len(query) > QUERY_BYTES:
        raise ChoiceError("choice-length", str(QUERY_BYTES))
    values: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name in values:
            raise ChoiceError("choice-twice", name)
        if name in PageChoices._fields and value:
            values[name] = _check(name, value, db)
    values.setdefault("lang", preferred_language(accept_language))
    return PageChoices(**values)


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


def _check(name: str, value: str, db: TzDb) -> str:
    return _CHECKS[name](value, db)


def _one_of(name: str, values: tuple[str, ...]) -> Callable[[str, TzDb], str]:
    def check(value: str, db: TzDb) -> str:
        if value not in values:
            raise ChoiceError("choice-one-of", name, ", ".join(values))
        return value

    return check


def _month(value: str, db: TzDb) -> str:
    if _MONTH.fullmatch(value) is None:
        raise ChoiceError("choice-month", "month", "2024-07", "1900", "2299")
    return value


def _id(value: str, db: TzDb) -> str:
    if ID.fullmatch(value) is None:
        raise ChoiceError("choice-id", "of")
    return value


def _zone(value: str, db: TzDb) -> str:
    try:
        return db.zone(value).key
    except UnknownZoneError as error:
        raise _unknown_zone(value, error.suggestions, error) from error
    except WindowsZoneError as error:
        raise _unknown_zone(value, filter(None, [error.suggestion]), error) from error


def _unknown_zone(value: str, similar: Iterable[str], error: ZoneError) -> ChoiceError:
    text, zones = f"zone: {error}", ", ".join(similar)
    if zones:
        return ChoiceError("choice-similar-zone", value, zones, text=text)
    return ChoiceError("choice-zone", value, "Europe/Paris", text=text)


def _language(value: str, db: TzDb) -> str:
    index = lookup(value, LANGUAGES)
    if index is None:
        raise ChoiceError("choice-one-of", "lang", ", ".join(LANGUAGES))
    return LANGUAGES[index]


_CHECKS: Mapping[str, Callable[[str, TzDb], str]] = {
    "view": _one_of("view", VIEWS),
    "month": _month,
    "of": _id,
    "zone": _zone,
    "lang": _language,
}
