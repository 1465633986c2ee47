"""Followers killed under writers end equal to the store, with each change delivered once."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from summitry import Calendar, Client, Summit, TokenFile, UnavailableError, View
from summitry.v1.change_service_pb2 import Change, ChangeKind
from summitry.watching import Batch, WatchEvent

CALENDAR = "calendars/c"
RECORDS = 6


class Writer:
    """Writes until it is stopped; remembers what was acknowledged."""

    def __init__(self, address: str, number: int) -> None:
        self.acknowledged: dict[str, int] = {}
        self._address, self._number = address, number
        self._stop = threading.Event()
        self._has_written = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def wait_for_all_records(self) -> None:
        """Wait until each of its records was written and acknowledged once."""
        assert self._has_written.wait(120)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _write(self) -> None:
        edition = 0
        with Client(self._address, timeout=5) as client:
            while not self._stop.is_set():
                edition += 1
                name = f"{CALENDAR}/summits/w{self._number}-{edition % RECORDS}"
                try:
                    client.update(Summit(name=name, edition=edition), allow_missing=True)
                except UnavailableError:  # whether it was written is not known
                    time.sleep(0.05)
                else:
                    self.acknowledged[name] = edition
                    if len(self.acknowledged) == RECORDS:
                        self._has_written.set()
                time.sleep(0.002)


@contextmanager
def writers(address: str) -> Iterator[list[Writer]]:
    started = [Writer(address, number) for number in range(2)]
    try:
        yield started
    finally:
        for writer in started:
            writer.stop()


class Job:
    """A job that runs `sync` now and then: records by name, and a token in a file."""

    def __init__(self, address: str, path: Path) -> None:
        self._address, self._path = address, path
        self.etags: dict[str, str] = {}

    def run(self) -> None:
        with Client(self._address) as client:
            grpc.channel_ready_future(client._channel).result(30)
            apply(self.etags, client.sync(CALENDAR, token_store=TokenFile(self._path)))


def apply(etags: dict[str, str], changes: Iterable[Change]) -> None:
    for change in changes:
        assert change.kind == ChangeKind.CHANGE_KIND_UPSERT
        record = getattr(change.record, change.record.WhichOneof("record") or "")
        assert etags.get(change.name) != record.etag, "told twice"
        etags[change.name] = record.etag


def test_followers_end_with_what_the_store_has(
    follow: Any, process: Any, tmp_path: Path, soak: bool
) -> None:
    process.write(Calendar(name=CALENDAR))
    job, view = Job(process.address, tmp_path / "token"), View()
    watch = follow(process.address, CALENDAR, view=view, on_break=lambda _: None).caught_up()
    with writers(process.address) as started:
        chance = random.Random(20240703)
        for _ in range(60 if soak else 2):
            time.sleep(chance.uniform(0, 0.3))
            process.end()
            process.start()
            job.run()
        for writer in started:
            writer.wait_for_all_records()
    job.run()
    with Client(process.address) as client:
        grpc.channel_ready_future(client._channel).result(30)
        stored = {record.name: record for record in client.list(Summit, CALENDAR)}
        assert view.wait_for(client.header.revision, timeout=60)
    etags = {name: record.etag for name, record in stored.items()}
    del job.etags[CALENDAR]
    assert view.etags().items() >= etags.items() and len(view) == len(etags) + 1
    assert job.etags == etags
    editions = {n: edition for writer in started for n, edition in writer.acknowledged.items()}
    assert len(editions) == 2 * RECORDS
    assert [n for n, edition in editions.items() if stored[n].edition < edition] == []
    check_order(watch.stop().batches)


def check_order(batches: list[Any]) -> None:
    """Assert that changes come in order after the state, and that revisions stay whole."""
    etags: dict[str, str] = {}
    place = (0, 0)
    for batch in batches:
        apply(etags, batch.changes)
        if batch.caught_up and batch.changes:
            places = [(change.revision, change.position) for change in batch.changes]
            assert places == sorted(set(places)) and places[0] > place
            place = places[-1]
            assert batch.changes[-1].last
    assert place > (0, 0)


@pytest.mark.parametrize("revisions", [[2, 1], [1, 1], []], ids=["backwards", "twice", "nothing"])
def test_order_check_detects_disorder(revisions: list[int]) -> None:
    """The check of the order fails where changes are out of order."""
    batches = [
        Batch(WatchEvent.CHANGES, [upserted(revision)], "", revision, True)
        for revision in revisions
    ]
    with pytest.raises(AssertionError):
        check_order(batches)


def upserted(revision: int) -> Change:
    change = Change(kind=ChangeKind.CHANGE_KIND_UPSERT, revision=revision, last=True)
    change.record.summit.etag = str(revision)
    return change
