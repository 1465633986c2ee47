"""Writing IPTC EventsML-G2: a knowledge item with a concept for each event.

The order of elements is that of the schema of NewsML-G2 2.35. Times are those that the server
resolved, with their offset; dates known less well than to the day have their range.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from decimal import Decimal
from typing import IO, Any

from summitry.formats.former import FORMAT
from summitry.formats.profiles.eventsml import (
    CERTAINTIES,
    ORGANISATION,
    PERSON,
    PLACE,
    POSITION,
    XML_LANG,
    own_uri,
    standard_fields,
)
from summitry.formats.profiles.eventsml_exact import add_exact
from summitry.formats.profiles.g2 import G2, OWN, TAG, Moment, attribute, dates_of, qname
from summitry.kinds import Record
from summitry.names import kind_of
from summitry.statuses import Stage, in_stages
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.event_status_pb2 import Certainty, EventStatus
from summitry.v1.party_pb2 import Party, Person
from summitry.v1.place_pb2 import Place

STANDARD = {"standard": "NewsML-G2", "standardversion": "2.35", "conformance": "power"}
CATALOG = "http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_36.xml"
CODES = {value: code for code, value in CERTAINTIES.items()}
_CALLED_OFF = in_stages(Stage.CALLED_OFF)
COUNTRY = "iso3166-1a2"
# Characters that XML 1.0 cannot hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_events(calendar: Calendar, records: Iterable[Record], stream: IO[bytes]) -> None:
    """Write the events of a calendar as one document, dated by the newest of them."""
    ET.register_namespace("", G2)
    ET.register_namespace("s", OWN)
    events = list(records)
    item = ET.Element(qname("knowledgeItem"), {**STANDARD, "version": "1", XML_LANG: "en"})
    item.set("guid", TAG + calendar.name)
    _add(item, "catalogRef", href=CATALOG)
    _meta(item, max([calendar, *events], key=lambda record: record.update_time.seconds))
    content = _add(item, "contentMeta")
    _texts(content, "headline", calendar.titles)
    concepts = _add(item, "conceptSet")
    for record in events:
        _concept(concepts, record)
    ET.indent(item)
    ET.ElementTree(item).write(stream, "UTF-8", xml_declaration=True)
    stream.write(b"\n")


def _meta(item: ET.Element, newest: Record) -> None:
    meta = _add(item, "itemMeta")
    _add(meta, "itemClass", qcode="cinat:concept")
    _add(meta, "provider", literal="summitry")
    _add(meta, "versionCreated").text = newest.update_time.ToJsonString()


def _concept(concepts: ET.Element, record: Any) -> None:
    concept = _add(concepts, "concept")
    uid = _clean(record.ical_uid)
    concept_id = _add(concept, "conceptId", uri=TAG + record.name)
    concept_id.set(qname(":uid"), uid)
    concept_id.set(qname(":format"), str(FORMAT))
    _add(concept, "type", qcode="cpnat:event")
    _texts(concept, "name", record.titles)
    _texts(concept, "definition", record.summaries)
    details = _add(concept, "eventDetails")
    undated = _dates(details, record)
    if code := _occurrence_code(record):
        _add(details, "occurStatus", qcode=f"eventoccurstatus:{code}")
    for place in record.places:
        _place(details, place)
    _people(details, record)
    if record.status:
        ET.SubElement(details, qname(":status")).text = EventStatus.Name(record.status)
    if undated:
        ET.SubElement(details, qname(":undated"))
    standard = standard_fields(concept, kind_of(record), exact=True)
    add_exact(details, record, {**standard, "ical_uid": uid})


def _occurrence_code(record: Any) -> str:
    """Return the code of what the status says of the occurrence, else that of the certainty."""
    if record.status == EventStatus.EVENT_STATUS_UNPLANNED:
        return "eos0"
    if record.status in _CALLED_OFF:
        return "eos6"
    return CODES.get(Certainty.Name(record.certainty), "")


def _dates(details: ET.Element, record: Any) -> bool:
    """Add the dates, which the schema demands; return True for a record without a time."""
    dates = _add(details, "dates")
    if (event_dates := dates_of(record.time)) is None:
        _add(
            dates, "start", confirmationstatus="edconf:undefined"
        ).text = record.update_time.ToJsonString()[:4]
        return True
    _moment(dates, "start", event_dates.start)
    if event_dates.end is not None:
        _moment(dates, "end", event_dates.end)
    return False


def _moment(dates: ET.Element, name: str, moment: Moment) -> None:
    element = _add(dates, name)
    element.text = moment.text
    for key, value in moment.attributes.items():
        element.set(attribute(key), _clean(value))


def _place(details: ET.Element, place: Place) -> None:
    location = _add(details, "location")
    if place.id:
        location.set("uri", own_uri(PLACE, place.id))
    if place.time_zone:
        location.set(qname(":zone"), place.time_zone)
    _texts(location, "name", place.venues or place.localities)
    addressed = bool(place.localities or place.region_code)
    if not addressed:
        _add(location, "name").text = _clean(place.source_text)
    if not (addressed or place.HasField("position")):
        return
    point_of_interest = _add(location, "POIDetails")
    if place.HasField("position"):
        point = {name: _decimal(getattr(place.position, name)) for name in POSITION}
        _add(point_of_interest, "position", **point)
    if addressed:
        _address(_add(point_of_interest, "address"), place)


def _address(address: ET.Element, place: Place) -> None:
    if place.localities:
        _texts(_add(address, "locality"), "name", place.localities)
    if place.region_code:
        _add(address, "country", qcode=f"{COUNTRY}:{place.region_code}")


def _decimal(degrees: float) -> str:
    """Return the number without an exponent, which xs:decimal does not admit."""
    return format(Decimal(repr(degrees)), "f")


def _people(details: ET.Element, record: Any) -> None:
    if record.DESCRIPTOR.name == "Visit":
        if record.HasField("guest"):
            _participant(details, record.guest, None)
        for person in record.principals:
            _participant(details, None, person)
    for participant in getattr(record, "participants", ()):
        party = participant.party if participant.HasField("party") else None
        person = participant.person if participant.HasField("person") else None
        _participant(details, party, person)


def _participant(details: ET.Element, party: Party | None, person: Person | None) -> None:
    """Add a party, or a person with the party as affiliation: two elements would be two guests."""
    if person is None:
        if party is not None:
            _add_names(_add(details, "participant", type=ORGANISATION), ORGANISATION, party)
        return
    element = _add(details, "participant", type=PERSON)
    _add_names(element, PERSON, person)
    if party is not None:
        affiliation = _add(_add(element, "personDetails"), "affiliation")
        _add_names(affiliation, ORGANISATION, party)


def _add_names(element: ET.Element, type_: str, party_or_person: Party | Person) -> None:
    if party_or_person.id:
        element.set("uri", own_uri(type_, party_or_person.id))
    _texts(element, "name", party_or_person.names)


def _texts(parent: ET.Element, name: str, texts: Iterable[Any]) -> None:
    for text in texts:
        element = _add(parent, name)
        element.text = _clean(text.text)
        # An empty tag says that the language of the document does not hold (XML 1.0, 2.12).
        element.set(XML_LANG, text.language_code)


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)


def _add(parent: ET.Element, name: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, qname(name), attributes)
