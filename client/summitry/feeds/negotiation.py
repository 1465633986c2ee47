"""HTTP validators and content negotiation for GET and HEAD (RFC 9110 sections 8.8, 12.5, 13)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the client takes gzip: by name, or by "*" when gzip is not refused by name."""
    weights: dict[str, bool] = {}
    for part in accept_encoding.lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        weights[coding] = not any(_is_zero(parameter) for parameter in parameters)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))


def _is_zero(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and re.fullmatch(r"0(?:\.0{0,3})?", value.strip()) is not None


def matches(if_none_match: str, etag: str) -> bool:
    """Whether a list of entity tags, or "*", holds this one; weak comparison (13.1.2)."""
    if if_none_match.strip() == "*":
        return True
    return etag in _ENTITY_TAG.findall(if_none_match)


def unmodified_since(if_modified_since: str, modified: int) -> bool:
    """Whether nothing has changed after that HTTP date; False where it is not one (13.1.3)."""
    try:
        since = parsedate_to_datetime(if_modified_since)
        return modified <= since.timestamp()
    except (ValueError, OverflowError):
        return False


def is_current(headers: Mapping[bytes, bytes], etag: str, modified: int) -> bool:
    """Whether 304 is the answer. If-None-Match, when present, silences If-Modified-Since."""
    tags = headers.get(b"if-none-match")
    if tags is not None:
        return matches(tags.decode("latin-1"), etag)
    since = headers.get(b"if-modified-since")
    return since is not None and unmodified_since(since.decode("latin-1"), modified)


def last_modified(modified: int, now: float) -> str:
    """The Last-Modified date of something that changed in second `modified`.

    A second that is not over yet may bring another change, which this date could not tell from
    the first; so within that second the one before it is named. It is never in the future.
    """
    return _http_date(min(modified, int(now) - 1))


@lru_cache(maxsize=1024)
def _http_date(moment: int) -> str:
    return formatdate(moment, usegmt=True)
