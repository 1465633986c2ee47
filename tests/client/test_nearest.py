"""The index of nearest names, against a comparison with all names."""

from __future__ import annotations

from difflib import SequenceMatcher, get_close_matches
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry import nearest
from summitry.nearest import NameIndex
from summitry.zones import default_database

NAMES = ("xi-jinping", "li-qiang", "kassym-jomart-tokayev", "emmanuel-macron", "Élysée", "x")
WRONG = {
    "letter-missing": ("xi-jinpin", ("xi-jinping",)),
    "letter-too-many": ("xi-jinpingg", ("xi-jinping",)),
    "letters-swapped": ("li-qaing", ("li-qiang",)),
    "other-case": ("LI-QIANG", ("li-qiang",)),
    "accents": ("élysee", ("Élysée",)),
    "nothing-like-it": ("narendra-modi", ()),
    "empty": ("", ()),
    "one-letter": ("y", ()),
    "too-long": ("xi-jinping" * 100, ()),
}
IDS = sorted(default_database().ids)


@pytest.mark.parametrize(("name", "nearest"), WRONG.values(), ids=WRONG)
def test_nearest_names(name: str, nearest: tuple[str, ...]) -> None:
    assert NameIndex(NAMES).nearest(name) == nearest


def test_the_closest_comes_first_and_no_more_than_the_count() -> None:
    index = NameIndex(["macro", "macron", "macrons", "macrame"])
    assert index.nearest("macronn", 2) == ("macron", "macrons")
    assert index.nearest("macron", 1) == ("macron",)


def test_an_index_without_names_finds_none() -> None:
    assert NameIndex(()).nearest("macron") == ()


@given(st.sampled_from(IDS), st.data())
def test_one_wrong_letter_is_found_as_by_comparing_with_all(name: str, data: Any) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("aeinrst"))
    wrong = (name[:at] + letter + name[at + 1 :]).lower()
    by_lower = {zone.lower(): zone for zone in IDS}
    best = get_close_matches(wrong, by_lower, n=1, cutoff=0.75)
    nearest = NameIndex(IDS).nearest(wrong)
    assert bool(nearest) is bool(best)
    if best:
        ratios = [
            SequenceMatcher(b=wrong, a=candidate).ratio()
            for candidate in (nearest[0].lower(), best[0])
        ]
        assert ratios[0] == ratios[1]


def test_a_question_compares_a_bounded_number_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    class Counting(SequenceMatcher[str]):
        def set_seq1(self, a: Any) -> None:
            compared.append(a)
            super().set_seq1(a)

    index = NameIndex(f"person-{number}" for number in range(20_000))
    compared.clear()
    monkeypatch.setattr(nearest, "SequenceMatcher", Counting)
    index.nearest("persan-17")
    assert 0 < len([name for name in compared if name]) <= 12
