"""What a request says: the form of answer that it takes, and the addresses by which it came.

Validators and content negotiation for GET and HEAD follow RFC 9110, sections 8.8, 12.5 and 13.

The address of this server that was configured is the only one believed. Without one it is what the
request says: the Host field, or X-Forwarded-Proto and X-Forwarded-Host from a trusted proxy. A host
that cannot be one is never repeated.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import formatdate, parsedate_tz
from functools import lru_cache

from summitry.web.http.answers import Scope

_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def read_headers(scope: Scope) -> dict[bytes, bytes]:
    """Return the header fields of a request, those that repeat joined by commas (RFC 9110 5.3)."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


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


SCHEMES = ("http", "https")
_ORIGIN = re.compile(r"(?P<scheme>[A-Za-z]+)://(?P<host>[^/?#@\\\s]+)/?")
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.\-]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?")
_NAME_BYTES = 253


def parse_origin(text: str) -> str:
    """Return an address such as "https://cal.example.org" in its canonical form.

    Raises ValueError for another scheme, for a host that cannot be one, and for a path.
    """
    match = _ORIGIN.fullmatch(text)
    if match is None or match["scheme"].lower() not in SCHEMES or not is_host(match["host"]):
        raise ValueError(f"{text!r} is not an address such as https://calendar.example.org")
    return f"{match['scheme'].lower()}://{match['host'].lower()}"


def is_host(text: str) -> bool:
    """Return whether a text can be a Host: a name, or an IP address, with or without a port."""
    match = _HOST.fullmatch(text)
    if match is None or int(match["port"] or 0) > 65535:
        return False
    name = match["name"]
    if name.startswith("["):
        return _is_address(name[1:-1], ipaddress.IPv6Address)
    if name.rpartition(".")[2].isdigit():  # no name ends so (RFC 3696 2)
        return _is_address(name, ipaddress.IPv4Address)
    labels = name.removesuffix(".").split(".")
    return len(name) <= _NAME_BYTES and all(_LABEL.fullmatch(label) for label in labels)


def _is_address(text: str, kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def origin_of(scope: Scope, proxies: Collection[str], external: str = "") -> str:
    """Return the address by which a reader reached this server; "" if it is doubtful.

    `external` is the configured address, as `parse_origin` gives it.
    """
    if external:
        return external
    headers = read_headers(scope)
    scheme, host = str(scope["scheme"]), headers.get(b"host", b"").decode("latin-1")
    client = scope.get("client")
    if client and str(client[0]) in proxies:
        scheme = _nearest(headers, b"x-forwarded-proto").lower() or scheme
        host = _nearest(headers, b"x-forwarded-host") or host
    return f"{scheme}://{host}" if scheme in SCHEMES and is_host(host) else ""


def reader_address(scope: Scope, proxies: Collection[str]) -> str:
    """Return the address that a request comes from; our own proxies are believed."""
    client = scope.get("client")
    address = str(client[0]) if client else ""
    if address not in proxies:
        return address
    forwarded = read_headers(scope).get(b"x-forwarded-for", b"").decode("latin-1")
    # The proxy nearest to us writes the last entry; the client can forge all before it.
    hops = [hop.strip() for hop in forwarded.split(",")]
    return next((hop for hop in reversed(hops) if hop and hop not in proxies), address)


def _nearest(headers: dict[bytes, bytes], name: bytes) -> str:
    """Return the last entry, that of the nearest proxy; anybody can make up those before it."""
    return headers.get(name, b"").decode("latin-1").rpartition(",")[2].strip()
