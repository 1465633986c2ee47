"""The DESCRIPTION of an event: all facts as text, for apps that show nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from google.protobuf.message import Message

from summitry.ical.facts import fact_lines, label_text, measure_text, outcome_text, say_money
from summitry.ical.languages import (
    bracketed,
    enum_word,
    party_name,
    person_title,
    place_name,
    word,
    words_of,
)
from summitry.ical.people import delegation_text, participant_texts
from summitry.ical.phrases import say_time
from summitry.ical.records import Attendance, Event
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.participant_pb2 import Participant
from summitry.v1.provenance_pb2 import Claim, Source
from summitry.v1.record_pb2 import LinkRelation


class Line(NamedTuple):
    """A line of a description. The address of a link or a source stands apart from its words."""

    text: str
    label: str = ""  # as it stands before the text, "Source: "
    url: str = ""  # as it was stored, with any scheme

    def __str__(self) -> str:
        """Return the line as plain text."""
        if not self.url:
            return self.label + self.text
        return f"{self.label}{self.text} {self.url}" if self.text else self.label + self.url


class Paragraph(NamedTuple):
    """Lines that belong together."""

    lines: Sequence[Line]
    heading: str = ""  # of a list, whose items are the lines; "" for simple lines

    def __str__(self) -> str:
        """Return the paragraph as plain text."""
        if not self.heading:
            return "\n".join([str(line) for line in self.lines])
        return "\n".join([self.heading, *[f"- {line}" for line in self.lines]])


def describe(event: Event, attending: Sequence[Attendance], language: str) -> str:
    """Return the description as text, with a blank line between paragraphs."""
    return "\n\n".join([str(part) for part in paragraphs(event, attending, language)])


def paragraphs(event: Event, attending: Sequence[Attendance], language: str) -> Sequence[Paragraph]:
    """Return the description as paragraphs, none of them empty."""
    claims = _claim_lines(event, language) if event.claims else ()
    parts = [
        _paragraph([words_of(event.summaries, language)]),
        _paragraph(_time_lines(event, language)),
        _paragraph([*fact_lines(event, language), *claims]),
        _bullet_list("participants", participant_texts(event, language), language),
        _delegations(attending, language),
        _outcomes(event, language),
        _measures(event, language),
        Paragraph([*_link_lines(event, language), *_source_lines(event, language)]),
    ]
    return [part for part in parts if part.lines]


_NO_LINES = Paragraph(())


def _paragraph(texts: Sequence[str]) -> Paragraph:
    if not texts:
        return _NO_LINES
    return Paragraph([Line(text) for text in texts if text])


def _delegations(attending: Iterable[Attendance], language: str) -> Paragraph:
    texts = [delegation_text(delegation, language) for delegation, _ in attending]
    return _bullet_list("delegations", texts, language)


def _time_lines(event: Event, language: str) -> list[str]:
    time = event.time
    label = "local-time" if time.HasField("timed") else "dates"
    lines = [label_text(label, say_time(time, language), language)]
    if type(event) is Meeting and event.illustrative:
        lines.append(word(language, "illustrative"))
    if time.start_unconfirmed:
        lines.append(word(language, "unconfirmed-start"))
    if time.end_unconfirmed:
        lines.append(word(language, "unconfirmed-end"))
    for previous in event.previous_times:
        text = label_text("earlier-time", say_time(previous.time, language), language)
        lines.append(bracketed(text, previous.reason, language) if previous.reason else text)
    return lines


def _claim_lines(event: Event, language: str) -> Iterator[str]:
    """Yield a line for each claim of a source that differs from the record."""
    sources = {source.id: source for source in event.sources}
    for claim in event.claims:
        value = _differing_value(event, claim, language)
        if value:
            source = sources.get(claim.source_id)
            name = (source.publisher or source.title) if source else ""
            text = word(language, "according-to").format(name or claim.source_id, value)
            yield bracketed(text, claim.note, language) if claim.note else text


def _differing_value(event: Event, claim: Claim, language: str) -> str:
    """Return the value of a claim in words; empty where it equals that of the record."""
    match claim.WhichOneof("value"):
        case "time" if claim.field_path == "time":
            differs = _comparable_time(claim.time) != _comparable_time(event.time)
            return say_time(claim.time, language) if differs else ""
        case "number" if claim.field_path == "edition":
            differs = claim.number != getattr(event, "edition", claim.number)
            return word(language, "edition").format(claim.number) if differs else ""
        case "text":
            return "" if claim.field_path == "time" else claim.text
        case "amount":
            is_same = any(
                outcome.amount == claim.amount for outcome in getattr(event, "outcomes", ())
            )
            return "" if is_same else say_money(claim.amount, language)
        case "status":
            differs = claim.status != event.status
            return enum_word(language, EventStatus, claim.status) if differs else ""
        case "place" | "party" | "person" as form:
            return _differing_name(event, claim, form, language)
        case _:
            return ""


def _differing_name(event: Event, claim: Claim, form: str, language: str) -> str:
    """Return the name in a claim; empty where the field has it already."""
    say = _NAMES[form]
    name = say(getattr(claim, form), language)
    value: Any = getattr(event, claim.field_path, ())
    parts = (value,) if isinstance(value, Message) else value
    values = (getattr(part, form) if isinstance(part, Participant) else part for part in parts)
    return "" if name in {say(present, language) for present in values} else name


_NAMES: Mapping[str, Callable[[Any, str], str]] = {
    "place": place_name,
    "party": party_name,
    "person": person_title,
}


def _comparable_time(time: EventTime) -> tuple[str, ...]:
    """Return the stated fields of a time, without those that the server derives from them."""
    match time.WhichOneof("when"):
        case "timed":
            points = (time.timed.start, time.timed.end)
            return tuple(f"{p.civil_time}|{p.utc_offset}|{p.instant.seconds}" for p in points)
        case "dates":
            return time.dates.first_date, time.dates.last_date
        case _:
            return (time.partial.edtf,)


def _bullet_list(label: str, texts: Sequence[str], language: str) -> Paragraph:
    if not texts:
        return _NO_LINES
    heading = label_text(label, "", language).rstrip()
    return Paragraph([Line(text) for text in texts if text], heading)


def _outcomes(event: Event, language: str) -> Paragraph:
    outcomes = getattr(event, "outcomes", ())
    return _bullet_list(
        "outcomes", [outcome_text(outcome, language) for outcome in outcomes], language
    )


def _measures(event: Event, language: str) -> Paragraph:
    measures = getattr(event, "measures", ())
    return _bullet_list(
        "measures", [measure_text(measure, language) for measure in measures], language
    )


def _link_lines(event: Event, language: str) -> list[Line]:
    if not event.links:
        return []
    label = label_text("link", "", language)
    return [
        Line(link.label, label, link.url)
        for link in event.links
        if link.relation != LinkRelation.LINK_RELATION_ABOUT
    ]


def _source_lines(event: Event, language: str) -> list[Line]:
    label = label_text("source", "", language)
    return [Line(_source_text(source, language), label, source.url) for source in event.sources]


def _source_text(source: Source, language: str) -> str:
    """Return what a source is called; its id if nothing else is known of it."""
    facts = (source.publisher, source.title, source.published)
    text = word(language, "comma").join(filter(None, facts))
    return text or ("" if source.url else source.id)
