"""Fixed words of a rendering, one table per language.

Keys are names of enum values ("MEETING_KIND_PLENARY") and of phrases ("delegations"). A language
is a module here with the table WORDS; English has them all, and any other must.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from summitry.ical.words import ar, en, es, fr, ru, zh

TABLES: Mapping[str, Mapping[str, str]] = {
    "en": en.WORDS,
    "fr": fr.WORDS,
    "ru": ru.WORDS,
    "zh": zh.WORDS,
    "es": es.WORDS,
    "ar": ar.WORDS,
}
MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": en.MONTHS,
    "fr": fr.MONTHS,
    "ru": ru.MONTHS,
    "zh": zh.MONTHS,
    "es": es.MONTHS,
    "ar": ar.MONTHS,
}
# Months without a day, where they have another form.
MONTHS_ALONE: Mapping[str, tuple[str, ...]] = {**MONTHS, "ru": ru.MONTHS_ALONE}
LANGUAGES = tuple(TABLES)


def _slavic(count: int) -> int:
    if count % 10 == 1 and count % 100 != 11:
        return 0
    return 1 if 2 <= count % 10 <= 4 and not 12 <= count % 100 <= 14 else 2


def _arabic(count: int) -> int:
    if 3 <= count % 100 <= 10:
        return 2
    return 3 if count % 100 > 10 else int(count == 2)


# Which form of a counted word a number takes: the plural rules of CLDR.
_FORMS: Mapping[str, Callable[[int], int]] = {
    "en": lambda count: int(count != 1),
    "fr": lambda count: int(count > 1),
    "ru": _slavic,
    "zh": lambda count: 1,
    "es": lambda count: int(count != 1),
    "ar": _arabic,
}


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


def counted(language: str, forms: str, count: int) -> str:
    """A number with the form of the word that it takes; 0: the word alone."""
    choices = forms.split("|")
    if count == 0:
        return choices[0]
    return f"{count} {choices[_FORMS[language_of(language)](count)] if forms else ''}".strip()


def month_name(language: str, month: int, *, alone: bool = False) -> str:
    """The name of month 1-12, in a date or `alone`."""
    return (MONTHS_ALONE if alone else MONTHS)[language_of(language)][month - 1]


def capital(text: str) -> str:
    """The text with its first letter as a capital; the rest as it is."""
    return text[:1].upper() + text[1:]
