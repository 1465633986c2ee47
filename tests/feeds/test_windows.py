"""When events of days come into the window of a feed, and when they leave it, to the second."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.v1.summit_pb2 import Summit
from summitry.zones import parse_rfc3339

WINDOW = {"past_days": 1, "future_days": 2}
COMES, GOES = "2024-07-11T00:00:00Z", "2024-07-16T00:00:00Z"
"""For the 13th and 14th, counted in UTC wherever the place is."""
TIMES: dict[str, dict[str, Any]] = {
    "no zone": {"dates": {}},
    "14 hours ahead of UTC": {"dates": {"time_zone": "Pacific/Kiritimati"}},
    "11 hours behind UTC": {"dates": {"time_zone": "Pacific/Pago_Pago"}},
    "partial": {"partial": {"edtf": "2024-07-13/2024-07-14"}},
}


@pytest.mark.parametrize(
    ("moment", "earlier", "is_shown"),
    [(COMES, 1, False), (COMES, 0, True), (GOES, 1, True), (GOES, 0, False)],
    ids=["before it comes", "as it comes", "before it leaves", "as it leaves"],
)
@pytest.mark.parametrize("case", TIMES)
def test_event_of_days_is_in_the_window_on_its_days(
    site: Any, feed_clock: Any, case: str, moment: str, earlier: int, is_shown: bool
) -> None:
    summit = Summit(name="calendars/w/summits/s", ical_uid="s", titles=[{"text": "Summit"}])
    time = {kind: {**facts, "first_date": "2024-07-13", "last_date": "2024-07-14"}
            for kind, facts in TIMES[case].items()}  # fmt: skip
    summit.time.CopyFrom(type(summit.time)(**time))
    site.source.add("w")
    site.source.keep("w", summit)
    site.source.feed("w", "f", window=WINDOW)
    feed_clock.time = parse_rfc3339(moment)[0] - earlier
    body = site.get("/feeds/w/f.ics?partial=span").body
    assert (b"BEGIN:VEVENT" in body) is is_shown
