"""Fixed words of a rendering, one table per language.

Keys are names of enum values ("MEETING_KIND_PLENARY") and of phrases ("delegations"). A language
is a module here with the table WORDS; English has them all, and any other must.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from summitry.ical.words import en, fr

TABLES: Mapping[str, Mapping[str, str]] = {"en": en.WORDS, "fr": fr.WORDS}
MONTHS: Mapping[str, tuple[str, ...]] = {"en": en.MONTHS, "fr": fr.MONTHS}
LANGUAGES = tuple(TABLES)


@lru_cache(maxsize=256)
def language_of(tag: str) -> str:
    """The language of the fixed words for a BCP 47 tag: "fr" for "fr-CH"; "en" if there is none."""
    primary = tag.lower().partition("-")[0]
    return primary if primary in TABLES else "en"


def word(language: str, key: str) -> str:
    """The word or phrase for a key. Raises KeyError for an unknown key."""
    return TABLES[language_of(language)][key]


@lru_cache(maxsize=4096)
def enum_word(language: str, enum: EnumTypeWrapper, number: int) -> str:
    """The word for an enum value; empty where there is nothing to say.

    That is so for UNSPECIFIED, for what goes without saying, such as attendance in person, and
    for numbers of a later version of the protos.
    """
    value = enum.DESCRIPTOR.values_by_number.get(number)
    return TABLES[language_of(language)].get(value.name, "") if value else ""


def month_name(language: str, month: int) -> str:
    """The name of month 1-12."""
    return MONTHS[language_of(language)][month - 1]


def capital(text: str) -> str:
    """The text with its first letter as a capital; the rest as it is."""
    return text[:1].upper() + text[1:]
