"""Arguments that are several texts, or one."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["as_texts"]


def as_texts(texts: str | Iterable[str]) -> list[str]:
    """Return the texts of an argument, of which a plain string is one.

    A string is an iterable of its letters, so `locate("xi")` would ask for "x" and "i".
    """
    return [texts] if isinstance(texts, str) else list(texts)
