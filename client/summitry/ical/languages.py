"""The language of a feed: its own texts, and the choice among texts and names that records have.

Its own texts are phrases, names of enum values, months and counted things, in all languages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.type.localized_text_pb2 import LocalizedText

from summitry import declarations
from summitry.declarations import is_other
from summitry.ical.messages import MESSAGES, NOTES, PLURALS
from summitry.locale import Catalogue, language_of
from summitry.v1.participant_pb2 import Participant
from summitry.v1.party_pb2 import Party, Person
from summitry.v1.place_pb2 import Place

# The protos give words too. Of a kind that MESSAGES has a better word for, that one counts.
_KIND_WORDS = {key: text for key, text in declarations.kind_words().items() if key not in MESSAGES}
CATALOGUE = Catalogue("feeds", MESSAGES, PLURALS, NOTES, {**_KIND_WORDS, **declarations.labels()})


@lru_cache(maxsize=4096)
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


def open_word(language: str, enum: EnumTypeWrapper, number: int, source_text: str) -> str:
    """Return the word for a value of an open list, or the source's own where the list lacks it."""
    value_word = enum_word(language, enum, number)
    if not source_text:
        return value_word
    return source_text if not value_word or is_other(enum.DESCRIPTOR, number) else value_word


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


# For Chinese, a region implies a script (CLDR, likely subtags).
_SCRIPTS = {
    "zh-cn": "zh-hans",
    "zh-sg": "zh-hans",
    "zh-hk": "zh-hant",
    "zh-mo": "zh-hant",
    "zh-tw": "zh-hant",
}


def pick(texts: Sequence[LocalizedText], language: str) -> LocalizedText | None:
    """Return the text for a BCP 47 tag: the best match, else English, else the first.

    The match is that of `lookup`: for "fr-CA" also "fr", or any other French.
    """
    if len(texts) < 2:
        return texts[0] if texts else None
    return texts[_best(tuple([text.language_code for text in texts]), language)]


@lru_cache(maxsize=4096)
def _best(tags: tuple[str, ...], language: str) -> int:
    """Return the index of the tag that serves a language best, English or the first otherwise."""
    index = lookup(language, tags)
    if index is None:
        index = lookup("en", tags)
    return index or 0


def lookup(language: str, tags: Sequence[str]) -> int | None:
    """Return the index of the tag that serves a language best, or None.

    The lookup of RFC 4647 section 3.4: case is ignored, and a range is shortened part by part. At
    each length a longer tag serves too, so "pt" finds "pt-BR".
    """
    normalized = [_normalize(tag) for tag in tags]
    for language_range in _ranges(language):
        if language_range in normalized:
            return normalized.index(language_range)
        for index, tag in enumerate(normalized):
            if tag.startswith(f"{language_range}-"):
                return index
    return None


def _normalize(tag: str) -> str:
    return tag.lower().replace("_", "-")


def _ranges(language: str) -> Iterator[str]:
    """Yield the ranges to look for, in order: the tag, then each shorter one."""
    tag = _normalize(language)
    yield tag
    if tag in _SCRIPTS:
        yield _SCRIPTS[tag]
    parts = tag.split("-")
    while len(parts) > 1:
        parts.pop()
        if len(parts[-1]) > 1:  # a single letter begins an extension
            yield "-".join(parts)


def words_of(texts: Sequence[LocalizedText], language: str) -> str:
    """Return the text that `pick` chooses, as a string; empty if there is none."""
    text = pick(texts, language)
    return text.text if text else ""


def party_name(party: Party, language: str) -> str:
    """Return the name of a party: in the language, else as written, else its code."""
    return words_of(party.names, language) or party.source_text or party.region_code or party.id


def person_name(person: Person, language: str) -> str:
    """Return the name of a person: in the language, else as written, else the id."""
    return words_of(person.names, language) or person.source_text or person.id


def person_title(person: Person, language: str) -> str:
    """Return a person's name with the office, if known: "Xi Jinping (President)"."""
    name = person_name(person, language)
    office = words_of(person.offices, language)
    return bracketed(name, office, language) if name and office else name or office


def participant_name(participant: Participant, language: str) -> str:
    """Return the name of the person and that of the party, as far as they are known."""
    names = (person_title(participant.person, language), party_name(participant.party, language))
    return word(language, "comma").join(name for name in names if name)


def place_name(place: Place, language: str) -> str:
    """Return venue, town and country code on one line, as far as they are known."""
    venue, town = words_of(place.venues, language), words_of(place.localities, language)
    return join_distinct(
        (venue, town or ("" if venue else place.source_text), place.region_code),
        word(language, "comma"),
    )


def join_distinct(parts: Iterable[str], separator: str) -> str:
    """Return the parts that are not empty, each once, joined by a separator."""
    return separator.join(dict.fromkeys(part for part in parts if part))
