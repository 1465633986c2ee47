"""A record as a VEVENT: which property says what (RFC 5545, 7986, 9073, 9253)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from summitry import statuses
from summitry.ical.describe import describe
from summitry.ical.facts import categories
from summitry.ical.identifiers import publisher_uri
from summitry.ical.languages import joined, pick
from summitry.ical.options import Options
from summitry.ical.people import attendees, participant_lines
from summitry.ical.phrases import say_partial
from summitry.ical.places import shown_places
from summitry.ical.records import Attendance, Event, Surroundings
from summitry.ical.text import escape, one_line, parameter, stamp, uri
from summitry.ical.times import When
from summitry.ical.words import bracketed, enum_word, word
from summitry.locale import language_of
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.provenance_pb2 import Source
from summitry.v1.record_pb2 import EventStatus, LinkRelation, Visibility

_ANNOUNCED = EventStatus.EVENT_STATUS_ANNOUNCED  # a name of an enum is looked up slowly
_POSTPONED = EventStatus.EVENT_STATUS_POSTPONED
_NO_STATUS = EventStatus.EVENT_STATUS_UNSPECIFIED
CLASSES: Mapping[int, str] = {
    Visibility.VISIBILITY_UNSPECIFIED: "PUBLIC",
    Visibility.VISIBILITY_PUBLIC: "PUBLIC",
    Visibility.VISIBILITY_INTERNAL: "PRIVATE",
    Visibility.VISIBILITY_RESTRICTED: "CONFIDENTIAL",
    Visibility.VISIBILITY_SECRET: "CONFIDENTIAL",
}
_ALL_DAY = (
    "TRANSP:TRANSPARENT",
    "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
    "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
)


def event_lines(
    event: Event, when: When, surroundings: Surroundings, options: Options
) -> Iterator[str]:
    """The content lines of the VEVENT, not folded."""
    language = options.language
    tag = language_of(language)
    attending = surroundings.attending(event)
    places = shown_places(event.places, language)
    yield "BEGIN:VEVENT"
    yield f"UID:{escape(event.uid)}"
    yield from _stamps(event, attending)
    yield from when.lines
    yield _summary(event, when, language)
    yield f"DESCRIPTION;LANGUAGE={tag}:{escape(describe(event, attending, language))}"
    yield f"ORGANIZER;CN=Summitry:{publisher_uri(event.name)}"
    if status := status_of(event, options.cancelled):
        yield f"STATUS:{status}"
    yield f"CLASS:{CLASSES.get(event.visibility, 'CONFIDENTIAL')}"
    busy = "OPAQUE" if takes_time(when) else "TRANSPARENT"
    yield from _ALL_DAY if when.all_day else (f"TRANSP:{busy}",)
    yield f"CATEGORIES;LANGUAGE={tag}:{categories(event, language)}"
    yield from places.properties
    if event.links:
        yield from _links(event)
    if parent := surroundings.parent_uid(event):
        yield f"RELATED-TO;RELTYPE=PARENT:{escape(parent)}"
    # Some parsers take the UID of a component inside the event for the event's own, so the core
    # profile nests none (docs/decisions/0007).
    if options.profile == "rich":
        yield from _sources(event)
        yield from places.components
        yield from participant_lines(attendees(event, attending, language))
    yield "END:VEVENT"


def is_cancelled(event: Event) -> bool:
    """Whether the event was called off, by whomever."""
    return statuses.status_of(event.status).ical == "CANCELLED"


def status_of(event: Event, cancelled: str = "keep") -> str:
    """The STATUS; empty when nothing is said of it.

    With `cancelled` "mark" the title alone says what was called off. TENTATIVE too where the event
    was announced but is doubtful, or its day is not known.
    """
    status = statuses.status_of(event.status).ical
    if status == "CANCELLED":
        return "CONFIRMED" if cancelled == "mark" else status
    doubtful = event.status == _ANNOUNCED and event.certainty in statuses.UNCERTAIN
    return "TENTATIVE" if doubtful or event.time.HasField("partial") else status


def takes_time(when: When) -> bool:
    """Return whether an event keeps anybody busy.

    A day is shown to its reader, not booked; nor is an event that stands at a former time.
    """
    return not (when.all_day or when.former)


def last_change(event: Event, attending: Sequence[Attendance]) -> int:
    """When the event or a delegation that is shown in it changed, in epoch seconds."""
    seconds: int = event.update_time.seconds
    # What delegations say is shown here too, and apps look at LAST-MODIFIED alone.
    return max([seconds, *(one.update_time.seconds for one, _ in attending)])


def _stamps(event: Event, attending: Sequence[Attendance]) -> Sequence[str]:
    update = stamp(event.update_time.seconds)
    latest = stamp(last_change(event, attending)) if attending else update
    return (
        f"DTSTAMP:{update}",
        f"CREATED:{stamp(event.create_time.seconds)}",
        f"LAST-MODIFIED:{latest}",
        f"SEQUENCE:{event.sequence}",
    )


def _summary(event: Event, when: When, language: str) -> str:
    tag, shown = shown_title(event, language, former=when.former)
    return f"SUMMARY;LANGUAGE={parameter(tag)}:{escape(shown)}"


def shown_title(event: Event, language: str, *, former: bool = False) -> tuple[str, str]:
    """Return the title with what it must say beside itself, and the tag of its language.

    `former` is True for an event that stands at a time it no longer has: that is marked too.
    """
    title = pick(event.titles, language)
    text = one_line(title.text) if title else ""
    shown = text or event.name.rpartition("/")[2]
    if status := _marked_status(event, former):
        shown = f"[{enum_word(language, EventStatus, status)}] {shown}"
    note = _note(event.time, event, language)
    if note and _plain_quotes(note) not in _plain_quotes(text):
        shown = bracketed(shown, note, language)
    tag = title.language_code if title and title.language_code else language_of(language)
    return tag, shown


def _plain_quotes(text: str) -> str:
    """Return the text with typographical apostrophes as plain ones, to compare it."""
    return text.replace("\u2019", "'")


def _marked_status(event: Event, former: bool) -> EventStatus:
    """Return the status that the title must show; 0 for one that goes without saying."""
    if former and statuses.takes_place(event):
        return _POSTPONED
    return event.status if statuses.status_of(event.status).marked else _NO_STATUS


def _note(time: EventTime, event: Event, language: str) -> str:
    if time.HasField("partial"):
        return say_partial(time.partial, language)
    illustrative = type(event) is Meeting and event.illustrative
    return word(language, "illustrative-mark") if illustrative else ""


def _links(event: Event) -> Iterator[str]:
    about = [link for link in event.links if link.relation == LinkRelation.LINK_RELATION_ABOUT]
    if about:
        yield f"URL:{uri(about[0].url)}"
    for link in event.links:
        if link.relation == LinkRelation.LINK_RELATION_STREAM:
            label = f";LABEL={parameter(link.label)}" if link.label else ""
            yield f"CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO{label}:{uri(link.url)}"
        elif link.relation == LinkRelation.LINK_RELATION_DOCUMENT:
            yield f"ATTACH:{uri(link.url)}"


def _sources(event: Event) -> Iterator[str]:
    for source in event.sources:
        if source.url:
            label = source_label(source)
            parameters = "".join(
                f";{name}={parameter(value)}"
                for name, value in (("LANGUAGE", source.language_code), ("LABEL", label))
                if value
            )
            yield f'LINK;VALUE=URI;LINKREL="via"{parameters}:{uri(source.url)}'


def source_label(source: Source) -> str:
    """Who published what."""
    return joined((source.publisher, source.title), ", ")
