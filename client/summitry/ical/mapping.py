"""The mapping from a record to a VEVENT (RFC 5545, 7986, 9073, 9253)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from summitry import statuses
from summitry.ical.describe import describe
from summitry.ical.facts import categories
from summitry.ical.identifiers import publisher_uri
from summitry.ical.languages import bracketed, enum_word, join_distinct, pick, word
from summitry.ical.options import Options
from summitry.ical.people import attendees, participant_lines
from summitry.ical.phrases import say_partial
from summitry.ical.places import place_lines
from summitry.ical.records import Attendance, Event, Surroundings
from summitry.ical.text import escape, one_line, parameter, stamp, uri
from summitry.ical.times import Placement
from summitry.locale import language_of
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.provenance_pb2 import Source
from summitry.v1.record_pb2 import LinkRelation, Visibility
from summitry.v1.visit_pb2 import Visit

_ANNOUNCED = EventStatus.EVENT_STATUS_ANNOUNCED  # a constant, since protobuf enum lookup is slow
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
    event: Event, placement: Placement, surroundings: Surroundings, options: Options
) -> list[str]:
    """Return the content lines of the VEVENT, not folded."""
    language, rich = options.language, options.profile == "rich"
    tag = language_of(language)
    attending = surroundings.attending(event)
    places = place_lines(event.places, language)
    status = status_of(event, options.cancelled)
    busy = "OPAQUE" if is_busy(placement) else "TRANSPARENT"
    return [
        "BEGIN:VEVENT",
        f"UID:{escape(event.ical_uid)}",
        *_stamps(event, attending),
        *placement.lines,
        _summary(event, placement, language),
        f"DESCRIPTION;LANGUAGE={tag}:{escape(describe(event, attending, language))}",
        f"ORGANIZER;CN=Summitry:{publisher_uri(event.name)}",
        *((f"STATUS:{status}",) if status else ()),
        f"CLASS:{CLASSES.get(event.visibility, 'CONFIDENTIAL')}",
        *(_ALL_DAY if placement.all_day else (f"TRANSP:{busy}",)),
        f"CATEGORIES;LANGUAGE={tag}:{categories(event, language)}",
        *places.properties,
        *(_links(event) if event.links else ()),
        *_relation(event, surroundings, options.profile),
        # Some parsers read the UID of a nested component as that of the event, so the core profile
        # has no nested components (docs/decisions/0007).
        *(_sources(event) if rich else ()),
        *(places.components if rich else ()),
        *(participant_lines(attendees(event, attending, language)) if rich else ()),
        "END:VEVENT",
    ]


def _relation(event: Event, surroundings: Surroundings, profile: str) -> Iterator[str]:
    """Yield the relation to the event that this one is a part of, or that a visit is made for.

    A visit lasts longer than its summit and is no part of it. Apps that nest what is related would
    hide it below the summit, so that the core profile says it of parts only.
    """
    if uid := surroundings.related_uid(event):
        if not isinstance(event, Visit):
            yield f"RELATED-TO;RELTYPE=PARENT:{escape(uid)}"
        elif profile == "rich":
            yield f"RELATED-TO;RELTYPE=SIBLING:{escape(uid)}"


def is_cancelled(event: Event) -> bool:
    """Return whether the event was called off, by the host or by a guest."""
    return statuses.status_of(event.status).ical == "CANCELLED"


def status_of(event: Event, cancelled: str = "keep") -> str:
    """Return the STATUS; empty when it is not known.

    With `cancelled` "mark", a cancelled event is CONFIRMED, and only its title says that it was
    cancelled. An event is TENTATIVE also if it was announced but is uncertain, or if its day is
    not known.
    """
    status = statuses.status_of(event.status).ical
    if status == "CANCELLED":
        return "CONFIRMED" if cancelled == "mark" else status
    doubtful = event.status == _ANNOUNCED and event.certainty in statuses.UNCERTAIN
    return "TENTATIVE" if doubtful or event.time.HasField("partial") else status


def is_busy(placement: Placement) -> bool:
    """Return whether an event blocks time in the reader's calendar.

    All-day events do not, nor do events at a time that no longer holds.
    """
    return not (placement.all_day or placement.former)


def last_change(event: Event, attending: Sequence[Attendance]) -> int:
    """Return the time of the last change of the event or its delegations, in epoch seconds."""
    seconds: int = event.update_time.seconds
    # The description contains the delegations, and apps look only at LAST-MODIFIED for changes.
    return max([seconds, *(delegation.update_time.seconds for delegation, _ in attending)])


def _stamps(event: Event, attending: Sequence[Attendance]) -> Sequence[str]:
    update = stamp(event.update_time.seconds)
    latest = stamp(last_change(event, attending)) if attending else update
    return (
        f"DTSTAMP:{update}",
        f"CREATED:{stamp(event.create_time.seconds)}",
        f"LAST-MODIFIED:{latest}",
        f"SEQUENCE:{event.sequence}",
    )


def _summary(event: Event, placement: Placement, language: str) -> str:
    tag, title = display_title(event, language, former=placement.former)
    return f"SUMMARY;LANGUAGE={parameter(tag)}:{escape(title)}"


def display_title(event: Event, language: str, *, former: bool = False) -> tuple[str, str]:
    """Return the language tag of the title, and the title with status and notes.

    `former` is True for an event at a time that no longer holds: it is marked as postponed.
    """
    title = pick(event.titles, language)
    text = one_line(title.text) if title else ""
    display = text or event.name.rpartition("/")[2]
    if status := _marked_status(event, former):
        display = f"[{enum_word(language, EventStatus, status)}] {display}"
    note = _note(event.time, event, language)
    if note and _plain_quotes(note) not in _plain_quotes(text):
        display = bracketed(display, note, language)
    tag = title.language_code if title and title.language_code else language_of(language)
    return tag, display


def _plain_quotes(text: str) -> str:
    """Return the text with typographical apostrophes as plain ones, to compare it."""
    return text.replace("\u2019", "'")


def _marked_status(event: Event, former: bool) -> EventStatus:
    """Return the status that the title must show; 0 if it needs none."""
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
    """Return publisher and title of a source."""
    return join_distinct((source.publisher, source.title), ", ")
