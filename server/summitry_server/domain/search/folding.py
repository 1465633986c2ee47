"""Fold words, so that search ignores accents, case and punctuation."""

import re
import unicodedata
from functools import lru_cache

_APART = re.compile(r"[^\w]+", re.UNICODE)


def fold(text: str) -> str:
    """Return a text in lower case without accents: "Kokchetaou, Élysée" -> "kokchetaou, elysee"."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


# Cached, since the same few names stand in record after record.
@lru_cache(maxsize=8192)
def slug(text: str) -> str:
    """Return a folded key: "Xi Jinping" -> "xi-jinping"; letters of any script stay."""
    return _APART.sub("-", fold(text)).strip("-")


def words(text: str) -> tuple[str, ...]:
    """Return the folded words of a query."""
    return tuple(fold(text).split())
