"""Which versions of records a view has, by calendar, deletion and visibility."""

from __future__ import annotations

import math

import pytest

from summitry.v1.filter_pb2 import Filter
from summitry_server.domain.changes.views import FollowerView, RecordVersion, ViewState
from summitry_server.domain.search.facets import condition_of
from summitry_server.store.contract import Row

NOW = 1000


def version(name: str, *, deleted: bool = False, public_from: float = 0) -> RecordVersion:
    calendar = "/".join(name.split("/")[:2])
    return RecordVersion(
        Row(name, 2, calendar, name, 1, NOW, deleted, (), "", (), b""), public_from, ""
    )


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(version("calendars/c/summits/s"), True, id="of the calendar"),
        pytest.param(version("calendars/d/summits/s"), False, id="of another calendar"),
        pytest.param(version("calendars/c/summits/s", deleted=True), False, id="deleted"),
        pytest.param(
            version("calendars/c/summits/s", public_from=NOW + 1), False, id="under embargo"
        ),
        pytest.param(
            version("calendars/c/summits/s", public_from=NOW), True, id="embargo that ends now"
        ),
        pytest.param(
            version("calendars/c/summits/s", public_from=math.inf), False, id="not public"
        ),
    ],
)
def test_public_view_of_a_calendar_has_this_version(record: RecordVersion, expected: bool) -> None:
    view = FollowerView("calendars/c", condition_of(Filter()), None, None, True)
    assert view.sees(record, ViewState((), NOW)) is expected
