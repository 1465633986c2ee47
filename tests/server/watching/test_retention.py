"""How long superseded versions are kept, and what followers are told of it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from summitry_server.jobs.maintenance import DAY, Maintenance, compaction

ALL = {"parent": "calendars/c"}


def updates(api: Any, clock: Any, days: int) -> None:
    """Return one change a day."""
    for day in range(days):
        clock.time += DAY
        api("UpdateSummit", summit={"name": "calendars/c/summits/s", "series": f"day {day}"})


@pytest.mark.parametrize(
    ("days", "earliest"),
    [(0, 1), (30, 1), (9, 3), (3, 9), (1, 11)],
    ids=["all", "longer than it is old", "nine", "three", "one"],
)
def test_older_revisions_are_dropped(
    service: Any, world: Any, clock: Any, days: int, earliest: int
) -> None:
    """Ten days: revision 2 made the record, revision 12 was written today."""
    here = world(service)
    here.api.create("summits", "s")
    updates(here.api, clock, 10)
    store = service.application._store
    job = compaction(store, clock.now, days)
    for _ in range(2):
        job()
        assert here.api("GetHead").earliest_revision == earliest
    assert here.api("GetSummit", name="calendars/c/summits/s").summit.series == "day 9"
    revisions = here.api("ListRevisions", name="calendars/c/summits/s").revisions
    assert len(revisions) == 12 - max(earliest - 1, 2) + 1


def test_answers_state_the_retention_days(start: Any, world: Any, clock: Any) -> None:
    here = world(start("--http", "off", "--retention", "90"))
    assert here.api("GetHead").retention_days == 90
    assert here.api("ListChanges", view=ALL, now={}).retention_days == 90
    assert here.watch(view=ALL).until("CAUGHT_UP")[-1].retention_days == 90


def test_a_server_drops_what_is_too_old_by_itself(
    start: Any, world: Any, clock: Any, tmp_path: Any
) -> None:
    store = ("--http", "off", "--store", f"sqlite:///{tmp_path}/s.db")
    here = world(start(*store))
    here.api.create("summits", "s")
    updates(here.api, clock, 10)
    stream = here.watch(view=ALL)
    stream.until("CAUGHT_UP")
    here.stop()
    here = world(start(*store, "--retention", "3", "--trust-clock"), calendar=False)
    pause = threading.Event()
    while (head := here.api("GetHead")).earliest_revision == 1:
        pause.wait(0.01)
    assert (head.earliest_revision, head.retention_days) == (9, 3)
    rest = here.watch(view=ALL, token=stream.token).until("CAUGHT_UP")
    assert here.rows_of(rest) == ["CAUGHT_UP"], "a token of today is not older than the log"


def test_a_job_that_fails_is_tried_again(caplog: Any) -> None:
    done = threading.Event()
    runs: list[int] = []

    def fails() -> None:
        runs.append(1)
        if len(runs) == 3:
            done.set()
        raise OSError("no room")

    maintenance = Maintenance([fails], every=0.01)
    maintenance.start()
    assert done.wait(20)
    maintenance.stop()
    assert "tried again" in caplog.text
