"""Country codes on every way in: records, batches, filters, lists of zones."""

from __future__ import annotations

from typing import Any

import pytest

SPELLINGS = ("GB", "gb", "UK", "uk", "GBR", "gbr")


@pytest.mark.parametrize("sent", SPELLINGS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_record_is_found_by_any_spelling(api: Any, sent: str, spelling: str) -> None:
    record = api.create(
        "visits",
        "v",
        places=[{"region_code": sent}],
        host={"region_code": sent},
        principals=[{"region_code": sent}],
    )
    codes = record.places[0].region_code, record.host.region_code, record.principals[0].region_code
    assert codes == ("GB", "GB", "GB")
    visits = api("ListVisits", parent="calendars/c", filter={"region_codes": [spelling]}).visits
    assert [visit.name for visit in visits] == [record.name]


def test_batch_and_import_settle_codes(api: Any) -> None:
    visit = {"name": "calendars/c/visits/v", "host": {"region_code": "kaz"}}
    done = api(
        "BatchWrite", writes=[{"update": {"record": {"visit": visit}, "allow_missing": True}}]
    )
    assert done.records[0].visit.host.region_code == "KZ"


def test_other_spelling_of_a_code_is_no_change(api: Any) -> None:
    created = api.create("visits", "v", host={"region_code": "KZ"})
    again = api("UpdateVisit", visit={"name": created.name, "host": {"region_code": "kaz"}}).visit
    assert again == created


@pytest.mark.parametrize(
    ("rpc", "request_", "field"),
    [
        (
            "CreateVisit",
            {
                "parent": "calendars/c",
                "visit_id": "v",
                "visit": {"places": [{}, {"region_code": "FRR"}]},
            },
            "visit.places[1].region_code",
        ),
        (
            "ListVisits",
            {"parent": "calendars/c", "filter": {"region_codes": ["KZ", "FRR"]}},
            "filter.region_codes[1]",
        ),
        ("ListTimeZones", {"region_code": "FRR"}, "region_code"),
    ],
    ids=["record", "filter", "zones"],
)
def test_wrong_code_is_refused_with_the_nearest(
    api: Any, rpc: str, request_: dict[str, Any], field: str
) -> None:
    refusal = api.refusal(rpc, **request_)
    assert (refusal.code, refusal.reason, refusal.field) == (
        "INVALID_ARGUMENT",
        "INVALID_VALUE",
        field,
    )
    assert refusal.metadata["suggestions"] == "FR" and "did you mean FR" in refusal.message


def test_zones_are_listed_by_any_spelling(api: Any) -> None:
    ids = [
        [zone.id for zone in api("ListTimeZones", region_code=code).time_zones]
        for code in ("KZ", "kaz")
    ]
    assert ids[0] == ids[1] and len(ids[0]) == 7
