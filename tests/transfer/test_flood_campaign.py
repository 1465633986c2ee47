"""A flooded server answers other calls, refuses with a reason, and stops on request."""

from __future__ import annotations

from tests.conftest import SOAK
from tests.ical.reading.floods import files
from tests.transfer.flood_campaign import campaign

SAMPLE = ["interval of zero x 500", "30 February x 500", "small events", "zeros"]
ANSWERS = {"read", "INVALID_CALENDAR", "CALENDAR_TOO_COSTLY", "TOO_MANY_HEAVY_CALLS"}
# At the end, of calls that were under way or came too late.
ENDS = {"SERVER_STOPPING", "unavailable", "CANCELLED", "STORE_UNAVAILABLE"}


def test_flooded_server_answers_and_ends() -> None:
    figures = campaign(list(files()) if SOAK else SAMPLE, rounds=100 if SOAK else 3)
    assert set(figures.outcomes) <= ANSWERS | ENDS
    assert figures.outcomes["read"] > 0
    assert (figures.exit_code, figures.orphans) == (0, [])
