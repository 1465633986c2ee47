"""Subscribing with two programs: vdirsyncer copies a feed, khal shows the copy."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from summitry import Client
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.summit_pb2 import Summit

PROGRAMS = Path(sys.executable).parent

SYNC = """
[general]
status_path = "{root}/status"
[pair feed]
a = "remote"
b = "local"
collections = null
conflict_resolution = "a wins"
[storage remote]
type = "http"
url = "{url}"
[storage local]
type = "filesystem"
path = "{root}/copy"
fileext = ".ics"
"""
SHOW = """
[calendars]
[[feed]]
path = {root}/copy
type = calendar
[locale]
local_timezone = {zone}
default_timezone = {zone}
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {root}/khal-{name}.db
"""


class Reader(NamedTuple):
    """A folder with configuration and copy of somebody who subscribes."""

    root: Path
    url: str

    def run(self, program: str, *arguments: str) -> str:
        path = PROGRAMS / program
        if not path.is_file():
            pytest.skip(f"no {program}; make install has it")
        environment = {"HOME": str(self.root), "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [str(path), *arguments], capture_output=True, text=True, timeout=60, env=environment
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def sync(self) -> Counter[str]:
        """Run vdirsyncer and count its actions; it replaces an event that has changed."""
        config = self.root / "sync.ini"
        config.write_text(SYNC.format(root=self.root, url=self.url))
        if not (self.root / "status").exists():
            self.run("vdirsyncer", "-c", str(config), "discover")
        lines = self.run("vdirsyncer", "-c", str(config), "sync").splitlines()
        return Counter(line.split()[0] for line in lines if " item " in line)

    def copies(self) -> dict[str, tuple[int, bytes]]:
        """Return modification time and content of each file by the title in it."""
        files = (self.root / "copy").glob("*.ics")
        return {
            file.read_text().partition("SUMMARY;LANGUAGE=en:")[2].partition("\n")[0].strip(): (
                file.stat().st_mtime_ns,
                file.read_bytes(),
            )
            for file in files
        }

    def list_events(self, zone: str) -> list[str]:
        """Return the days and hours that khal shows in July 2026 in a zone."""
        name = zone.replace("/", "-")
        config = self.root / f"khal-{name}.conf"
        config.write_text(SHOW.format(root=self.root, zone=zone, name=name))
        form = "{start-date} {start-time} {end-date} {end-time} {title}"
        out = self.run("khal", "-c", str(config), "list", "--once", "--day-format", "", "--format", form, "2026-07-01", "10d")  # fmt: skip
        return [" ".join(line.split()) for line in out.splitlines() if line.strip()]


@pytest.fixture
def desk_client(service: Any) -> Iterator[Client]:
    with Client(service.grpc) as client:
        client.create(Calendar(titles=[{"text": "C"}]), id="c")
        days = {"dates": {"first_date": "2026-07-02", "last_date": "2026-07-04"}}
        client.create(Summit(titles=[{"text": "Summit"}], time=days, ical_uid="s@example.org"), "calendars/c", "s")  # fmt: skip
        for id_, hour, zone in (("a", 10, "Asia/Almaty"), ("b", 21, "America/New_York"), ("x", 9, "Africa/Cairo")):  # fmt: skip
            points = [
                {"civil_time": f"2026-07-03T{hour + more:02}:00", "time_zone": zone}
                for more in (0, 2)
            ]
            meeting = Meeting(
                titles=[{"text": f"Talks {id_}"}],
                time={"timed": {"start": points[0], "end": points[1]}},
                ical_uid=f"{id_}@example.org",
            )
            client.create(meeting, "calendars/c", id_)
        yield client


@pytest.fixture
def reader(service: Any, tmp_path: Path) -> Reader:
    (tmp_path / "copy").mkdir()
    return Reader(tmp_path, f"{service.http}/feeds/c.ics")


def test_vdirsyncer_copies_only_what_changed(
    service: Any, desk_client: Client, reader: Reader
) -> None:
    assert reader.sync() == {"Copying": 4}
    first = reader.copies()
    assert first.keys() == {"Summit", "Talks a", "Talks b", "Talks x"}
    service.clock.time += 86400
    assert reader.sync() == {} and reader.copies() == first

    record = desk_client.get("calendars/c/meetings/a", Meeting)
    record.titles[0].text = "Talks, longer"
    desk_client.update(record)
    assert reader.sync() == {"Copying": 1, "Deleting": 1}
    second = reader.copies()
    assert second.keys() == {"Summit", "Talks\\, longer", "Talks b", "Talks x"}
    assert {title for title in first if first[title] == second.get(title)} == {
        "Summit",
        "Talks b",
        "Talks x",
    }

    desk_client.delete("calendars/c/meetings/b")
    assert reader.sync() == {"Deleting": 1}
    assert reader.copies().keys() == {"Summit", "Talks\\, longer", "Talks x"}


@pytest.mark.parametrize(
    ("zone", "almaty", "new_york", "cairo"),
    [
        ("Asia/Almaty", "2026-07-03 10:00 2026-07-03 12:00", "2026-07-04 06:00 2026-07-04 08:00", "2026-07-03 11:00 2026-07-03 13:00"),
        ("Europe/Paris", "2026-07-03 07:00 2026-07-03 09:00", "2026-07-04 03:00 2026-07-04 05:00", "2026-07-03 08:00 2026-07-03 10:00"),
    ],
    ids=["Almaty", "Paris"],
)  # fmt: skip
def test_khal_lists_days_and_hours_in_the_zone_of_the_reader(
    desk_client: Client, reader: Reader, zone: str, almaty: str, new_york: str, cairo: str
) -> None:
    assert reader.sync() == {"Copying": 4}
    event_lines = {
        line.rpartition(" Talks ")[2] if "Talks" in line else "s": line
        for line in reader.list_events(zone)
    }
    assert event_lines["s"].startswith("2026-07-02") and "2026-07-04" in event_lines["s"]
    assert event_lines["a"].startswith(almaty)
    assert event_lines["b"].startswith(new_york)
    assert event_lines["x"].startswith(cairo)
