"""What hangs on an event in JSCalendar: places, streams, links, people (RFC 8984 section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from summitry.ical.languages import party_name
from summitry.ical.mapping import source_label
from summitry.ical.people import Attendee, attendees, own_uid
from summitry.ical.places import place_uid, shown_name
from summitry.ical.records import Attendance, Event
from summitry.ical.text import clean, uri
from summitry.ical.times import When
from summitry.v1.party_pb2 import Participant, ParticipationStatus
from summitry.v1.place_pb2 import Place
from summitry.v1.record_pb2 import LinkRelation
from summitry.v1.summit_pb2 import Summit

Json: TypeAlias = dict[str, Any]

_STREAM = LinkRelation.LINK_RELATION_STREAM
# Relations of the IANA registry of links; "enclosure" is what is to be downloaded (1.4.11, 4.2.7).
_RELATIONS: Mapping[int, str] = {
    LinkRelation.LINK_RELATION_ABOUT: "describedby",
    LinkRelation.LINK_RELATION_DOCUMENT: "enclosure",
}
# Those who were absent are told in words only: "declined" would say that they had refused.
_PARTICIPATION: Mapping[int, str] = {
    ParticipationStatus.PARTICIPATION_STATUS_INVITED: "needs-action",
    ParticipationStatus.PARTICIPATION_STATUS_CONFIRMED: "accepted",
    ParticipationStatus.PARTICIPATION_STATUS_DECLINED: "declined",
    ParticipationStatus.PARTICIPATION_STATUS_ATTENDED: "accepted",
    ParticipationStatus.PARTICIPATION_STATUS_REPLACED: "delegated",
}


def locations(event: Event, when: When, language: str) -> Json:
    """The places, and where the clock goes by which the event ends if that is another (4.2.5)."""
    found = {place_uid(place): _location(place, language) for place in event.places}
    if when.end_zone and when.end_zone != when.start_zone:
        found["end"] = {"relativeTo": "end", "timeZone": when.end_zone}
    return {key: {"@type": "Location", **facts} for key, facts in found.items() if facts}


def _location(place: Place, language: str) -> Json:
    point = place.position
    there = place.HasField("position")
    return without_empty(
        {
            "name": shown_name(place, language),
            "timeZone": place.time_zone,
            "coordinates": f"geo:{point.latitude:.6f},{point.longitude:.6f}" if there else "",
        }
    )


def virtual_locations(event: Event) -> Json:
    """The live streams (4.2.6)."""
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
    """The other links, and the sources that have an address (4.2.7)."""
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
    """All who take part and have a name; of a summit, who has the chair (4.4.6)."""
    found = dict(_participants(attendees(event, attending, language)))
    if type(event) is Summit and (name := clean(party_name(event.chair, language))):
        key = own_uid(event, Participant(party=event.chair))
        known = found.setdefault(key, _participant(name, "group"))
        known["roles"] = {**known["roles"], "chair": True}
    return found


def _participants(people: Iterable[Attendee]) -> Iterator[tuple[str, Json]]:
    """Each person once: first as a member of a delegation, which says more."""
    seen = set[str]()
    for one in people:
        if (name := clean(one.name)) and one.person not in seen:
            seen.update(filter(None, [one.person]))
            more = {
                "description": clean(one.description),
                "participationStatus": _PARTICIPATION.get(one.status, ""),
            }
            kind = "individual" if one.is_person else "group"
            yield one.uid, {**_participant(name, kind), **without_empty(more)}


def _participant(name: str, kind: str) -> Json:
    return {"@type": "Participant", "name": name, "kind": kind, "roles": {"attendee": True}}


def without_empty(facts: Json) -> Json:
    """What is known of the facts."""
    return {key: value for key, value in facts.items() if value}
