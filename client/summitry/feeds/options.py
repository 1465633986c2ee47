"""The query of a feed's address: which choices it makes."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from summitry.ical.options import CHOICES, DEFAULTS, Options
from summitry.ical.words import LANGUAGES

QUERY_BYTES = 512

# The parameter, the field of Options that it sets, and its values.
_CHOICES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "lang": ("language", LANGUAGES),
    "partial": ("partial", CHOICES["partial"]),
    "profile": ("profile", CHOICES["profile"]),
    "tz": ("times", CHOICES["times"]),
    "cancelled": ("cancelled", CHOICES["cancelled"]),
}


def parse_query(query: bytes) -> Options:
    """The options of a query string. Unknown parameters are ignored: apps and people add some.

    Raises ValueError, with a text for the reader, for a value that is not offered, a parameter
    given twice and a query of more than 512 bytes.
    """
    if not query:
        return DEFAULTS
    if len(query) > QUERY_BYTES:
        raise ValueError(f"the query is longer than {QUERY_BYTES} bytes")
    chosen: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name in _CHOICES:
            field, values = _CHOICES[name]
            if value not in values:
                raise ValueError(f"{name} must be one of: {', '.join(values)}")
            if field in chosen:
                raise ValueError(f"{name} is given twice; give it once")
            chosen[field] = value
    return Options()._replace(**chosen)
