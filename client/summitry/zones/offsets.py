"""What an offset from UTC can be, and how it is written. Offsets are seconds, east positive."""

from functools import lru_cache


def is_offset(seconds: int) -> bool:
    """Say whether it is in the range that RFC 9636 section 3.2 gives: -25 h to 26 h, exclusive."""
    return -25 * 3600 < seconds < 26 * 3600


def to_minutes(offset: int) -> int:
    """Return the closest offset of whole minutes, in seconds."""
    return (offset + 30) // 60 * 60


@lru_cache(maxsize=1024)
def format_offset(seconds: int) -> str:
    """Return an offset as +hh:mm, with :ss where it is no whole minutes."""
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{rest:02}" if rest else text
