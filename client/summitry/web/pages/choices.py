"""The choices in the address of a page, and the languages that a browser prefers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from summitry.ical.languages import lookup
from summitry.kinds import ID
from summitry.locale import LANGUAGES
from summitry.zones import TzDb, ZoneError

QUERY_BYTES = 512
VIEWS = ("agenda", "month", "timeline")

_MONTH = re.compile(r"(19[0-9]{2}|20[0-9]{2}|2[12][0-9]{2})-(0[1-9]|1[0-2])")
_RANGE = re.compile(r"([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,32})?\s*(?:;\s*q=([01](?:\.[0-9]{1,3})?))?")


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
    ValueError, with a text for the reader.
    """
    if len(query) > QUERY_BYTES:
        raise ValueError(f"the query is longer than {QUERY_BYTES} bytes")
    values: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name in values:
            raise ValueError(f"{name} is given twice; give it once")
        if name in PageChoices._fields and value:
            values[name] = _check(name, value, db)
    values.setdefault("lang", preferred_language(accept_language))
    return PageChoices(**values)


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
            raise ValueError(f"{name} must be one of: {', '.join(values)}")
        return value

    return check


def _month(value: str, db: TzDb) -> str:
    if _MONTH.fullmatch(value) is None:
        raise ValueError('month must be a month such as "2024-07", of the years 1900 to 2299')
    return value


def _id(value: str, db: TzDb) -> str:
    if ID.fullmatch(value) is None:
        raise ValueError("of must be the id of a summit or visit")
    return value


def _zone(value: str, db: TzDb) -> str:
    try:
        return db.zone(value).key
    except ZoneError as error:
        raise ValueError(f"zone: {error}") from error


def _language(value: str, db: TzDb) -> str:
    index = lookup(value, LANGUAGES)
    if index is None:
        raise ValueError(f"lang must be one of: {', '.join(LANGUAGES)}")
    return LANGUAGES[index]


_CHECKS: Mapping[str, Callable[[str, TzDb], str]] = {
    "view": _one_of("view", VIEWS),
    "month": _month,
    "of": _id,
    "zone": _zone,
    "lang": _language,
}
