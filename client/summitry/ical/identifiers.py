"""Names made from names, so that they stay the same for ever."""

from __future__ import annotations

from functools import lru_cache
from uuid import NAMESPACE_URL, uuid5


@lru_cache(maxsize=8192)
def derived_uid(*parts: str) -> str:
    """A UUID (RFC 9562, version 5) for what the parts name."""
    return str(uuid5(NAMESPACE_URL, "summitry:" + "/".join(parts)))


def publisher_uri(name: str) -> str:
    """The URI of the publisher of the calendar that a resource name lies in.

    A URN, not a person's mailbox: calendar apps would offer to write to it.
    """
    return f"urn:uuid:{derived_uid(*name.split('/')[:2])}"
