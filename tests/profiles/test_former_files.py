"""Files that export wrote in former formats: each format is read, and all of them say the same.

The files in tests/data/format-N were exported by the last version of that format, from one desk.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from summitry.fields import Fields
from summitry.formats.files import read_records
from summitry.formats.former.conversion import STEPS
from summitry.formats.profiles import read_profile
from summitry.formats.profiles.carried import carried_fields

DATA = Path(__file__).resolve().parents[1] / "data"
DESK = "calendars/desk"
PROFILES = {"csv": "csv", "xml": "eventsml"}


def read(format: int, suffix: str) -> dict[str, Any]:
    """Return the records of a file by name."""
    path = DATA / f"format-{format}" / f"desk.{suffix}"
    profile = PROFILES.get(suffix)
    pairs = read_profile(profile, path) if profile else read_records(path)
    return {record.name.removeprefix(f"{DESK}/"): record for _, record in pairs}


def fields_of(record: Any, format: str) -> Fields:
    """Return what a format carries of a record, without what the server derives.

    Tables and news items of format 1 have no visibility where it was unset, and no revision that
    would tell that a server had stored them.
    """
    left_out = {"visibility"} if format in PROFILES.values() else set()
    fields = carried_fields(record, format)
    return {name: value for name, value in fields.items() if name not in left_out}


@pytest.mark.parametrize("format", STEPS, ids="format {}".format)
@pytest.mark.parametrize("suffix", ["yaml", "csv", "xml"])
def test_every_file_of_a_desk_says_the_same(format: int, suffix: str) -> None:
    records, again = read(format, "ndjson"), read(format, suffix)
    if suffix == "xml":  # a document of events, which does not hold its calendar
        del records[DESK]
    assert again.keys() == records.keys()
    carried_by = PROFILES.get(suffix, suffix)
    for name, record in records.items():
        assert fields_of(again[name], carried_by) == fields_of(record, carried_by), name


OPEN_END = {"first_date": "2024-07-03", "open_end": True}
# By record: fields of today.
MEANINGS: dict[str, Fields] = {
    "summits/unplanned": {
        "ical_uid": "s1@desk",
        "status": "EVENT_STATUS_UNPLANNED",
        "time": {"dates": OPEN_END},
        "participants": [
            {"person": {"names": [{"text": "Modi"}], "source_text": "M."}, "source_text": "w"},
            {
                "party": {"region_code": "CN", "source_text": "Chine"},
                "person": {"id": "xi", "source_text": "Xi"},
                "source_text": "as written",
            },
        ],
    },
    "visits/cancelled": {
        "status": "EVENT_STATUS_CANCELLED",
        "time": {
            "dates": {"last_date": "2024-07-04", "open_start": True},
            "source_text": "until 4 July",
        },
        "segments": [
            {
                "kind": "VISIT_KIND_BILATERAL",
                "time": {"dates": OPEN_END, "source_text": "dès le 3"},
                "places": [{"source_text": "Almaty"}],
                "kind_text": "bilat",
            }
        ],
    },
    "delegations/cn": {
        "members": [
            {
                "person": {"id": "xi", "source_text": "Xi"},
                "source_text": "late",
                "arrival": {
                    "timed": {
                        "start": {"civil_time": "2024-07-02T18:00", "time_zone": "Asia/Almaty"}
                    }
                },
            }
        ],
    },
}


@pytest.mark.parametrize("format", STEPS, ids="format {}".format)
@pytest.mark.parametrize("suffix", ["ndjson", "yaml", "csv", "xml"])
def test_former_file_means_what_it_meant(format: int, suffix: str) -> None:
    records = read(format, suffix)
    for name, meaning in MEANINGS.items():
        fields = carried_fields(records[name], "ndjson")
        assert {field: fields.get(field) for field in meaning} == meaning, name
        assert "certainty" not in fields
