"""Visits of foreign leaders to the United States (Office of the Historian, CC0)."""

from __future__ import annotations

from summitry.fields import Fields, identifier, without_empty
from summitry.formats.profiles.entries import Entry, canonical, converter, days, localized, lookup
from summitry.formats.profiles.options import ProfileOptions, ProfileReader
from summitry.formats.profiles.tables import (
    PARTY_KINDS_BY_FLAG,
    PARTY_KINDS_BY_LABEL,
    PARTY_KINDS_BY_SLUG,
    VISIT_KINDS,
)

NAME = "calendars/us-visits"

CALENDAR: Fields = {
    "name": NAME,
    "ical_uid": "calendar@us-visits.summitry.example",
    "titles": [
        *localized("Visits of foreign leaders to the United States"),
        *localized("Visites de dirigeants étrangers aux États-Unis", "fr"),
    ],
    "time_zone": "America/New_York",
    "languages": ["en"],
}

HOST: Fields = {
    "kind": "PARTY_KIND_STATE",
    "id": "united-states",
    "region_code": "US",
    "names": [*localized("United States"), *localized("États-Unis", "fr")],
}

# The register is that of the host.
SOURCE_ID = "office-of-the-historian"
REGISTER: Fields = {
    "id": SOURCE_ID,
    "publisher": "Office of the Historian, US Department of State",
    "title": "Visits by Foreign Leaders",
    "language_code": "en",
    "rank": "SOURCE_RANK_ORGANIZER",
}


def visit(entry: Entry) -> Fields:
    """Return the record of a visit. Its days have no zone: the data names no town."""
    id = identifier(entry["id"])
    guest = _guest(entry["sending"], entry["irregular"])
    return without_empty(
        {
            "name": f"{NAME}/visits/{id}",
            "ical_uid": f"{id}@us-visits.summitry.example",
            "titles": localized(f"{entry['sending']['label']}: {entry['visitor_raw']} in the US"),
            "summaries": localized(entry["description"]),
            "time": days(entry["start"], entry["end"]),
            "places": [{"region_code": entry["host"]["iso2"]}],
            "status": "EVENT_STATUS_CONCLUDED",
            "labels": _labels(entry),
            "sources": [_source(entry)],
            "claims": [_claim(date["text"]) for date in entry["text_dates"]],
            "original": canonical(entry["original"]),
            "guest": guest,
            "host": HOST,
            "principals": [_principal(person, entry, guest) for person in entry["visitors"]],
            "segments": [
                {"kind": lookup(VISIT_KINDS, kind, "kind of visit"), "kind_text": kind}
                for kind in entry["kinds"]
            ],
        }
    )


def _guest(sending: Entry, flags: list[str]) -> Fields:
    name = sending["polity_at_the_time"] or sending["label"]
    return without_empty(
        {
            "kind": _party_kind(sending, flags),
            "id": identifier(name),
            "region_code": sending["iso3166_3"] or sending["iso2"],
            "names": localized(name),
            "source_text": sending["label"],
        }
    )


def _party_kind(sending: Entry, flags: list[str]) -> str:
    for words, kind in PARTY_KINDS_BY_LABEL.items():
        if words in sending["label"]:
            return kind
    if kind := PARTY_KINDS_BY_SLUG.get(sending["slug"], ""):
        return kind
    return next(
        (kind for flag, kind in PARTY_KINDS_BY_FLAG.items() if flag in flags), "PARTY_KIND_STATE"
    )


def _principal(person: Entry, entry: Entry, guest: Fields) -> Fields:
    """Return a visitor, without an id: the same name is not always the same person."""
    return without_empty(
        {
            "names": localized(person["name"]),
            "offices": localized(person["title"] or ""),
            "region_code": guest.get("region_code"),
            "source_text": entry["visitor_raw"],
        }
    )


def _source(entry: Entry) -> Fields:
    note = f"{entry['source_file']}; {entry['license']}"
    return {**REGISTER, "url": entry["source"], "note": note}


def _claim(words: str) -> Fields:
    """Return a claim for a date in the description, as text: its year is not stated."""
    return {
        "source_id": SOURCE_ID,
        "field_path": "time",
        "text": words,
        "note": "a date in the description",
    }


def _labels(entry: Entry) -> Fields:
    return without_empty({"irregular": ",".join(entry["irregular"]).lower()})


def reader(options: ProfileOptions) -> ProfileReader:
    """Return the reader of a file of visits."""
    return ProfileReader(converter("visit", CALENDAR, lambda entry: [visit(entry)]))
