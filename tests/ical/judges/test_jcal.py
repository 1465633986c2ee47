"""jCal (RFC 7265): the same as ical.js makes of the file, and the same file again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.ical import render_calendar
from summitry.ical.jcal import render_jcal, to_jcal
from summitry.ical.text import clean, escape, unescape

MODULES = Path(__file__).resolve().parents[2] / "interop" / "node_modules"
NODE = shutil.which("node")
# ical.js, with the properties of RFC 7986 and RFC 9073 that it does not know.
PARSE = """
const ICAL = require("ical.js");
const {property, param} = ICAL.design.icalendar;
property.name = property["participant-type"] = {defaultType: "text"};
param.feature = {multiValue: ","};
console.log(JSON.stringify(ICAL.parse(require("fs").readFileSync(0, "utf8"))));
"""
FILES = {
    "core": {"language": "en"},
    "core-fr-span": {"language": "fr", "partial": "span"},
    "core-ar": {"language": "ar", "partial": "span"},
    "local": {"times": "local", "cancelled": "mark"},
    "rich": {"profile": "rich", "times": "local"},
}


def sorted_members(part: Any) -> Any:
    """Sort the properties, whose order means nothing (RFC 7265 section 3.3)."""
    name, properties, components = part
    return [
        name,
        sorted(properties, key=json.dumps),
        [sorted_members(component) for component in components],
    ]


def by_ical_js(data: bytes) -> Any:
    if NODE is None or not (MODULES / "ical.js").is_dir():
        pytest.skip("no node, or no ical.js; make interop installs it")
    done = subprocess.run(
        [NODE, "-e", PARSE], input=data, capture_output=True, timeout=60, check=True,
        env={"NODE_PATH": str(MODULES)},
    )  # fmt: skip
    return json.loads(done.stdout)


def lines(component: Any) -> list[str]:
    """Return the content lines in the order of the library.

    A VALUE that says the type by default is left out: jCal has types, and the library is free to
    write them or not.
    """
    unfolded = component.to_ical().replace(b"\r\n ", b"").decode()
    return re.sub(";VALUE=(TEXT|URI|DURATION)(?=[;:])", "", unfolded).split("\r\n")


@pytest.mark.parametrize("name", FILES)
class TestTheDesk:
    def test_equals_what_ical_js_reads(self, desk: Any, name: str) -> None:
        data = render_calendar(desk.calendar, desk.records, **FILES[name])
        ours = json.loads(render_jcal(desk.calendar, desk.records, **FILES[name]))
        assert sorted_members(ours) == sorted_members(by_ical_js(data))

    def test_gives_the_same_lines_again(self, desk: Any, name: str) -> None:
        data = render_calendar(desk.calendar, desk.records, **FILES[name])
        again = icalendar.Component.from_jcal(to_jcal(data))
        assert lines(again) == lines(icalendar.Calendar.from_ical(data))


def test_feeds_equal_what_ical_js_reads(feed: Any) -> None:
    data = feed.part(150).data
    assert sorted_members(json.loads(json.dumps(to_jcal(data)))) == sorted_members(by_ical_js(data))


def test_rich_feeds_equal_what_ical_js_reads(rich_feed: Any) -> None:
    assert sorted_members(to_jcal(rich_feed.data)) == sorted_members(by_ical_js(rich_feed.data))


def properties_named(part: Any, name: str) -> list[Any]:
    """Return all properties of a name in a component and below it."""
    _, properties, components = part
    own = [prop for prop in properties if prop[0] == name]
    return own + [prop for component in components for prop in properties_named(component, name)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("categories", ["categories", {"language": "en"}, "text", "Notice", "Security level"]),
        ("geo", ["geo", {}, "float", [51.1187, 71.4725]]),
        ("dtstart", ["dtstart", {}, "date", "2024-07-03"]),
        ("dtstart", ["dtstart", {"tzid": "Asia/Almaty"}, "date-time", "2024-07-04T10:00:00"]),
        ("dtstart", ["dtstart", {}, "date-time", "1962-07-04T14:00:00Z"]),
        ("tzoffsetto", ["tzoffsetto", {}, "utc-offset", "+05:00"]),
        ("rrule", ["rrule", {}, "recur", {"freq": "YEARLY", "byday": "-1SU", "bymonth": 3}]),
        ("sequence", ["sequence", {}, "integer", 5]),
        ("refresh-interval", ["refresh-interval", {}, "duration", "PT1H"]),
        ("name", ["name", {}, "text", "Palace of Independence, Astana, KZ"]),
        ("x-wr-caldesc", ["x-wr-caldesc", {}, "unknown", r"The summit\; and what surrounds it"]),
        ("participant-type", ["participant-type", {}, "text", "ACTIVE"]),
        ("attach", ["attach", {}, "uri", "https://summit.example/d.pdf"]),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value[3:])[:30],
)
def test_values_have_their_types(desk: Any, name: str, expected: list[Any]) -> None:
    data = render_calendar(desk.calendar, desk.records, profile="rich")
    assert expected in properties_named(to_jcal(data), name)


TEXTS = st.text(
    st.one_of(st.sampled_from('\\;,:"^\n\t nN'), st.characters(exclude_categories=["Cs"])),
    max_size=40,
)


@given(TEXTS)
def test_escaped_text_is_unescaped_to_the_same(text: str) -> None:
    assert unescape(escape(text)) == clean(text)


# The library takes a backslash in a parameter for an escape, of which RFC 5545 3.2 knows none:
# docs/icalendar.md.
LABELS = TEXTS.map(lambda text: text.replace("\\", ""))


@given(title=TEXTS, summary=TEXTS, label=LABELS)
def test_any_text_is_rendered_unchanged(make: Any, title: str, summary: str, label: str) -> None:
    facts = {
        "titles": [{"text": f"T{title}", "language_code": "en"}],
        "summaries": [{"text": f"S{summary}E", "language_code": "en"}],
        "links": [{"url": "https://s.example/", "label": label, "relation": "LINK_RELATION_STREAM"}],
        "time": {"dates": {"first_date": "0044-03-15", "last_date": "0044-03-15"}},
    }  # fmt: skip
    meeting = make("meetings/m", facts)
    part = json.loads(render_jcal(make("calendars/astana-2024"), [meeting]))
    assert properties_named(part, "summary")[0][3] == " ".join(clean(f"T{title}").split())
    assert properties_named(part, "description")[0][3].startswith(clean(f"S{summary}E"))
    assert properties_named(part, "conference")[0][1].get("label", "") == clean(label)
    assert properties_named(part, "dtstart")[0][3] == "0044-03-15"


@pytest.mark.parametrize(
    "data",
    [b"", b"BEGIN:VCALENDAR\r\n", b"BEGIN:VEVENT\r\nDTSTART:tomorrow\r\nEND:VEVENT\r\n"],
    ids=["empty", "open", "no-date"],
)
def test_data_without_a_calendar_is_rejected(data: bytes) -> None:
    with pytest.raises(ValueError):
        to_jcal(data)
