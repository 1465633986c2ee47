"""Attendance of summits: travels of US presidents abroad, and delegations received in the US.

A travel is a visit of the president to the host country. A group of visitors who came for one
meeting is that meeting, as a summit whose days are those on which most of them were there, and a
delegation for each of them. All of it is in one calendar, since delegations name their event.
"""

from __future__ import annotations

from collections.abc import Iterator

from summitry.fields import Fields, identifier, without_empty
from summitry.formats.profiles.entries import Entry, canonical, converter, days, localized, lookup
from summitry.formats.profiles.options import ProfileOptions, ProfileReader
from summitry.formats.profiles.state_department import HOST

NAME = "calendars/summit-attendance"
DOMAIN = "summit-attendance.summitry.example"
SOURCE_ID = "office-of-the-historian"
USUAL_DAYS = "the days on which most of the visitors were there"

CALENDAR: Fields = {
    "name": NAME,
    "ical_uid": f"calendar@{DOMAIN}",
    "titles": [
        *localized("Attendance of summits, by US records"),
        *localized("Participation aux sommets, d'après les registres américains", "fr"),
    ],
    "time_zone": "America/New_York",
    "languages": ["en"],
}
OFFICES = {"president": "President of the United States"}


def reader(options: ProfileOptions) -> ProfileReader:
    """Return the reader of a file of attendance."""
    return ProfileReader(converter("summit_attendance", CALENDAR, _records))


def _records(entry: Entry) -> Iterator[Fields]:
    return lookup({"abroad": _travel, "in_usa": _received}, entry["direction"], "direction")(entry)


def _travel(entry: Entry) -> Iterator[Fields]:
    """Yield the visit of a president, with the days in the country and not of the meeting."""
    attendee, host = entry["attendee"], entry["host"]
    zone = entry["tz"][0] if len(entry["tz"]) == 1 else ""
    yield _record(
        f"visits/{identifier(entry['id'])}",
        titles=localized(f"{attendee['name']} in {host['label']}: {entry['series']}"),
        summaries=localized(entry["text"]),
        time={
            **days(entry["present_from"], entry["present_to"], zone),
            "source_text": entry["meaning"],
        },
        places=[_place(place, host) for place in entry["places"]],
        labels={"series": entry["series"], "license": entry["license"]},
        sources=[_source(entry["source"], "SOURCE_RANK_PARTICIPANT", entry["from"])],
        original=canonical(entry),
        guest=HOST,
        host=_party(host["polity_at_the_time"] or host["label"], host["iso3166_3"] or host["iso2"]),
        principals=[
            {
                "id": identifier(attendee["slug"]),
                "names": localized(attendee["name"]),
                "offices": localized(lookup(OFFICES, attendee["office"], "office")),
                "region_code": "US",
            }
        ],
        segments=[{"kind": "VISIT_KIND_MULTILATERAL_ATTENDANCE", "kind_text": entry["series"]}],
    )


def _place(place: Entry, host: Entry) -> Fields:
    """Return the town as the source names it; its zone only where the data knows the town."""
    match = place["match"] or {}
    return without_empty(
        {
            "localities": localized(place["name"]),
            "region_code": host["iso2"],
            "time_zone": match.get("tz"),
        }
    )


def _received(entry: Entry) -> Iterator[Fields]:
    """Yield the meeting and a delegation for each visitor, who is its head."""
    id = identifier(entry["id"])
    # The usual days of a meeting at which visitors came and went can be the wrong way round.
    first, last = sorted((entry["usual_from"], entry["usual_to"]))
    yield _record(
        f"summits/{id}",
        titles=localized(f"{entry['series']} in the United States, {first[:7]}"),
        summaries=localized("\n".join(entry["texts"])),
        time={
            **days(first, last),
            "source_text": USUAL_DAYS,
            "start_unconfirmed": True,
            "end_unconfirmed": True,
        },
        places=[{"region_code": entry["host"]["iso2"]}],
        labels={"license": entry["license"]},
        sources=[_source(entry["source"], "SOURCE_RANK_ORGANIZER")],
        original=canonical(entry),
        series=identifier(entry["series"]),
        hosts=[HOST],
    )
    for visitors in entry["delegations"]:
        yield _delegation(visitors, entry, f"{NAME}/summits/{id}")


def _delegation(visitors: Entry, entry: Entry, event: str) -> Fields:
    presence = days(visitors["start"], visitors["end"])
    return _record(
        f"delegations/{identifier(visitors['visit'])}",
        titles=localized(f"{visitors['from']}: {entry['series']}, {visitors['start'][:7]}"),
        time=presence,
        places=[{"region_code": entry["host"]["iso2"]}],
        labels={"license": entry["license"]},
        sources=[_source(entry["source"], "SOURCE_RANK_ORGANIZER", visitors["visit"])],
        original=canonical(visitors),
        party=_party(visitors["from"], visitors["iso2"]),
        engagements=[{"event": event, "presence": presence}],
        members=[_head(person, visitors["iso2"]) for person in visitors["visitors"]],
    )


def _head(person: Entry, region_code: str | None) -> Fields:
    return {
        "person": without_empty(
            {
                "names": localized(person["name"]),
                "offices": localized(person["title"] or ""),
                "region_code": region_code,
            }
        ),
        "role": "DELEGATION_ROLE_HEAD",
        "status": "PARTICIPATION_STATUS_ATTENDED",
    }


def _record(path: str, **fields: object) -> Fields:
    name = path.rpartition("/")[2]
    head = {
        "name": f"{NAME}/{path}",
        "ical_uid": f"{name}@{DOMAIN}",
        "status": "EVENT_STATUS_CONCLUDED",
    }
    return without_empty({**head, **fields})


def _source(url: str, rank: str, note: str = "") -> Fields:
    return without_empty(
        {
            "id": SOURCE_ID,
            "publisher": "Office of the Historian, US Department of State",
            "url": url,
            "language_code": "en",
            "rank": rank,
            "note": note,
        }
    )


def _party(name: str, region_code: str | None) -> Fields:
    """Return a state; one without a code, or with a code of ISO 3166-3, is a former state."""
    present = len(region_code or "") == len("US")
    return without_empty(
        {
            "kind": "PARTY_KIND_STATE" if present else "PARTY_KIND_FORMER_STATE",
            "id": identifier(name),
            "region_code": region_code,
            "names": localized(name),
        }
    )
