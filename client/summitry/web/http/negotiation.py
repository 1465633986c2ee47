"""HTTP validators and content negotiation for GET and HEAD (RFC 9110 sections 8.8, 12.5, 13)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import formatdate, parsedate_tz
from functools import lru_cache

_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: str) -> bool:
    """Return whether the client takes gzip: by name, or by "*" if it does not refuse it by name."""
    weights: dict[str, bool] = {}
    for part in accept_encoding.lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        weights[coding] = not any(_is_zero(parameter) for parameter in parameters)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))


def _is_zero(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and re.fullmatch(r"0(?:\.0{0,3})?", value.strip()) is not None


def matches(if_none_match: str, etag: str) -> bool:
    """Return whether a list of entity tags, or "*", has this tag; weak comparison (13.1.2)."""
    if if_none_match.strip() == "*":
        return True
    return etag in _ENTITY_TAG.findall(if_none_match)


def unmodified_since(if_modified_since: str, modified: int) -> bool:
    """Return whether nothing has changed after an HTTP date; False for any other text (13.1.3)."""
    since = _parse_http_date(if_modified_since)
    return since is not None and modified <= since


def _parse_http_date(text: str) -> float | None:
    """Return the epoch seconds of an HTTP date in any of its three forms (RFC 9110 5.6.7).

    The asctime form names no zone and is in UTC, whatever the zone of this machine.
    """
    parts = parsedate_tz(text)
    if parts is None:
        return None
    *fields, offset = parts[:6] + parts[9:]
    try:
        wall = datetime(*fields, tzinfo=UTC)  # type: ignore[misc,arg-type]
        return (wall - timedelta(seconds=offset or 0)).timestamp()
    except (ValueError, OverflowError):
        return None


def is_current(headers: Mapping[bytes, bytes], etag: str, modified: int) -> bool:
    """Return whether 304 is the answer. If-None-Match, if present, overrides If-Modified-Since."""
    tags = headers.get(b"if-none-match")
    if tags is not None:
        return matches(tags.decode("latin-1"), etag)
    since = headers.get(b"if-modified-since")
    return since is not None and unmodified_since(since.decode("latin-1"), modified)


def last_modified(modified: int, now: float) -> str:
    """Return the Last-Modified date of something that changed in second `modified`.

    A second that is not over yet may bring another change, which this date could not tell from
    the first; so within that second the one before it is named. It is never in the future.
    """
    return _http_date(min(modified, int(now) - 1))


@lru_cache(maxsize=1024)
def _http_date(moment: int) -> str:
    return formatdate(moment, usegmt=True)
