"""The facts of each kind of record in words: those that the protos declare, and composed ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.type.localized_text_pb2 import LocalizedText
from google.type.money_pb2 import Money

from summitry.declarations import facts_of, own_kinds
from summitry.ical.languages import (
    bracketed,
    capital,
    counted,
    enum_word,
    join_distinct,
    open_word,
    party_name,
    person_title,
    place_name,
    word,
    words_of,
)
from summitry.ical.phrases import say_time
from summitry.ical.records import EVENT_TYPES
from summitry.ical.text import escape
from summitry.kinds import BY_MESSAGE, BY_NUMBER, EVENTS
from summitry.v1.notice_pb2 import Measure, Notice
from summitry.v1.outcome_pb2 import Outcome, OutcomeKind
from summitry.v1.party_pb2 import Party, Person
from summitry.v1.place_pb2 import Place
from summitry.v1.record_pb2 import RecordKind
from summitry.v1.visit_pb2 import Visit, VisitKind, VisitSegment

# A function from a record and a language to words; it returns "" for an unknown fact.
Fact = Callable[[Any, str], str]

_LARGE = ((10**9, "billion"), (10**6, "million"))


def _segments(visit: Visit, language: str) -> str:
    return _joined(visit.segments, _segment, "semicolon", language)


def _segment(segment: VisitSegment, language: str) -> str:
    kind = open_word(language, VisitKind, segment.kind, segment.kind_text)
    time = say_time(segment.time, language) if segment.HasField("time") else ""
    places = join_distinct((place_name(place, language) for place in segment.places), " / ")
    about = join_distinct(
        (words_of(segment.titles, language), time, places), word(language, "comma")
    )
    return word(language, "colon").format(kind, about) if kind and about else kind or about


def _code(notice: Notice, language: str) -> str:
    return f"{notice.code} ({notice.scheme})" if notice.code and notice.scheme else notice.code


def _joined(values: Iterable[Any], say: Fact, separator: str, language: str) -> str:
    return join_distinct((say(value, language) for value in values), word(language, separator))


def _declared(field: FieldDescriptor) -> Fact:
    """Return the function that says the value of a field in words, by its type."""
    name, text_name = field.name, f"{field.name}_text"
    if field.enum_type is not None:
        enum = EnumTypeWrapper(field.enum_type)
        return lambda r, lang: open_word(lang, enum, getattr(r, name), getattr(r, text_name, ""))
    say = _SAY[field.message_type.full_name] if field.message_type else _say_scalar
    if field.message_type is LocalizedText.DESCRIPTOR:
        return lambda r, lang: words_of(getattr(r, name), lang)
    if field.is_repeated:
        return lambda r, lang: _joined(getattr(r, name), say, "comma", lang)
    return lambda r, lang: say(getattr(r, name), lang)


def _say_scalar(value: Any, language: str) -> str:
    return str(value) if value else ""


# How a field is said whose value is a message.
_SAY: Mapping[str, Fact] = {
    LocalizedText.DESCRIPTOR.full_name: lambda text, lang: str(text.text),
    Party.DESCRIPTOR.full_name: party_name,
    Person.DESCRIPTOR.full_name: person_title,
    Place.DESCRIPTOR.full_name: place_name,
}
# Facts that are made of several fields; they follow those that the protos declare.
_COMPOSED: Mapping[type, Sequence[tuple[str, Fact]]] = {
    Visit: (("kind", _segments),),
    Notice: (("level", _code),),
}
FACTS: Mapping[type, Sequence[tuple[str, Fact]]] = {
    message: (
        *((field.name, _declared(field)) for field, _ in facts_of(message.DESCRIPTOR)),
        *_COMPOSED.get(message, ()),
    )
    for message in EVENT_TYPES
}

_WITH_OWN_KINDS = frozenset(kind.number for kind in EVENTS if own_kinds(kind))


def fact_lines(record: Any, language: str) -> list[str]:
    """Return a line for each known fact, with its label: "Level: heads of state"."""
    return [
        label_text(label, text, language)
        for label, fact in FACTS[type(record)]
        if (text := fact(record, language))
    ]


def categories(record: Any, language: str) -> str:
    """Return the value of CATEGORIES: the kind of the record and its own kinds, in words."""
    return _escaped(category_words(record, language))


def category_words(record: Any, language: str) -> tuple[str, ...]:
    """Return the categories of a record as single words, not escaped."""
    # A visit has no kind of its own; each of its segments has one.
    number = BY_MESSAGE[type(record)].number
    bearers = getattr(record, "segments", (record,)) if number in _WITH_OWN_KINDS else ()
    return _categories(number, tuple([part.kind for part in bearers]), language)


def kind_word(record: Any, language: str) -> str:
    """Return the kind of an event by its own name: "Plenary", "State visit", else "Meeting".

    A visit of several kinds is a visit.
    """
    kind = BY_MESSAGE[type(record)]
    enum = own_kinds(kind)
    names: set[str] = set()
    if enum is not None:
        bearers = getattr(record, "segments", (record,))
        names = {open_word(language, enum, part.kind, part.kind_text) for part in bearers}
    name = names.pop() if len(names) == 1 else ""
    return capital(name or enum_word(language, RecordKind, kind.number))


@lru_cache(maxsize=1024)
def _escaped(words: tuple[str, ...]) -> str:
    return ",".join(map(escape, words))


@lru_cache(maxsize=1024)
def _categories(number: int, values: tuple[int, ...], language: str) -> tuple[str, ...]:
    enum = own_kinds(BY_NUMBER[number])
    words = [enum_word(language, RecordKind, number)]
    if enum is not None:
        words += (enum_word(language, enum, value) for value in values)
    return tuple(dict.fromkeys(capital(text) for text in words if text))


def label_text(label: str, text: str, language: str) -> str:
    """Return a text behind its label, with the punctuation of the language."""
    return _label(label, language) + text


@lru_cache(maxsize=1024)
def _label(label: str, language: str) -> str:
    return word(language, "colon").format(word(language, label), "")


def outcome_text(outcome: Outcome, language: str) -> str:
    """Return an outcome in words: "17 agreements, 629 M USD"."""
    return (
        join_distinct(
            (
                _counted_kind(outcome, language),
                words_of(outcome.titles, language),
                say_money(outcome.amount, language) if outcome.HasField("amount") else "",
            ),
            word(language, "comma"),
        )
        or outcome.source_text
    )


def _counted_kind(outcome: Outcome, language: str) -> str:
    """Return the kind with its number: "17 agreements"; without a number the word alone."""
    kind = enum_word(language, OutcomeKind, outcome.kind)
    if not outcome.HasField("count"):
        return kind
    if not kind:
        return str(outcome.count)
    return counted(language, OutcomeKind.Name(outcome.kind), outcome.count)


def say_money(amount: Money, language: str) -> str:
    """Return an amount in words: "629.1 M USD"; with all digits where that form would round it."""
    for size, key in _LARGE:
        if abs(amount.units) >= size and amount.units % (size // 10) == 0 and not amount.nanos:
            number = _decimal(amount.units * 10 // size, 10, language)
            return word(language, key).format(number, amount.currency_code)
    hundredths = amount.units * 100 + amount.nanos // 10**7
    return f"{_decimal(hundredths, 100, language)} {amount.currency_code}".strip()


def _decimal(parts: int, size: int, language: str) -> str:
    whole, rest = divmod(abs(parts), size)
    sign = "-" if parts < 0 else ""
    point = f"{word(language, 'decimal-point')}{rest:0{len(str(size)) - 1}}" if rest else ""
    return f"{sign}{whole}{point}"


def measure_text(measure: Measure, language: str) -> str:
    """Return a measure in words, with its places if any are known."""
    places = join_distinct((place_name(place, language) for place in measure.places), " / ")
    title = words_of(measure.titles, language)
    return bracketed(title, places, language) if title and places else title or places
