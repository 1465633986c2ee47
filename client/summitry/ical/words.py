"""The texts of feeds in all languages: phrases, names of enum values, months, counted things."""

from __future__ import annotations

from functools import lru_cache

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from summitry import declarations
from summitry.ical.messages import MESSAGES, NOTES, PLURALS
from summitry.locale import Catalogue, language_of

CATALOGUE = Catalogue("feeds", MESSAGES, PLURALS, NOTES, declarations.labels())


def word(language: str, key: str) -> str:
    """Return the text for a key. Raises KeyError for an unknown key."""
    return CATALOGUE.texts(language_of(language))[key]


@lru_cache(maxsize=4096)
def enum_word(language: str, enum: EnumTypeWrapper, number: int) -> str:
    """Return the word for an enum value; empty where there is nothing to say.

    That is so for UNSPECIFIED, for what goes without saying, such as attendance in person, and
    for numbers of a later version of the protos.
    """
    value = enum.DESCRIPTOR.values_by_number.get(number)
    return CATALOGUE.texts(language_of(language)).get(value.name, "") if value else ""


def counted(language: str, key: str, count: int) -> str:
    """Return the text for a number of things: "17 agreements" for OUTCOME_KIND_AGREEMENT."""
    return CATALOGUE.counted(language_of(language), key, count)


def month_name(language: str, month: int, *, alone: bool = False) -> str:
    """Return the name of month 1-12, in a date or `alone`."""
    return word(language, f"month-alone-{month}" if alone else f"month-{month}")


def bracketed(text: str, addition: str, language: str) -> str:
    """Return a text with an addition in the brackets of the language."""
    return word(language, "brackets").format(text, addition)


def capital(text: str) -> str:
    """Return the text with its first letter as a capital; the rest as it is."""
    return text[:1].upper() + text[1:]
