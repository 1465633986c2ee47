"""Files before parsers of other people. Skipped by name where one is not installed."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import vobject

from summitry.ical import render_calendar

ROOT = Path(__file__).resolve().parents[1]
ICAL_JS = ROOT / "interop" / "node_modules" / "ical.js" / "dist" / "ical.es5.cjs"
NODE = shutil.which("node")

READ_WITH_ICAL_JS = """
const ICAL = require(process.argv[1]);
const text = require("fs").readFileSync(0, "utf8");
ICAL.design.strict = true;
const root = new ICAL.Component(ICAL.parse(text));
for (const zone of root.getAllSubcomponents("vtimezone"))
  ICAL.TimezoneService.register(new ICAL.Timezone(zone));
console.log(JSON.stringify(root.getAllSubcomponents("vevent").map((part) => {
  const event = new ICAL.Event(part);
  return [event.uid, event.startDate.isDate ? null : event.startDate.toUnixTime()];
})));
"""


@pytest.fixture(params=["desk-en", "desk-fr", "astana"])
def core(desk: Any, request: pytest.FixtureRequest) -> bytes:
    """The desk's calendar in two languages, and the feed of the sample from a real service."""
    name, _, language = request.param.partition("-")
    if name == "desk":
        return render_calendar(desk.calendar, desk.records, language=language, partial="span")
    service = request.getfixturevalue("astana")
    with urllib.request.urlopen(f"{service.http}/feeds/astana-2024.ics", timeout=10) as reply:
        data: bytes = reply.read()
    return data


def complaints(libical: ctypes.CDLL, data: bytes) -> tuple[int, bool]:
    """How many errors libical notes while parsing, and whether RFC 5546 is kept."""
    component = libical.icalparser_parse_string(data)
    assert component
    errors = libical.icalcomponent_count_errors(component)
    lawful = bool(libical.icalrestriction_check(component))
    libical.icalcomponent_free(component)
    return errors, lawful


def test_libical_has_nothing_to_say(libical: ctypes.CDLL, core: bytes) -> None:
    assert complaints(libical, core) == (0, True)


def test_libical_can_complain(libical: ctypes.CDLL, core: bytes) -> None:
    errors, lawful = complaints(libical, core.replace(b"\nORGANIZER;", b"\nORGANISER;"))
    assert errors > 0 and not lawful


def test_vobject(core: bytes) -> None:
    calendar = vobject.readOne(core.decode())
    calendar.validate(raiseException=True)
    assert len(calendar.vevent_list) == core.count(b"BEGIN:VEVENT") >= 9


@pytest.mark.skipif(NODE is None, reason="no node on this machine")
@pytest.mark.skipif(not ICAL_JS.is_file(), reason="no ical.js; make interop installs it")
@pytest.mark.parametrize("profile", ["core", "rich"])
def test_ical_js_reads_the_same_instants(desk: Any, profile: str) -> None:
    data = render_calendar(desk.calendar, desk.records, profile=profile)
    assert NODE
    done = subprocess.run(
        [NODE, "-e", READ_WITH_ICAL_JS, str(ICAL_JS)],
        input=data,
        capture_output=True,
        timeout=60,
        check=True,
    )
    shown = {
        record.uid: record.time.resolved.interval.start_time.seconds
        if record.time.HasField("timed")
        else None
        for record in desk.records
        if "delegations/" not in record.name and not record.time.HasField("partial")
    }
    assert dict(json.loads(done.stdout)) == shown
    assert done.stderr == b""
