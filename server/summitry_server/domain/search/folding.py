"""Fold words so that accents, case and punctuation do not decide what is found."""

import re
import unicodedata
from functools import lru_cache

_APART = re.compile(r"[^\w]+", re.UNICODE)


def fold(text: str) -> str:
    """Lower case, without accents: "Kokchetaou, Élysée" -> "kokchetaou, elysee"."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


# The same few names stand in record after record.
@lru_cache(maxsize=8192)
def slug(text: str) -> str:
    """A folded key: "Xi Jinping" -> "xi-jinping"; letters of any script are kept."""
    return _APART.sub("-", fold(text)).strip("-")


def words(text: str) -> tuple[str, ...]:
    """The folded words of a query."""
    return tuple(fold(text).split())
