"""Comments of enum values say more than the names of the values."""

from __future__ import annotations

import re

import pytest
from google.protobuf.descriptor import EnumDescriptor

from tests.api import comments, enums

# Words that a comment needs for its grammar alone.
GRAMMAR = frozenset(
    ("a", "an", "and", "as", "at", "be", "by", "for", "has", "have", "in", "is", "it", "its", "not", "of", "on", "or",
     "the", "to", "was", "with", "specified")
)  # fmt: skip
ENDING = re.compile(r"(?:ies|es|s|ed|ing|d|e|y)+$")
# An unset value has little to say: "Never sent.", "The same as OMIT."
LEAST = 3
LEAST_OF_UNSET = 2


def stems(text: str) -> set[str]:
    """Return the words of a text without their endings: "Heads of state" and HEAD_OF_STATE have the same."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {ENDING.sub("", word) for word in words if word not in GRAMMAR}


def new_words(comment: str, enum: str, value: str) -> set[str]:
    """Return the stems of a comment that are neither in the name of its value nor of its enum."""
    snake = re.sub(r"(?<!^)(?=[A-Z])", " ", enum)
    return stems(comment) - stems(value.replace("_", " ")) - stems(snake)


@pytest.mark.parametrize("enum", enums(), ids=lambda enum: str(enum.name))
def test_comment_of_a_value_adds_to_its_name(enum: EnumDescriptor) -> None:
    repeated = [
        value.name
        for value in enum.values
        if len(new_words(comments()[f"summitry.v1.{value.name}"], enum.name, value.name))
        < (LEAST if value.number else LEAST_OF_UNSET)
    ]
    assert repeated == []


@pytest.mark.parametrize(
    ("comment", "enum", "value"),
    [
        ("Heads of state.", "Level", "LEVEL_HEAD_OF_STATE"),
        ("It was deleted.", "ChangeKind", "CHANGE_KIND_DELETE"),
        ("A company.", "PartyKind", "PARTY_KIND_COMPANY"),
        ("Not specified.", "PartyKind", "PARTY_KIND_UNSPECIFIED"),
    ],
)
def test_comment_that_repeats_the_name_is_recognised(comment: str, enum: str, value: str) -> None:
    assert new_words(comment, enum, value) == set()
