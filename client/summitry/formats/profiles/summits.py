"""Editions of twelve series of summits, each fact with the page it was read from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from summitry.fields import Fields, identifier, without_empty
from summitry.formats.profiles.entries import (
    Entry,
    canonical,
    converter,
    days,
    event_time,
    localized,
    lookup,
)
from summitry.formats.profiles.options import ProfileOptions, ProfileReader
from summitry.formats.profiles.tables import FORMATS, NAMESAKES, RANKS, SERIES, STATUSES, Series

NAME = "calendars/summits"

# Keys of an earlier plan without days, and the field that each is a claim on; the first one counts.
PLANNED = {"place": "places", "format": "format", "status": "status"}

CALENDAR: Fields = {
    "name": NAME,
    "ical_uid": "calendar@summits.summitry.example",
    "titles": [*localized("Summits since 1957"), *localized("Sommets depuis 1957", "fr")],
    "time_zone": "Etc/UTC",
    "languages": ["en", "fr"],
}


def summit(entry: Entry) -> Fields:
    """Return the record of a summit. The whole entry is its original: the data has no other."""
    id = identifier(entry["id"])
    series = lookup(SERIES, entry["series"], "series")
    sources = _sources(entry)
    return without_empty(
        {
            "name": f"{NAME}/summits/{id}",
            "ical_uid": f"{id}@summits.summitry.example",
            "titles": localized(entry["name"], series.language),
            "summaries": localized(entry.get("note", "")),
            "time": _time(entry),
            "places": _places(entry),
            "status": lookup(STATUSES, entry["status"], "status"),
            "labels": _labels(entry),
            "sources": list(sources.values()),
            "claims": list(_claims(entry, sources)),
            "previous_times": list(_previous_times(entry)),
            "original": canonical(entry),
            "status_text": entry["status"],
            "series": series.key,
            "organization": _organization(series),
            "edition": entry["edition"],
            "level": series.level,
            "hosts": [_host(entry)],
            "format": lookup(FORMATS, entry["format"], "format"),
            "participants": _participants(entry),
        }
    )


def _time(entry: Entry) -> Fields:
    zone = _zone(entry)
    if end := entry.get("end_known"):
        return days("", end, zone)
    time = event_time(entry["start"], entry["end"], zone)
    return {**time, "source_text": words} if (words := entry.get("original_text")) else time


def _zone(entry: Entry) -> str:
    """Return the zone of the days: only where all places share one."""
    zones = {place.get("time_zone", "") for place in map(_place, entry["places"])}
    return zones.pop() if len(zones) == 1 else ""


def _place(place: Entry) -> Fields:
    namesake = (place["name"], place["iso2"]) in NAMESAKES
    return without_empty(
        {
            "localities": localized(place["name"] or ""),
            "region_code": place["iso2"],
            "time_zone": None if namesake else place["tz"],
        }
    )


def _places(entry: Entry) -> list[Fields]:
    places = [_place(place) for place in entry["places"]]
    if venue := entry.get("venue"):
        places[0]["venues"] = localized(venue)
    if retreat := entry.get("retreat"):
        town = localized(retreat)
        places.append({"localities": town, "region_code": entry["host"], "source_text": "retreat"})
    return places


def _sources(entry: Entry) -> dict[str, Fields]:
    """Return sources by the words that cite them, those of claims and sessions included."""
    cited = [entry["source"], *entry["sources"]]
    for key in ("claims", "sessions", "previous"):
        cited += [item["source"] for item in entry.get(key, []) if "source" in item]
    unique = list(dict.fromkeys(cited))
    return {words: _source(f"s{number}", words) for number, words in enumerate(unique, 1)}


def _source(id: str, words: str) -> Fields:
    """Return a source cited as `address (note)`; a note that begins with a date gives its day."""
    address, _, note = words.partition(" ")
    if not address.startswith("http"):
        return {"id": id, "note": words}
    published = re.match(r"\((\d{4}-\d{2}-\d{2})\b", note)
    rank = next((rank for sign, rank in RANKS.items() if sign in words), "")
    return without_empty(
        {
            "id": id,
            "publisher": urlsplit(address).hostname,
            "url": address,
            "published": published and published[1],
            "rank": rank,
            "note": note.removeprefix("(").removesuffix(")"),
        }
    )


def _claims(entry: Entry, sources: dict[str, Fields]) -> Iterator[Fields]:
    """Yield what each source says; the main source first, if another differs on the days."""

    def claim(item: Entry, path: str, note: str = "", **value: object) -> Fields:
        source = sources[item.get("source", entry["source"])]["id"]
        return without_empty({"source_id": source, "field_path": path, **value, "note": note})

    if entry["claims"] or "sessions" in entry:
        yield claim({}, "time", time=_time(entry))
    for item in entry["claims"]:
        yield claim(item, "time", item.get("note", ""), time=event_time(item["start"], item["end"]))
    for item in entry.get("sessions", []):
        time = event_time(item["start"], item.get("end"))
        yield claim(item, "time", f"session: {_words(item)}", time=time)
    for item in entry.get("previous", []):
        if "start" not in item:
            key, path = next((key, path) for key, path in PLANNED.items() if key in item)
            yield claim(item, path, f"of an earlier plan: {_words(item)}", text=item[key])
    if "edition_in_source" in entry:
        yield claim({}, "edition", number=entry["edition_in_source"])


def _previous_times(entry: Entry) -> Iterator[Fields]:
    for item in entry.get("previous", []):
        if "start" in item:
            time = event_time(item["start"], item.get("end"))
            yield without_empty({"time": time, "reason": _words(item)})


def _words(item: Entry) -> str:
    """Return the text of the data on a session or an earlier plan, without its days."""
    keys = ("place", "format", "status", "note", "date_note")
    phrases = [item[key] for key in keys if key in item]
    if "announced" in item:
        phrases.append(f"announced {item['announced']}")
    return "; ".join(phrases)


def _organization(series: Series) -> Fields:
    return {
        "kind": series.kind,
        "id": series.id,
        "names": localized(series.name, series.language),
    }


def _host(entry: Entry) -> Fields:
    kind = "PARTY_KIND_ORGANIZATION" if entry["host"] == "EU" else "PARTY_KIND_STATE"
    return {"kind": kind, "region_code": entry["host"]}


def _participants(entry: Entry) -> list[Fields]:
    if leader := entry.get("host_leader"):
        return [{"party": _host(entry), "person": {"names": localized(leader)}}]
    return []


def _labels(entry: Entry) -> Fields:
    return without_empty(
        {
            "license": entry["license"],
            "irregular": ",".join(entry["irregular"]).lower(),
            "series-name-then": entry.get("series_name_then"),
            "also-known-as": "; ".join(entry.get("aka", [])),
        }
    )


def reader(options: ProfileOptions) -> ProfileReader:
    """Return the reader of a file of summits."""
    return ProfileReader(converter("summit", CALENDAR, lambda entry: [summit(entry)]))
