"""What a record is a part of, its UID, series, level, hosts, kinds and last write, as filters."""

from __future__ import annotations

from typing import Any

import pytest

JULY = {"dates": {"first_date": "2024-07-01", "last_date": "2024-07-31", "time_zone": "UTC"}}
DAY = {"dates": {"first_date": "2024-07-03"}}
BODY = {
    "kind": "PARTY_KIND_ORGANIZATION",
    "id": "sco",
    "names": [{"text": "Shanghai Organisation"}],
}
SUMMIT = "calendars/c/summits/astana"
LATER = "2024-07-01T00:00:00Z"


@pytest.fixture(params=["memory", "sqlite"])
def desk(request: Any, start: Any, api_class: Any, tmp_path: Any, clock: Any) -> Any:
    """Two summits, their meetings, a visit and a notice; the second summit was written later."""
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/s.db"
    clock.time = 1_700_000_000
    api = api_class(start("--http", "off", "--store", url).channel)
    api.create("calendars", "c")
    hosts = [{"kind": "PARTY_KIND_STATE", "region_code": "KZ"}, BODY]
    facts: dict[str, Any] = {"series": "SCO heads of state", "level": "LEVEL_HEAD_OF_STATE"}
    api.create("summits", "astana", time=DAY, ical_uid="u-1", hosts=hosts, **facts)
    kinds = {"plenary": "MEETING_KIND_PLENARY", "talks": "MEETING_KIND_BILATERAL"}
    for id, kind in kinds.items():
        api.create("meetings", id, time=DAY, kind=kind, parent_event=SUMMIT)
    api.create("notices", "yellow", time=DAY, parent_event=SUMMIT)
    segments = [{"kind": f"VISIT_KIND_{kind}", "time": DAY} for kind in ("STATE", "WORKING")]
    api.create(
        "visits", "xi", time=DAY, segments=segments, host={"region_code": "KZ"}, summit=SUMMIT
    )
    clock.time = 1_720_000_000
    api.create("summits", "tianjin", time=DAY, hosts=[{"region_code": "CN"}])
    return api


FILTERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "programme": ({"parent_events": [SUMMIT]}, {"plenary", "talks", "yellow", "xi"}),
    "visits to a summit": (
        {"parent_events": [SUMMIT], "kinds": ["RECORD_KIND_VISIT"]},
        {"xi"},
    ),
    "uid": ({"ical_uids": ["u-1", "none"]}, {"astana"}),
    "series": ({"series": ["sco-heads-of-state"]}, {"astana"}),
    "level": ({"levels": ["LEVEL_HEAD_OF_STATE"]}, {"astana"}),
    "host by code": ({"hosts": ["kaz"]}, {"astana", "xi"}),
    "host by id": ({"hosts": ["SCO"]}, {"astana"}),
    "host by name": ({"hosts": ["shanghai organisation"]}, {"astana"}),
    "one of two hosts": ({"hosts": ["sco", "CN"]}, {"astana", "tianjin"}),
    "kind of a segment": ({"visit_kinds": ["VISIT_KIND_WORKING"]}, {"xi"}),
    "kind of a meeting": ({"meeting_kinds": ["MEETING_KIND_PLENARY"]}, {"plenary"}),
    "written since": ({"updated_since": LATER}, {"tianjin"}),
    "written since, and a host": ({"updated_since": LATER, "hosts": ["KZ"]}, set()),
}


def ids(records: Any) -> set[str]:
    return {record.name.rpartition("/")[2] for record in records if "/" in record.name[10:]}


@pytest.mark.parametrize("case", FILTERS)
def test_filter_selects_the_same_in_every_answer(desk: Any, case: str) -> None:
    filter, expected = FILTERS[case]
    request = {"parent": "calendars/c", "filter": filter}
    items = desk("QueryAgenda", **request, window=JULY).items
    assert ids(item.record for item in items) == expected
    listed: set[str] = set()
    for rpc in ("ListSummits", "ListVisits", "ListMeetings", "ListNotices"):
        field = rpc.removeprefix("List").lower()
        listed |= ids(getattr(desk(rpc, **request), field))
    assert listed == expected
    changes = desk("ListChanges", view=request, log_start={}).changes
    assert ids(changes) == expected
