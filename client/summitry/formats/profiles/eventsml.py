"""Reading IPTC EventsML-G2: concepts and events with `eventDetails`, of any G2 item.

What we wrote comes back under its name; what others wrote becomes a meeting of the calendar that
the user names, with the id of its concept made fit, and its XML is kept in `original`. The calendar
must be there: a document does not hold what is to be known of one.
A document type declaration is refused before anything in it is read: no entities, no files.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import IO, NamedTuple

from summitry.fields import Fields, identifier, without_empty
from summitry.formats.files import Origin, Values
from summitry.formats.former.format_2 import CANCELLED, UNPLANNED, convert_certainty
from summitry.formats.profiles.entries import ConversionError
from summitry.formats.profiles.eventsml_exact import apply_exact, move_to_calendar
from summitry.formats.profiles.g2 import OWN, TAG, Dates, Element, Moment, qname, time_of
from summitry.formats.profiles.options import ProfileOptions, ProfileReader
from summitry.kinds import CALENDAR, MEETING, SUMMIT, VISIT, Kind, parse_name

CHUNK = 64 * 1024
LARGEST = 64 * 1024 * 1024  # characters of a document, which is held in memory
DEEPEST = 100  # elements within each other; the standard needs about ten
ORIGINAL = 64 * 1024  # characters that a record keeps of its source
CERTAINTIES = {
    "eos1": "CERTAINTY_PLANNED_UNCERTAIN",
    "eos2": "CERTAINTY_HIGHLY_UNCERTAIN",
    "eos3": "CERTAINTY_MAY_OCCUR",
    "eos4": "CERTAINTY_HIGHLY_LIKELY",
    "eos5": "CERTAINTY_CERTAIN",
}
# Codes that say what a status says; the names are those of certainties in format 2.
STATUS_CODES = {"eos0": UNPLANNED, "eos6": CANCELLED}
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
RECURRENCE = ("rDate", "rRule", "exDate", "exRule")
PERSON = "cpnat:person"
ORGANISATION = "cpnat:organisation"
PLACE = "cpnat:poi"
POSITION = ("latitude", "longitude")


def reader(options: ProfileOptions) -> ProfileReader:
    """Return the reader of a document."""
    return ProfileReader(lambda element: [_record(element, options.calendar)], values)


class _BoundedTreeBuilder(ET.TreeBuilder):
    """A tree builder that refuses a document type, and elements that are nested too deeply."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> Element:
        """Refuse elements nested so deep that walking the tree would exhaust the stack."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise ConversionError(f"more than {DEEPEST} elements are within each other")
        return super().start(tag, attributes)

    def end(self, tag: str) -> Element:
        """Close an element."""
        self._depth -= 1
        return super().end(tag)

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Refuse the declaration as soon as it begins."""
        raise ConversionError("a document type is declared: take the DOCTYPE out")


def values(stream: IO[str], origin: Origin) -> Values:
    """Yield each element that has `eventDetails`, counted from 1, with the language it inherits."""
    parser = ET.XMLParser(target=_BoundedTreeBuilder())
    size = 0
    try:
        while chunk := stream.read(CHUNK):
            if (size := size + len(chunk)) > LARGEST:
                raise ConversionError(f"the document has more than {LARGEST} characters: split it")
            parser.feed(chunk)
        root = parser.close()
    except (ET.ParseError, ConversionError) as error:
        raise origin.refuse(f"not XML that can be read: {error}") from error
    yield from enumerate(_events(root, root.get(XML_LANG, "")), 1)


def _events(element: Element, language: str) -> Iterator[Element]:
    """Yield the elements that have `eventDetails`, with the language that they inherit."""
    language = element.get(XML_LANG, language)
    if element.find(qname("eventDetails")) is not None:
        element.set(XML_LANG, language)
        yield element
        return
    for child in element:
        yield from _events(child, language)


def _record(element: Element, calendar: str) -> Fields:
    name, uid, kind, origin = _identity(element, calendar)
    fields = standard_fields(element, kind, exact=bool(origin))
    if not origin:
        return without_empty(
            {**fields, "name": name, "ical_uid": uid, "original": _original(element)}
        )
    details = element.find(qname("eventDetails"))
    marked = bool(element.find(qname("conceptId")).get(qname(":format")))
    merged = apply_exact(details, {**fields, "ical_uid": uid}, kind, marked=marked)
    return {**move_to_calendar(merged, origin, calendar or origin), "name": name}


def standard_fields(element: Element, kind: Kind, *, exact: bool) -> Fields:
    """Return the fields that the standard's elements, and our attributes in them, give.

    `exact` keeps the white space of texts, which other makers use to break lines. Raises
    ConversionError.
    """
    details = element.find(qname("eventDetails"))
    language = element.get(XML_LANG, "")
    return without_empty(
        {
            "titles": _texts(element, "name", language, exact=exact),
            "summaries": _texts(element, "definition", language, exact=exact),
            "time": _time(details),
            "places": [
                _place(location, language) for location in details.iterfind(qname("location"))
            ],
            **_occurrence(details),
            **_people(details, kind, language),
        }
    )


def _occurrence(details: Element) -> Fields:
    """Return the certainty and the status: the code says both in one."""
    element = details.find(qname("occurStatus"))
    code = element.get("qcode", "").rpartition(":")[2] if element is not None else ""
    fields = without_empty(
        {
            "certainty": CERTAINTIES.get(code) or STATUS_CODES.get(code, ""),
            "status": details.findtext(qname(":status"), ""),
        }
    )
    convert_certainty(fields)
    return fields


class _RecordIdentity(NamedTuple):
    """The name, uid and kind of the record that an event becomes."""

    name: str
    uid: str
    kind: Kind
    origin: str  # the calendar under which we wrote it; "" if another maker did


def _identity(element: Element, calendar: str) -> _RecordIdentity:
    """Return the identity that we wrote, or that of a meeting by the id or name of the concept."""
    concept = element.find(qname("conceptId"))
    id = "" if concept is None else concept.get("uri") or concept.get("qcode") or ""
    own = parse_name(id.removeprefix(TAG)) if id.startswith(TAG) else None
    if own is not None and own.kind is not CALENDAR and concept is not None:
        name = f"{calendar or own.calendar}/{own.kind.collection}/{own.id}"
        return _RecordIdentity(name, concept.get(qname(":uid"), ""), own.kind, own.calendar)
    if not calendar:
        raise ConversionError("the document is of another maker: say the calendar with --calendar")
    start = element.findtext(f"{qname('eventDetails')}/{qname('dates')}/{qname('start')}", "")
    text = id or f"{element.findtext(qname('name'), '')} {start}".strip()
    if not text:
        raise ConversionError("the event has no conceptId, name or start")
    return _RecordIdentity(f"{calendar}/meetings/{identifier(text)}", id[:255], MEETING, "")


def _original(element: Element) -> str:
    """Return the record that was exported. Raises ConversionError if it is not valid."""
    text: str = ET.tostring(element, "unicode").strip()
    if len(text) > ORIGINAL:
        raise ConversionError(f"the event has {len(text)} characters, {ORIGINAL} are admitted")
    return text


def _texts(element: Element, name: str, language: str, *, exact: bool = False) -> list[Fields]:
    """Return the texts of an element by language, the first of each, with plain white space."""
    texts: dict[str, str] = {}
    for child in element.iterfind(qname(name)):
        text = "".join(child.itertext())
        if text := text if exact else " ".join(text.split()):
            texts.setdefault(child.get(XML_LANG, language), text)
    return [without_empty({"text": text, "language_code": key}) for key, text in texts.items()]


def _time(details: Element) -> Fields:
    dates = details.find(qname("dates"))
    if dates is None or details.find(qname(":undated")) is not None:
        return {}
    for name in RECURRENCE:
        if dates.find(qname(name)) is not None:
            raise ConversionError(f"the event recurs ({name}): write each day as an event")
    start, end = (_moment(dates.find(qname(name))) for name in ("start", "end"))
    if start is None:
        raise ConversionError("the event has no start")
    return time_of(Dates(start, end, (dates.findtext(qname("duration")) or "").strip()))


def _moment(element: Element) -> Moment | None:
    """Return a start or end with its attributes, those of our namespace after a colon."""
    if element is None or not (text := (element.text or "").strip()):
        return None
    return Moment(
        text, {name.replace(f"{{{OWN}}}", ":"): value for name, value in element.attrib.items()}
    )


def _place(element: Element, language: str) -> Fields:
    """Return a place: its address with its name as venue, else its name as written."""
    point = element.find(f"{qname('POIDetails')}/{qname('position')}")
    address = element.find(f"{qname('POIDetails')}/{qname('address')}")
    names = _texts(element, "name", language)
    place: Fields = {"time_zone": element.get(qname(":zone"), ""), "id": _own_id(element, PLACE)}
    if point is not None:
        place["position"] = {name: float(point.get(name, "nan")) for name in POSITION}
    if address is None:
        place["source_text"] = names[0]["text"] if names else ""
        return without_empty(place)
    country = address.find(qname("country"))
    code = country.get("qcode", "") if country is not None else ""
    locality = address.find(qname("locality"))
    place["localities"] = _texts(locality, "name", language) if locality is not None else []
    place["venues"] = [] if names == place["localities"] else names
    place["region_code"] = code.rpartition(":")[2]
    return without_empty(place)


def _people(details: Element, kind: Kind, language: str) -> Fields:
    """Return the fields for the participants, as far as the kind of record has any."""
    people = [
        _participant(participant, language)
        for participant in details.iterfind(qname("participant"))
    ]
    if kind is VISIT:
        guests = [participant["party"] for participant in people if "person" not in participant]
        principals = [participant["person"] for participant in people if "person" in participant]
        return {"guest": guests[0] if guests else None, "principals": principals}
    return {"participants": people} if kind in (SUMMIT, MEETING) else {}


def _participant(element: Element, language: str) -> Fields:
    """Return a party, or a person with the party of its affiliation."""
    if element.get("type") != PERSON:
        return {"party": _id_and_names(element, ORGANISATION, language)}
    participant: Fields = {"person": _id_and_names(element, PERSON, language)}
    affiliation = element.find(f"{qname('personDetails')}/{qname('affiliation')}")
    if affiliation is not None:
        participant["party"] = _id_and_names(affiliation, ORGANISATION, language)
    return participant


def _id_and_names(element: Element, type_: str, language: str) -> Fields:
    """Return the id and the names of a person or party."""
    names = _texts(element, "name", language)
    return without_empty({"id": _own_id(element, type_), "names": names})


def own_uri(type_: str, id: str) -> str:
    """Return the URI of a place, person or party by its id: "tag:...:person:xi-jinping"."""
    return f"{TAG}{type_.rpartition(':')[2]}:{id}"


def _own_id(element: Element, type_: str) -> str:
    """Return the id in a URI that we wrote; "" for the URI of another maker."""
    uri, prefix = element.get("uri", ""), own_uri(type_, "")
    return uri.removeprefix(prefix) if uri.startswith(prefix) else ""
