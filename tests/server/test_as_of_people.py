"""Who was thought to be where, and which records contradicted each other, as of a time."""

from __future__ import annotations

from typing import Any

import pytest

DAYS = {"first_date": "2024-07-01", "last_date": "2024-07-31", "time_zone": "UTC"}
WINDOW = {"dates": DAYS}
XI = {"id": "xi", "names": [{"text": "Xi"}]}
BEFORE, AFTER = "2024-01-02T00:00:00Z", "2024-01-04T00:00:00Z"


@pytest.fixture
def desk(start: Any, api_class: Any, clock: Any, make: Any) -> Any:
    """Two visits of one person on one day, of which the second is moved to another town later."""
    clock.time = 1_704_067_200  # 2024-01-01
    api = api_class(start("--http", "off").channel)
    api.create("calendars", "c")
    for id, town in (("a", "Astana"), ("b", "Paris")):
        places = [{"localities": [{"text": town}]}]
        fields = {
            "principals": [XI],
            "places": places,
            "time": make.timed("2024-07-03T10:00", "2024-07-03T12:00", "UTC"),
        }
        api.create("visits", id, **fields)
    clock.time += 2 * 86_400
    visit = {
        "name": "calendars/c/visits/b",
        "time": make.timed("2024-07-09T10:00", "2024-07-09T12:00", "UTC"),
    }
    api("UpdateVisit", visit=visit, update_mask="time")
    return api


def towns(api: Any, **more: Any) -> list[tuple[str, str]]:
    request = {"parent": "calendars/c", "persons": ["xi"], "window": WINDOW, "page_size": 1}
    collected, token = [], ""
    while True:
        page = api("LocatePrincipals", **request, **more, page_token=token)
        collected += [
            (presence.places[0].localities[0].text, presence.viewer_start[:10])
            for presence in page.presences
        ]
        if not (token := page.next_page_token):
            return collected


@pytest.mark.parametrize(("time", "day"), [(BEFORE, "03"), (AFTER, "09")])
def test_places_are_those_known_then(desk: Any, time: str, day: str) -> None:
    expected = [("Astana", "2024-07-03"), ("Paris", f"2024-07-{day}")]
    assert towns(desk, as_of={"time": time}) == expected
    assert towns(desk) == [("Astana", "2024-07-03"), ("Paris", "2024-07-09")]


@pytest.mark.parametrize(("time", "count"), [(BEFORE, 1), (AFTER, 0)])
def test_conflicts_as_of_a_revision_are_those_of_that_time(
    desk: Any, time: str, count: int
) -> None:
    kinds = ["CONFLICT_KIND_PERSON_IN_TWO_PLACES"]
    request = {"parent": "calendars/c", "window": WINDOW, "kinds": kinds}
    assert len(desk("FindConflicts", **request, as_of={"time": time}).conflicts) == count
    assert not desk("FindConflicts", **request).conflicts
