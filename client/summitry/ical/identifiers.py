"""Identifiers derived from names, so that every rendering gives the same ones."""

from __future__ import annotations

from functools import lru_cache
from uuid import NAMESPACE_URL, uuid5


@lru_cache(maxsize=8192)
def derived_uid(*parts: str) -> str:
    """Return a UUID (RFC 9562, version 5) that depends on the parts alone."""
    return str(uuid5(NAMESPACE_URL, "summitry:" + "/".join(parts)))


def publisher_uri(name: str) -> str:
    """Return the URI of the publisher of the calendar that a resource name belongs to.

    It is a URN and not a mailto: address, to which calendar apps would offer to write.
    """
    return f"urn:uuid:{derived_uid(*name.split('/')[:2])}"
