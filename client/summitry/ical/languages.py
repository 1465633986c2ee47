"""Which of several texts a reader gets, and how parties, persons and places are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from google.type.localized_text_pb2 import LocalizedText

from summitry.ical.words import bracketed, word
from summitry.v1.party_pb2 import Participant, Party, Person
from summitry.v1.place_pb2 import Place

# A range that names a region means its script (CLDR, likely subtags).
_SCRIPTS = {
    "zh-cn": "zh-hans",
    "zh-sg": "zh-hans",
    "zh-hk": "zh-hant",
    "zh-mo": "zh-hant",
    "zh-tw": "zh-hant",
}


def pick(texts: Sequence[LocalizedText], language: str) -> LocalizedText | None:
    """The text for a BCP 47 tag: the best match, else English, else the first.

    The match is the lookup of RFC 4647 section 3.4, from "fr-CA" by "fr" to any French.
    """
    if len(texts) < 2:
        return texts[0] if texts else None
    return texts[_best(tuple([text.language_code for text in texts]), language)]


@lru_cache(maxsize=4096)
def _best(tags: tuple[str, ...], language: str) -> int:
    """Return the index of the tag that serves a language best, English or the first otherwise."""
    found = lookup(language, tags)
    if found is None:
        found = lookup("en", tags)
    return found or 0


def lookup(language: str, tags: Sequence[str]) -> int | None:
    """Return the index of the tag that serves a language best, or None.

    The lookup of RFC 4647 section 3.4: case is ignored, and a range is shortened part by part. At
    each length a longer tag serves too, so "pt" finds "pt-BR".
    """
    known = [_normalized(tag) for tag in tags]
    for wanted in _ranges(language):
        if wanted in known:
            return known.index(wanted)
        for number, tag in enumerate(known):
            if tag.startswith(f"{wanted}-"):
                return number
    return None


def _normalized(tag: str) -> str:
    return tag.lower().replace("_", "-")


def _ranges(language: str) -> Iterator[str]:
    """Yield the ranges to look for, in order: the tag, then each shorter one."""
    wanted = _normalized(language)
    yield wanted
    if wanted in _SCRIPTS:
        yield _SCRIPTS[wanted]
    parts = wanted.split("-")
    while len(parts) > 1:
        parts.pop()
        if len(parts[-1]) > 1:  # a single letter begins an extension
            yield "-".join(parts)


def words_of(texts: Sequence[LocalizedText], language: str) -> str:
    """The words of that text; empty if there is none."""
    text = pick(texts, language)
    return text.text if text else ""


def party_name(party: Party, language: str) -> str:
    """What to call a party."""
    return words_of(party.names, language) or party.text or party.region_code or party.id


def person_name(person: Person, language: str) -> str:
    """What to call a person."""
    return words_of(person.names, language) or person.text or person.id


def person_title(person: Person, language: str) -> str:
    """The person's name with the office held, if one is known: "Xi Jinping (President)"."""
    name = person_name(person, language)
    office = words_of(person.offices, language)
    return bracketed(name, office, language) if name and office else name or office


def participant_name(participant: Participant, language: str) -> str:
    """The person with the party, or whichever of them is named."""
    names = (person_title(participant.person, language), party_name(participant.party, language))
    return word(language, "comma").join(name for name in names if name)


def place_name(place: Place, language: str) -> str:
    """Venue, town and country code on one line, as far as they are known."""
    venue, town = words_of(place.venues, language), words_of(place.localities, language)
    return joined(
        (venue, town or ("" if venue else place.text), place.region_code), word(language, "comma")
    )


def joined(parts: Iterable[str], separator: str) -> str:
    """The parts that are not empty, each once."""
    return separator.join(dict.fromkeys(part for part in parts if part))
