"""When events of days come into the window of a feed, and when they leave it, to the second."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.v1.filter_pb2 import MatchCertainty
from summitry.v1.summit_pb2 import Summit
from summitry.zones import parse_rfc3339

WINDOW = {"days_before": 1, "days_after": 2, "matching": MatchCertainty.MATCH_CERTAINTY_POSSIBLE}
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


@pytest.mark.parametrize(
    ("first", "last", "days_shown"), [(13, 14, [12, 13, 14]), (13, 16, [14]), (1, 31, [])]
)
def test_partial_date_is_certain_once_the_window_holds_all_its_days(
    site: Any, feed_clock: Any, first: int, last: int, days_shown: list[int]
) -> None:
    summit = Summit(name="calendars/w/summits/s", ical_uid="s", titles=[{"text": "Summit"}])
    partial = summit.time.partial
    partial.first_date, partial.last_date = f"2024-07-{first:02}", f"2024-07-{last:02}"
    partial.edtf = f"{partial.first_date}/{partial.last_date}"
    site.source.add("w")
    site.source.keep("w", summit)
    site.source.feed("w", "f", window={"days_before": 1, "days_after": 2})
    days = []
    for day in range(8, 20):
        feed_clock.time = parse_rfc3339(f"2024-07-{day:02}T12:00:00Z")[0]
        body = site.get("/feeds/w/f.ics?partial=span").body
        days += [day] * (b"BEGIN:VEVENT" in body)
    assert days == days_shown
