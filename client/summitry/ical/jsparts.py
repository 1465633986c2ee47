"""The parts of an event in JSCalendar: places, streams, links, people (RFC 8984 section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from summitry.ical.languages import party_name
from summitry.ical.mapping import source_label
from summitry.ical.people import EventAttendee, attendees, participant_uid
from summitry.ical.places import display_name, place_uid
from summitry.ical.records import Attendance, Event
from summitry.ical.text import clean, uri
from summitry.ical.times import Placement
from summitry.v1.participant_pb2 import Participant
from summitry.v1.party_pb2 import ParticipationStatus
from summitry.v1.place_pb2 import Place
from summitry.v1.record_pb2 import LinkRelation
from summitry.v1.summit_pb2 import Summit

Json: TypeAlias = dict[str, Any]

_STREAM = LinkRelation.LINK_RELATION_STREAM
# Relations of the IANA registry of links; "enclosure" marks a file for download (1.4.11, 4.2.7).
_RELATIONS: Mapping[int, str] = {
    LinkRelation.LINK_RELATION_ABOUT: "describedby",
    LinkRelation.LINK_RELATION_DOCUMENT: "enclosure",
}
# No entry for absence, which the description states: "declined" would mean a refusal.
_PARTICIPATION: Mapping[int, str] = {
    ParticipationStatus.PARTICIPATION_STATUS_INVITED: "needs-action",
    ParticipationStatus.PARTICIPATION_STATUS_CONFIRMED: "accepted",
    ParticipationStatus.PARTICIPATION_STATUS_DECLINED: "declined",
    ParticipationStatus.PARTICIPATION_STATUS_ATTENDED: "accepted",
    ParticipationStatus.PARTICIPATION_STATUS_REPLACED: "delegated",
}


def locations(event: Event, placement: Placement, language: str) -> Json:
    """Return the places, and the zone of the end if it is not that of the start (4.2.5)."""
    places = {place_uid(place): _location(place, language) for place in event.places}
    if placement.end_zone and placement.end_zone != placement.start_zone:
        places["end"] = {"relativeTo": "end", "timeZone": placement.end_zone}
    return {key: {"@type": "Location", **facts} for key, facts in places.items() if facts}


def _location(place: Place, language: str) -> Json:
    point = place.position
    has_position = place.HasField("position")
    return without_empty(
        {
            "name": display_name(place, language),
            "timeZone": place.time_zone,
            "coordinates": f"geo:{point.latitude:.6f},{point.longitude:.6f}"
            if has_position
            else "",
        }
    )


def virtual_locations(event: Event) -> Json:
    """Return the live streams (4.2.6)."""
    return {
        str(number): {
            "@type": "VirtualLocation",
            **without_empty({"name": clean(link.label)}),
            "uri": uri(link.url),
            "features": {"audio": True, "video": True},
        }
        for number, link in enumerate(event.links, 1)
        if link.relation == _STREAM
    }


def links(event: Event) -> Json:
    """Return the links that are no live streams, and the sources that have a URL (4.2.7)."""
    return {
        key: {
            "@type": "Link",
            "href": uri(href),
            "rel": relation,
            **without_empty({"title": clean(title)}),
        }
        for key, href, relation, title in (*_links(event), *_sources(event))
    }


def _links(event: Event) -> Iterator[tuple[str, str, str, str]]:
    for number, link in enumerate(event.links, 1):
        if link.relation != _STREAM:
            relation = _RELATIONS.get(link.relation, "related")
            yield str(number), link.url, relation, link.label


def _sources(event: Event) -> Iterator[tuple[str, str, str, str]]:
    for number, source in enumerate(event.sources, 1):
        if source.url:
            yield f"source-{number}", source.url, "via", source_label(source)


def participants(event: Event, attending: Sequence[Attendance], language: str) -> Json:
    """Return the participants that have a name, and the chair of a summit (4.4.6)."""
    by_uid = dict(_participants(attendees(event, attending, language)))
    if type(event) is Summit and (name := clean(party_name(event.chair, language))):
        key = participant_uid(event, Participant(party=event.chair))
        chair = by_uid.setdefault(key, _participant(name, "group"))
        chair["roles"] = {**chair["roles"], "chair": True}
    return by_uid


def _participants(people: Iterable[EventAttendee]) -> Iterator[tuple[str, Json]]:
    """Yield each person once, as a member of a delegation where possible: that has more details."""
    person_ids = set[str]()
    for attendee in people:
        if (name := clean(attendee.name)) and attendee.person not in person_ids:
            person_ids.update(filter(None, [attendee.person]))
            details = {
                "description": clean(attendee.description),
                "participationStatus": _PARTICIPATION.get(attendee.status, ""),
            }
            kind = "individual" if attendee.is_person else "group"
            yield attendee.uid, {**_participant(name, kind), **without_empty(details)}


def _participant(name: str, kind: str) -> Json:
    return {"@type": "Participant", "name": name, "kind": kind, "roles": {"attendee": True}}


def without_empty(facts: Json) -> Json:
    """Return the entries whose value is not empty."""
    return {key: value for key, value in facts.items() if value}
