"""A record as a VEVENT: which property says what (RFC 5545, 7986, 9073, 9253)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from summitry.ical.describe import describe
from summitry.ical.facts import categories
from summitry.ical.identifiers import derived_uid, publisher_uri
from summitry.ical.languages import joined, pick, place_name
from summitry.ical.options import Options
from summitry.ical.people import attendees, participant_lines
from summitry.ical.phrases import say_partial
from summitry.ical.records import Event, Surroundings
from summitry.ical.text import escape, one_line, parameter, stamp, uri
from summitry.ical.times import When
from summitry.ical.words import enum_word, language_of, word
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.place_pb2 import Place
from summitry.v1.record_pb2 import Certainty, EventStatus, LinkRelation, Visibility

# STATUS knows three values for an event (RFC 5545 3.8.1.11).
STATUSES: Mapping[int, str] = {
    EventStatus.EVENT_STATUS_RUMORED: "TENTATIVE",
    EventStatus.EVENT_STATUS_PROPOSED: "TENTATIVE",
    EventStatus.EVENT_STATUS_ANNOUNCED: "CONFIRMED",
    EventStatus.EVENT_STATUS_CONFIRMED: "CONFIRMED",
    EventStatus.EVENT_STATUS_POSTPONED: "TENTATIVE",
    EventStatus.EVENT_STATUS_IN_PROGRESS: "CONFIRMED",
    EventStatus.EVENT_STATUS_SUSPENDED: "CONFIRMED",
    EventStatus.EVENT_STATUS_CONCLUDED: "CONFIRMED",
    EventStatus.EVENT_STATUS_CANCELLED: "CANCELLED",
    EventStatus.EVENT_STATUS_WITHDRAWN_BY_HOST: "CANCELLED",
    EventStatus.EVENT_STATUS_NOT_HELD: "CANCELLED",
    EventStatus.EVENT_STATUS_UNPLANNED: "CONFIRMED",
}
# Certainties under which what was announced is still no more than likely.
_DOUBTFUL = frozenset(
    {
        Certainty.CERTAINTY_PLANNED_UNCERTAIN,
        Certainty.CERTAINTY_HIGHLY_UNCERTAIN,
        Certainty.CERTAINTY_MAY_OCCUR,
    }
)
# Statuses that a title must show: many apps ignore STATUS, and some drop what is cancelled.
_MARKED = frozenset(
    {
        EventStatus.EVENT_STATUS_RUMORED,
        EventStatus.EVENT_STATUS_PROPOSED,
        EventStatus.EVENT_STATUS_POSTPONED,
        EventStatus.EVENT_STATUS_SUSPENDED,
        EventStatus.EVENT_STATUS_CANCELLED,
        EventStatus.EVENT_STATUS_WITHDRAWN_BY_HOST,
        EventStatus.EVENT_STATUS_NOT_HELD,
    }
)
CLASSES: Mapping[int, str] = {
    Visibility.VISIBILITY_UNSPECIFIED: "PUBLIC",
    Visibility.VISIBILITY_PUBLIC: "PUBLIC",
    Visibility.VISIBILITY_INTERNAL: "PRIVATE",
    Visibility.VISIBILITY_RESTRICTED: "CONFIDENTIAL",
    Visibility.VISIBILITY_SECRET: "CONFIDENTIAL",
}
# A day is shown to its reader, not booked.
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
    yield "BEGIN:VEVENT"
    yield f"UID:{escape(event.uid)}"
    yield from _stamps(event, surroundings)
    yield from when.lines
    yield _summary(event, language)
    text = describe(event, surroundings.attending(event), language)
    yield f"DESCRIPTION;LANGUAGE={language_of(language)}:{escape(text)}"
    yield f"ORGANIZER;CN=Summitry:{publisher_uri(event.name)}"
    if status := status_of(event, options.cancelled):
        yield f"STATUS:{status}"
    yield f"CLASS:{CLASSES.get(event.visibility, 'CONFIDENTIAL')}"
    # What was put off takes no time of anybody's, though it is shown at its old one.
    busy = "OPAQUE" if event.HasField("time") else "TRANSPARENT"
    yield from _ALL_DAY if when.all_day else (f"TRANSP:{busy}",)
    words = ",".join(escape(text) for text in categories(event, language))
    yield f"CATEGORIES;LANGUAGE={language_of(language)}:{words}"
    yield from _places(event, language)
    yield from _links(event)
    if parent := surroundings.parent_uid(event):
        yield f"RELATED-TO;RELTYPE=PARENT:{escape(parent)}"
    rich = options.profile == "rich"
    if rich:
        yield from _sources(event)
    for place in event.places:
        yield from _vlocation(place, language)
    if rich:
        yield from participant_lines(attendees(event, surroundings.attending(event), language))
    yield "END:VEVENT"


def is_cancelled(event: Event) -> bool:
    """Whether the event was called off, by whomever."""
    return STATUSES.get(event.status) == "CANCELLED"


def status_of(event: Event, cancelled: str = "keep") -> str:
    """The STATUS; empty when nothing is said of it.

    With `cancelled` "mark" the title alone says what was called off. TENTATIVE too where the event
    was announced but is doubtful, or its day is not known.
    """
    announced = event.status == EventStatus.EVENT_STATUS_ANNOUNCED
    status = STATUSES.get(event.status, "")
    doubtful = announced and event.certainty in _DOUBTFUL
    if status != "CANCELLED" and (doubtful or event.time.HasField("partial")):
        return "TENTATIVE"
    return "CONFIRMED" if status == "CANCELLED" and cancelled == "mark" else status


def _stamps(event: Event, surroundings: Surroundings) -> Iterator[str]:
    update = event.update_time.seconds
    # What delegations say is shown here too, and apps look at LAST-MODIFIED alone.
    others = (record.update_time.seconds for record, _ in surroundings.attending(event))
    yield f"DTSTAMP:{stamp(update)}"
    yield f"CREATED:{stamp(event.create_time.seconds)}"
    yield f"LAST-MODIFIED:{stamp(max(update, *others, update))}"
    yield f"SEQUENCE:{event.sequence}"


def _summary(event: Event, language: str) -> str:
    title = pick(event.titles, language)
    text = one_line(title.text) if title else ""
    parts = [text or event.name.rpartition("/")[2]]
    if event.status in _MARKED:
        parts.insert(0, f"[{enum_word(language, EventStatus, event.status)}]")
    note = _note(event.time, event, language)
    if note and note not in text.replace("\u2019", "'"):
        parts.append(f"({note})")
    tag = title.language_code if title and title.language_code else language_of(language)
    return f"SUMMARY;LANGUAGE={parameter(tag)}:{escape(' '.join(parts))}"


def _note(time: EventTime, event: Event, language: str) -> str:
    if time.HasField("partial"):
        return say_partial(time.partial, language)
    illustrative = isinstance(event, Meeting) and event.illustrative
    return word(language, "illustrative-mark") if illustrative else ""


def _places(event: Event, language: str) -> Iterator[str]:
    names = joined((one_line(place_name(place, language)) for place in event.places), " / ")
    if names:
        yield f"LOCATION;LANGUAGE={language_of(language)}:{escape(names)}"
    located = next((place for place in event.places if place.HasField("position")), None)
    if located is not None:
        yield _geo(located)


def _geo(place: Place) -> str:
    return f"GEO:{place.position.latitude:.6f};{place.position.longitude:.6f}"


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
            label = joined((source.publisher, source.title), ", ")
            parameters = "".join(
                f";{name}={parameter(value)}"
                for name, value in (("LANGUAGE", source.language_code), ("LABEL", label))
                if value
            )
            yield f'LINK;VALUE=URI;LINKREL="via"{parameters}:{uri(source.url)}'


def _place_uid(place: Place) -> str:
    # The same in every language: the first names are the place's own.
    names = (texts[0].text if texts else "" for texts in (place.venues, place.localities))
    return derived_uid("place", place.id, *names, place.region_code, place.text)


def _vlocation(place: Place, language: str) -> Iterator[str]:
    name = one_line(place_name(place, language))
    if name:
        yield "BEGIN:VLOCATION"
        yield f"UID:{_place_uid(place)}"
        yield f"NAME:{escape(name)}"
        if place.HasField("position"):
            yield _geo(place)
        yield "END:VLOCATION"
