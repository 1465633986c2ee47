"""A store that is put back from a copy and written on: all that held its history recognises it."""

from __future__ import annotations

import random
import shutil
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from summitry import AbortedError, Client, NotFoundError
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.summit_pb2 import Summit
from summitry.watching import View, WatchEvent

CALENDAR = "calendars/c"
CAUGHT_UP = WatchEvent.CAUGHT_UP
DAYS = {"firstDate": "2024-07-01", "lastDate": "2024-07-09", "timeZone": "UTC"}
WINDOW = {"window": {"dates": DAYS}}


class Desk:
    """A service on a file that can be copied and put back, with a client of it."""

    def __init__(self, folder: Path, start: Any) -> None:
        self.file = folder / "s.db"
        self._start = start
        self.open()

    def open(self) -> None:
        # Time enough to close the store on a busy machine: the next one opens the same file.
        self.service = self._start("--store", f"sqlite:///{self.file}", "--grace", "30")
        self.client = Client(self.service.grpc)

    def close(self) -> None:
        self.client.close()
        self.service.channel.close()
        self.service.application.stop()

    def copy(self, to: Path) -> Path:
        """Copy the store as a backup does, while it is served."""
        with closing(sqlite3.connect(self.file)) as there, closing(sqlite3.connect(to)) as here:
            there.backup(here)
        shutil.copy(self.mark(self.file), self.mark(to))
        return to

    def put_back(self, copy: Path, mark: str = "none") -> None:
        """Stop, replace the file, and start again.

        `mark`: what becomes of the head mark. Only if it is "kept" the server knows at start.
        """
        self.close()
        shutil.copy(copy, self.file)
        if mark != "kept":
            self.mark(self.file).unlink()
        if mark == "copied":
            shutil.copy(self.mark(copy), self.mark(self.file))
        self.open()

    def mark(self, file: Path) -> Path:
        return file.with_name(f"{file.name}.head")


@pytest.fixture
def desk(tmp_path: Path, start: Any) -> Iterator[Desk]:
    desk = Desk(tmp_path, start)
    desk.client.create(Calendar(name=CALENDAR))
    yield desk
    desk.client.close()


def summit(number: int, series: str = "") -> Summit:
    return Summit(name=f"{CALENDAR}/summits/s{number}", series=series)


def went_back(desk: Desk, tmp_path: Path) -> str:
    """Let a store lose what was written after a copy, and come to the same revision again.

    Returns the etag that the lost version of `s0` had.
    """
    desk.client.create(summit(0, "first"))
    copy = desk.copy(tmp_path / "copy.db")
    lost_version = desk.client.update(summit(0, "lost"), ["series"])
    desk.put_back(copy)
    again = desk.client.update(summit(0, "written again"), ["series"])
    assert lost_version.revision == again.revision
    return lost_version.etag


def test_an_etag_of_lost_content_guards_no_update(desk: Desk, tmp_path: Path) -> None:
    etag = went_back(desk, tmp_path)
    with pytest.raises(AbortedError) as refusal:
        desk.client.update(Summit(name=summit(0).name, series="blind", etag=etag), ["series"])
    assert refusal.value.reason == "ETAG_MISMATCH"
    assert desk.client.get(summit(0).name).series == "written again"


PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "list": ("ListSummits", {"parent": CALENDAR}),
    "list in a window": ("ListSummits", {"parent": CALENDAR, **WINDOW}),
    "list as of a time": (
        "ListSummits",
        {"parent": CALENDAR, "asOf": {"time": "2030-01-01T00:00:00Z"}},
    ),
    "agenda": ("QueryAgenda", {"parent": CALENDAR, **WINDOW}),
    "revisions": ("ListRevisions", {"name": f"{CALENDAR}/summits/s0"}),
}


@pytest.mark.parametrize(("rpc", "fields"), PAGES.values(), ids=PAGES)
def test_a_page_token_of_a_lost_history_is_refused(
    desk: Desk, tmp_path: Path, api_class: Any, rpc: str, fields: dict[str, Any]
) -> None:
    def fill(series: str) -> None:
        for number in range(2, 5):
            new_summit = summit(number, series)
            new_summit.time.dates.first_date = new_summit.time.dates.last_date = "2024-07-03"
            new_summit.time.dates.time_zone = "UTC"
            desk.client.create(new_summit)
        desk.client.update(summit(0, series), ["series"])

    desk.client.create(summit(0))
    copy = desk.copy(tmp_path / "copy.db")
    fill("lost")
    token = api_class(desk.service.channel)(rpc, page_size=1, **fields).next_page_token
    assert token
    desk.put_back(copy)
    fill("written again")
    refusal = api_class(desk.service.channel).refusal(rpc, page_size=1, page_token=token, **fields)
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "INVALID_PAGE_TOKEN")
    assert (refusal.field, "restored" in refusal.message) == ("page_token", True)


def test_a_page_token_of_the_common_history_goes_on(
    desk: Desk, tmp_path: Path, api_class: Any
) -> None:
    for number in range(3):
        desk.client.create(summit(number))
    question = {"parent": CALENDAR, "page_size": 1}
    token = api_class(desk.service.channel)("ListSummits", **question).next_page_token
    copy = desk.copy(tmp_path / "copy.db")
    desk.client.create(summit(9))
    desk.put_back(copy)
    page = api_class(desk.service.channel)("ListSummits", page_token=token, **question)
    assert [listed.name for listed in page.summits] == [summit(1).name]


def feed(desk: Desk, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{desk.service.http}/feeds/c.ics",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def test_a_feed_answers_200_to_the_etag_of_lost_content(desk: Desk, tmp_path: Path) -> None:
    desk.client.create(summit(0, "first"))
    copy = desk.copy(tmp_path / "copy.db")
    desk.client.update(summit(0, "lost"), ["series"])
    _, headers = feed(desk)
    assert feed(desk, If_None_Match=headers["ETag"])[0] == 304
    desk.put_back(copy)
    desk.client.update(summit(0, "written again"), ["series"])
    assert feed(desk, If_None_Match=headers["ETag"])[0] == 200


def test_a_feed_answers_200_to_the_date_of_lost_content(desk: Desk, tmp_path: Path) -> None:
    """Though what it shows now was written before: the date of the new epoch is later."""
    desk.client.create(summit(0, "first"))
    copy = desk.copy(tmp_path / "copy.db")
    desk.service.clock.time += 60
    desk.client.update(summit(0, "lost"), ["series"])
    desk.service.clock.time += 60
    _, headers = feed(desk)
    date = headers["Last-Modified"]
    assert feed(desk, If_Modified_Since=date)[0] == 304
    desk.put_back(copy, mark="kept")
    assert feed(desk, If_Modified_Since=date)[0] == 200


def test_sync_says_why_it_begins_again(desk: Desk, tmp_path: Path) -> None:
    desk.client.create(summit(0, "first"))
    copy = desk.copy(tmp_path / "copy.db")
    desk.client.update(summit(0, "lost"), ["series"])
    view = View()
    list(desk.client.sync(CALENDAR, view=view))
    desk.put_back(copy)
    desk.client.update(summit(0, "written again"), ["series"])
    list(desk.client.sync(CALENDAR, view=view))
    assert view[summit(0).name] == desk.client.get(summit(0).name)


# -- The drill: copies, restores, writers and followers in any order ------------------------------


class Drill:
    """Writers, followers and copies of one store, and what they have seen so far."""

    def __init__(self, desk: Desk, folder: Path, seed: int) -> None:
        self.desk, self.folder, self.random = desk, folder, random.Random(seed)
        self.copies = [desk.copy(folder / "copy-0.db")]
        self.views = [View() for _ in range(3)]
        self.contents: dict[tuple[str, str], bytes] = {}  # by name and etag: the content

    def note(self, record: Any) -> None:
        """Check that an etag stands for one content."""
        content = record.SerializeToString(deterministic=True)
        assert self.contents.setdefault((record.name, record.etag), content) == content

    def write(self) -> None:
        """Create, change, delete or restore a summit, whichever is possible."""
        client, new_summit = (
            self.desk.client,
            summit(self.random.randrange(6), str(self.random.random())),
        )
        stored = {
            listed.name: listed for listed in client.list(Summit, CALENDAR, show_deleted=True)
        }
        if new_summit.name not in stored:
            self.note(client.create(new_summit))
        elif stored[new_summit.name].HasField("delete_time"):
            self.note(client.undelete(new_summit.name))
        elif self.random.random() < 0.3:
            client.delete(new_summit.name)
        else:
            self.note(client.update(new_summit, ["series"]))

    def write_by_an_old_etag(self) -> None:
        """Write with an etag read at any time: it succeeds only on that content."""
        keys = [key for key in self.contents if key[0] != CALENDAR]
        if not keys:
            return
        name, etag = self.random.choice(keys)
        changed = Summit(name=name, series=f"{self.random.random()}", etag=etag)
        try:
            before = self.desk.client.get(name)
            updated = self.desk.client.update(changed, ["series"])
        except (AbortedError, NotFoundError):
            return
        assert self.contents[name, etag] == before.SerializeToString(deterministic=True)
        self.note(updated)

    def copy(self) -> None:
        self.copies.append(self.desk.copy(self.folder / f"copy-{len(self.copies)}.db"))

    def follow(self, view: View | None = None) -> None:
        """Bring a view up to the store, by pages or by a stream."""
        view = view if view is not None else self.random.choice(self.views)
        if self.random.random() < 0.5:
            list(self.desk.client.sync(CALENDAR, view=view))
        else:
            watch = self.desk.client.watch(CALENDAR, view=view)
            next(batch for batch in watch.batches() if batch.event == CAUGHT_UP)
            watch.close()
        for record in view.snapshot().values():
            self.note(record)

    def steps(self, most: int) -> None:
        """Take up to so many steps, in any order."""
        steps: list[Callable[[], None]] = [self.write] * 5 + [self.write_by_an_old_etag] * 2
        steps += [self.follow, self.copy]
        for step in self.random.choices(steps, k=self.random.randrange(most)):
            step()

    def check(self) -> None:
        """Check that every view ends equal to the store."""
        client = self.desk.client
        stored = {listed.name: listed for listed in client.list(Summit, CALENDAR)}
        stored[CALENDAR] = client.get(CALENDAR)
        for view in self.views:
            self.follow(view)
            assert view.snapshot() == stored


@pytest.mark.parametrize("seed", range(5))
def test_restore_drill(desk: Desk, tmp_path: Path, seed: int, soak: bool) -> None:
    """Ten restores each: no view differs from the store, no etag stands for two contents."""
    drill = Drill(desk, tmp_path, seed)
    for _ in range(200 if soak else 10):
        drill.steps(10)
        mark = drill.random.choice(["kept", "copied", "none"])
        desk.put_back(drill.random.choice(drill.copies), mark)
        drill.steps(10)
        drill.check()
