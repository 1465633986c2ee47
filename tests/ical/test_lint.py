"""The lint by mutation: a good feed has nothing, and each fault made in it is found by one rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.ical import render_calendar
from summitry.ical.lint import RULES, lint
from summitry.zones import default_database
from tests.cpu import cpu_seconds

Change = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def good(desk: Any) -> bytes:
    return render_calendar(desk.calendar, desk.records, profile="rich", partial="span")


def swap(old: bytes, new: bytes) -> Change:
    """Replace the first `old` by `new`."""
    return lambda data: data.replace(old, new, 1)


def within(name: bytes, old: bytes, new: bytes) -> Change:
    """Replace in the first line that begins with `name`."""

    def change(data: bytes) -> bytes:
        start = data.index(b"\r\n" + name)
        return data[:start] + data[start:].replace(old, new, 1)

    return change


def without(pattern: bytes) -> Change:
    """Leave out every line of that form."""
    return lambda data: re.sub(rb"(?m)^" + pattern + rb"\r\n(?: .*\r\n)*", b"", data)


def doubled(data: bytes) -> bytes:
    event = re.search(rb"BEGIN:VEVENT.*?END:VEVENT\r\n", data, re.DOTALL)
    assert event
    return data.replace(event[0], event[0] * 2)


def many(data: bytes) -> bytes:
    event = re.search(rb"BEGIN:VEVENT.*?END:VEVENT\r\n", data, re.DOTALL)
    assert event
    uid = re.search(rb"UID:(.*?)\r\n", event[0])
    assert uid
    copies = [event[0].replace(uid[1], b"%d@example.org" % n) for n in range(1001)]
    return data.replace(b"END:VCALENDAR", b"".join(copies) + b"END:VCALENDAR")


def renamed(old: bytes, new: bytes) -> Change:
    return lambda data: data.replace(old, new)


STATUS = b"STATUS:CONFIRMED\r\n"
# A fault, and the one rule that finds it.
MUTATIONS: dict[str, tuple[Change, str]] = {
    "lf-only": (renamed(b"\r\n", b"\n"), "line-ends"),
    "one-lf": (swap(b"VERSION:2.0\r\n", b"VERSION:2.0\n"), "line-ends"),
    "one-cr": (swap(b"VERSION:2.0\r\n", b"VERSION:2.0\rX-A:b\r\n"), "line-ends"),
    "cr-only": (renamed(b"\r\n", b"\r"), "line-ends"),
    "no-last-line-end": (lambda data: data[:-2], "line-ends"),
    "empty-line": (swap(STATUS, STATUS + b"\r\n"), "line-ends"),
    "not-folded": (lambda data: data.replace(b"\r\n ", b""), "line-length"),
    "folded-by-characters": (swap(b"SUMMARY", b"X-A:" + "é".encode() * 72 + b"\r\nSUMMARY"), "line-length"),
    "folded-in-a-character": (swap(b"SUMMARY", b"X-A:\xc3\r\n \xa9\r\nSUMMARY"), "utf-8"),
    "latin-1": (swap(b"SUMMARY", b"X-A:\xe9\r\nSUMMARY"), "utf-8"),
    "byte-order-mark": (lambda data: b"\xef\xbb\xbf" + data, "utf-8"),
    "folded-in-an-escape": (swap(b"SUMMARY", b"X-A:a\\\r\n ,b\r\nSUMMARY"), "split-escape"),
    "nul": (swap(b"Plenary", b"Plen\x00ary"), "controls"),
    "c1": (swap(b"Plenary", b"Plen\xc2\x85ary"), "controls"),
    "no-colon": (swap(STATUS, STATUS + b"X-NOTHING\r\n"), "content-line"),
    "parameter-without-value": (swap(b"LANGUAGE=en:", b"LANGUAGE:"), "content-line"),
    "unquoted-semicolon": (swap(b'LABEL="Live: day 1"', b"LABEL=Live; day"), "content-line"),
    "no-end": (swap(b"END:VEVENT\r\n", b""), "content-line"),
    "too-many": (many, "size"),
    "no-value-parameter": (swap(b"REFRESH-INTERVAL;VALUE=DURATION", b"REFRESH-INTERVAL"), "value-type"),
    "value-as-value": (swap(b"REFRESH-INTERVAL;VALUE=DURATION:", b"REFRESH-INTERVAL:VALUE=DURATION:"), "value-type"),
    "stream-without-value": (swap(b"CONFERENCE;VALUE=URI", b"CONFERENCE"), "value-type"),
    "day-without-value": (within(b"DTSTART;VALUE=DATE:20240703", b";VALUE=DATE", b""), "value-type"),
    "no-time-at-all": (within(b"DTSTART:20240703", b"060000Z", b"0600Z"), "value-type"),
    "unquoted-colon": (swap(b"CN=Summitry", b"CN=A: B; C"), "uri"),
    "mailbox-without-scheme": (within(b"ORGANIZER", b"urn:uuid:", b""), "uri"),
    "blank-in-address": (within(b"URL:", b"https://", b"https:// "), "uri"),
    "bare-comma": (within(b"LOCATION", b"\\,", b","), "escape"),
    "bare-semicolon": (swap(b"Talks of 1962", b"Talks; of 1962"), "escape"),
    "windows-path": (swap(b"Talks of 1962", b"C:\\Talks"), "escape"),
    "html": (swap(b"Talks of 1962", b"<p>Talks</p>"), "html"),
    "local-stamp": (within(b"DTSTAMP", b"Z\r\n", b"\r\n"), "utc-stamp"),
    "stamp-of-a-day": (within(b"CREATED", b"T021320Z", b""), "utc-stamp"),
    "timestamp-as-sequence": (within(b"SEQUENCE", b":0", b":20240702060000"), "sequence"),
    "no-uid": (without(rb"UID:meetings-call.*"), "required"),
    "no-dtstamp": (without(rb"DTSTAMP.*"), "required"),
    "no-prodid": (without(rb"PRODID.*"), "required"),
    "no-start": (without(rb"DT(?:START|END);VALUE=DATE:2024070[357]"), "required"),
    "empty": (lambda _: b"BEGIN:VCALENDAR\r\nPRODID:a\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", "required"),
    "nothing": (lambda _: b"<html></html>\r\n", "content-line+required"),
    "same-event-twice": (doubled, "unique-uid"),
    "zero-days": (within(b"DTEND;VALUE=DATE:20240705", b"20240705", b"20240703"), "time-order"),
    "end-before-start": (within(b"DTEND;TZID=Asia/Almaty", b"T123000", b"T093000"), "time-order"),
    "day-and-time": (swap(b"DTEND;VALUE=DATE:20240705", b"DTEND:20240705T000000Z"), "time-order"),
    "day-with-zone": (swap(b"DTSTART;VALUE=DATE:20240703", b"DTSTART;VALUE=DATE;TZID=Asia/Almaty:20240703"), "time-order"),
    "end-and-duration": (swap(b"DTEND;VALUE=DATE:20240705", b"DURATION:P2D\r\nDTEND;VALUE=DATE:20240705"), "time-order"),
    "floating": (within(b"DTSTART:20240703T060000Z", b"Z", b""), "floating"),
    "no-organizer": (without(rb"ORGANIZER.*"), "published"),
    "attendee": (swap(STATUS, STATUS + b"ATTENDEE:mailto:a@example.org\r\n"), "published"),
    "no-refresh": (without(rb"(?:REFRESH-INTERVAL|X-PUBLISHED-TTL).*"), "refresh"),
    "no-vtimezone": (lambda data: re.sub(rb"BEGIN:VTIMEZONE\r\nTZID:Asia.*?END:VTIMEZONE\r\n", b"", data, flags=re.DOTALL), "zone-declared"),
    "windows-name": (renamed(b"Asia/Almaty:", b"Central Asia Standard Time:"), "zone-declared"),
    "windows-zone": (lambda data: data.replace(b"TZID:Asia/Almaty", b"TZID:Central Asia Standard Time").replace(b"TZID=Asia/Almaty", b'TZID="Central Asia Standard Time"'), "zone-known"),
    "fixed-offset": (lambda data: data.replace(b"TZID:Asia/Almaty", b'TZID:UTC+05:00').replace(b"TZID=Asia/Almaty", b'TZID="UTC+05:00"'), "zone-known"),
    "onset-in-utc": (within(b"DTSTART:2024", b"T000000\r\n", b"T000000Z\r\n"), "zone-onset"),
    "second-standard": (swap(b"BEGIN:STANDARD\r\n", b"BEGIN:STANDARD\r\nDTSTART:20200101T000000\r\nTZOFFSETFROM:+0600\r\nTZOFFSETTO:+0600\r\nEND:STANDARD\r\nBEGIN:STANDARD\r\n"), "zone-simple"),
    "rdate": (swap(b"TZNAME:+05\r\n", b"TZNAME:+05\r\nRDATE:20240301T000000\r\n"), "zone-simple"),
    "offsets-before-the-law": (renamed(b"TZOFFSETTO:+0500", b"TZOFFSETTO:+0600"), "zone-right"),
    "gmt-with-rules-of-london": (lambda data: data.replace(b"Europe/Paris", b"Europe/London"), "zone-right"),
    "rule-that-never-ends": (within(b"RRULE", b"FREQ=YEARLY", b"FREQ=YEARLY;INTERVAL=0"), "form+zone-right"),
    "geo-with-a-comma": (within(b"GEO", b";", b","), "form"),
    "geo-out-of-range": (swap(STATUS, STATUS + b"GEO:200;500\r\n"), "form"),
    "duration-without-p": (swap(b"DTEND;VALUE=DATE:20240705", b"DURATION:1H"), "form"),
    "status-of-no-event": (swap(b"STATUS:CONFIRMED", b"STATUS:CANCELED"), "form"),
    "rule-without-frequency": (swap(STATUS, STATUS + b"RRULE:\r\n"), "form"),
    "rule-of-no-frequency": (swap(STATUS, STATUS + b"RRULE:FREQ=FORTNIGHTLY\r\n"), "form"),
    "rule-out-of-range": (swap(STATUS, STATUS + b"RRULE:FREQ=DAILY;INTERVAL=0\r\n"), "form"),
    "language-with-an-underscore": (swap(b"LANGUAGE=en:", b"LANGUAGE=en_GB:"), "language"),
    "zone-and-utc": (within(b"DTSTART;TZID=Asia/Almaty:2024", b"00\r\n", b"00Z\r\n"), "zone-or-utc"),
    "status-twice": (swap(STATUS, STATUS * 2), "once"),
    "start-twice": (within(b"DTSTART:20240703T060000Z", b"\r\n", b"\r\nDTSTART:20240703T070000Z\r\n"), "once"),
    "exdate-of-a-day": (within(b"DTSTART:20240703T060000Z", b"\r\n", b"\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEXDATE;VALUE=DATE:20240704\r\n"), "same-type"),
    "until-of-a-day": (within(b"DTSTART:20240703T060000Z", b"\r\n", b"\r\nRRULE:FREQ=DAILY;UNTIL=20240705\r\n"), "same-type"),
    "preamble": (lambda data: b"X-HEADER:text\r\n" + data, "content-line"),
    "excluding-rule-out-of-range": (swap(STATUS, STATUS + b"EXRULE:FREQ=DAILY;INTERVAL=0\r\n"), "form"),
    "rule-of-hours": (swap(STATUS, STATUS + b"RRULE:FREQ=HOURLY;COUNT=2\r\n"), "import"),
    "class-of-ours": (swap(b"CLASS:PUBLIC", b"CLASS:X-SECRET"), "import"),
    "block-that-no-parser-reads": (swap(b"TZOFFSETTO:+0500", b"TZOFFSETTO:five"), "zone-right"),
}  # fmt: skip


def test_valid_feed_has_no_findings(good: bytes) -> None:
    assert lint(good) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_fault_is_reported_by_its_rule_only(good: bytes, name: str) -> None:
    change, rule = MUTATIONS[name]
    faulty = change(good)
    assert faulty != good
    rules = {finding.rule for finding in lint(faulty)}
    assert rules - {"import"} == set(rule.split("+")) - {"import"}
    assert "import" in rules or rule != "import"


def test_every_rule_has_a_fault_of_its_own() -> None:
    assert {rule for _, rule in MUTATIONS.values() if "+" not in rule} == set(RULES)


def test_page_lists_exactly_the_rules() -> None:
    page = (Path(__file__).parents[2] / "docs" / "icalendar.md").read_text(encoding="utf-8")
    table = page.partition("## Lint")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{name}` | {rule.level} | {rule.about} |" for name, rule in RULES.items()]


@pytest.mark.parametrize(
    ("name", "line"),
    [("one-lf", b"VERSION:2.0"), ("bare-comma", b"LOCATION"), ("windows-path", b"SUMMARY")],
)
def test_finding_has_the_number_of_its_line(good: bytes, name: str, line: bytes) -> None:
    changed = MUTATIONS[name][0](good)
    (finding,) = lint(changed)
    assert changed.replace(b"\r\n", b"\n").split(b"\n")[finding.line - 1].startswith(line)


def test_allowed_lines_have_no_findings(good: bytes) -> None:
    allowed = (
        b'X-UNKNOWN;X-A="a:b;c";X-B=c,d:whatever; it, is\\q\r\n'
        b"COMMENT:caf\xc3\xa9 \\; \\, \\n \\N \\\\ a < b\r\n"
        b"CATEGORIES:a,b\r\n"
    )
    assert lint(good.replace(STATUS, STATUS + allowed, 1)) == []


def test_repeated_wall_time_has_no_findings(make: Any) -> None:
    record = make(
        "meetings/m",
        time={
            "timed": {
                "start": {
                    "civil_time": "2024-10-27T02:30",
                    "time_zone": "Europe/Paris",
                    "disambiguation": 2,
                }
            }
        },
    )
    assert lint(render_calendar(make("calendars/c"), [record])) == []


def test_findings_are_bounded() -> None:
    assert len(lint(b"x\r\n" * 10_000)) == 102  # and that there is no VCALENDAR, said by two rules


@given(st.lists(st.sampled_from([
    b"BEGIN:VCALENDAR\r\n", b"END:VCALENDAR\r\n", b"BEGIN:VTIMEZONE\r\n", b"END:VTIMEZONE\r\n",
    b"BEGIN:STANDARD\r\n", b"END:STANDARD\r\n", b"TZID:Europe/Paris\r\n", b"TZID:\r\n",
    b"DTSTART;TZID=Europe/Paris:20240101T000000\r\n", b"DTEND;TZID=Europe/Paris:99999999T999999\r\n",
    b"DTSTART:20240101T000000\r\n", b"TZOFFSETFROM:+9999\r\n", b"TZOFFSETTO:\r\n", b"RRULE:FREQ=SECONDLY\r\n",
    b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n", b"SEQUENCE:" + b"9" * 5000 + b"\r\n", b"\\", b":", b";", b'"',
    b" ", b"\n", b"\xff", b"UID:\r\n", b"METHOD:PUBLISH\r\n", b"EXDATE;TZID=Europe/Paris:x,,y\r\n",
])).map(b"".join) | st.binary(max_size=200))  # fmt: skip
def test_any_data_gives_findings_without_an_error(data: bytes) -> None:
    for finding in lint(data, zones=default_database()):
        assert finding.line >= 1 and finding.text and finding.rule in RULES


PIECES = [b"\\", b'"', b";a=", b",", b"a", b";", b'";"', b"<a "]


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.decode())
def test_cost_of_a_long_line_grows_no_faster_than_its_length(piece: bytes) -> None:
    """Half a second is used for what a rule that is quadratic needs minutes for."""
    with cpu_seconds(20):
        lint(b"BEGIN:VCALENDAR\r\nSUMMARY:" + piece * 400_000 + b"\r\nA" + piece * 400_000)
