"""Suggestions for a misspelt name, from an index with bounded cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from heapq import nsmallest

__all__ = ["NameIndex"]

_LONGEST = 64  # characters of a name that is compared: the cost is the product of the lengths
_ENTRIES = 4000  # entries of the index that one question may look at
_COMPARED = 12  # names that one question compares letter by letter
_CLOSENESS = 0.75  # smallest difflib ratio at which a name is suggested


class NameIndex:
    """Names by the pairs of letters that are in them.

    Comparing a name with 600 zone ids letter by letter takes 2 to 6 ms, and a request may have a
    thousand wrong ids. The names that share most pairs are looked up, and only these are compared.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Index names, case ignored; of names that differ by case only, the first is used."""
        self._names: dict[str, str] = {}
        self._by_pair: dict[str, list[str]] = defaultdict(list)
        for name in names:
            folded = name.lower()
            if folded not in self._names and len(folded) <= 2 * _LONGEST:
                self._names[folded] = name
                for pair in _pairs(folded):
                    self._by_pair[pair].append(folded)

    def nearest(self, text: str, count: int = 3) -> tuple[str, ...]:
        """Return up to `count` names that resemble `text`, the closest first.

        Returns no names for an empty text, or one of more than 64 characters.
        """
        text = text.lower()
        if not text or len(text) > _LONGEST:
            return ()
        matcher = SequenceMatcher(b=text)
        close = []
        for name in self._candidates(text):
            matcher.set_seq1(name)
            if matcher.quick_ratio() >= _CLOSENESS and (ratio := matcher.ratio()) >= _CLOSENESS:
                close.append((ratio, name))
        return tuple(self._names[name] for _, name in sorted(close, reverse=True)[:count])

    def _candidates(self, text: str) -> list[str]:
        """Return the names that share most pairs with a text. Rare pairs are looked up first."""
        shared: Counter[str] = Counter()
        pairs = _pairs(text)
        room = _ENTRIES
        for names in sorted((self._by_pair.get(pair, []) for pair in pairs), key=len):
            if len(names) > room:
                break
            room -= len(names)
            shared.update(names)
        # As a share of all pairs of both, so that long names do not win by their length.
        return nsmallest(
            _COMPARED, shared, key=lambda name: (-shared[name] / (len(name) + len(text)), name)
        )


def _pairs(name: str) -> set[str]:
    """Return the pairs of neighbouring characters of a name, with its ends marked."""
    marked = f"\n{name}\n"
    return {marked[at : at + 2] for at in range(len(marked) - 1)}
