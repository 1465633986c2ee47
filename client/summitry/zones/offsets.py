"""The range and the text of offsets from UTC. Offsets are seconds, east positive."""

from functools import lru_cache

DAY_SECONDS = 86_400
"""The civil seconds of a day. In a zone, a day may be longer or shorter."""


def is_offset(seconds: int) -> bool:
    """Return whether an offset is within -25 h and 26 h, exclusive (RFC 9636 section 3.2)."""
    return -25 * 3600 < seconds < 26 * 3600


def to_minutes(offset: int) -> int:
    """Return the closest offset of whole minutes, in seconds."""
    return (offset + 30) // 60 * 60


@lru_cache(maxsize=1024)
def format_offset(seconds: int) -> str:
    """Return an offset as +hh:mm, or +hh:mm:ss where it has seconds."""
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{rest:02}" if rest else text
