"""Make identifiers: UUIDs of version 7 (RFC 9562), which sort by time."""

import secrets
import uuid


def new_id(now: int) -> str:
    """Return a new identifier of `now` in epoch seconds and 74 random bits."""
    value = now * 1000 << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return str(uuid.UUID(int=value | 0b10 << 62 | secrets.randbits(62)))
