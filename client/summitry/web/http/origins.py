"""The address by which readers reach this server: scheme, host and port of links on pages.

An address that was configured is the only one believed. Without one it is what the request says:
the Host field, or X-Forwarded-Proto and X-Forwarded-Host from a proxy that is trusted. A host that
cannot be one is never repeated.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from summitry.web.http.answers import Scope, read_headers

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


def _nearest(headers: dict[bytes, bytes], name: bytes) -> str:
    """Return the last entry, that of the nearest proxy; anybody can make up those before it."""
    return headers.get(name, b"").decode("latin-1").rpartition(",")[2].strip()
