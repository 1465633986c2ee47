"""What foreign programs write against the standards: mended, cut or left out, each with a warning."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.ical.lint import lint
from summitry.ical.reading import CalendarTextError, html
from summitry.ical.text import escape
from tests.ical.reading.files import DESK, calendar, read_all

START = "DTSTART:20260302T090000Z"
UID = "UID:a@example.org"
STRICT = DESK._replace(is_strict=True)


def read(lines: str, head: str = "") -> tuple[dict[str, Any], list[str]]:
    """Return the one record of an event, and the warnings."""
    result = read_all(calendar(f"{UID}\n{START}\n{lines}", head=head))
    ((_, record),) = result.records
    return record, [text for _, text in result.warnings]


@pytest.mark.parametrize(
    ("lines", "field", "value", "warning"),
    [
        (
            "LOCATION:1 Street\\n75001 Paris\\n\\nFrance",
            "places",
            [{"source_text": "1 Street, 75001 Paris, France"}],
            'LOCATION has 3 lines: joined by ", "',
        ),
        (
            "SUMMARY:Bilateral\\nMinisters",
            "titles",
            [{"text": "Bilateral, Ministers"}],
            'SUMMARY has 2 lines: joined by ", "',
        ),
        (
            f"SUMMARY:{'x' * 1025}",
            "titles",
            [{"text": "x" * 1023 + "…"}],
            "SUMMARY is cut: 1025 characters, 1024 are kept",
        ),
        (
            f"LOCATION:{'x' * 2000}",
            "places",
            [{"source_text": "x" * 1023 + "…"}],
            "LOCATION is cut: 2000 characters, 1024 are kept",
        ),
        (
            "SUMMARY;LANGUAGE=fr_FR:Séance",
            "titles",
            [{"text": "Séance", "language_code": "fr-FR"}],
            "SUMMARY: LANGUAGE=fr_FR is read as fr-FR",
        ),
        (
            "SUMMARY;LANGUAGE=francais-de-france:Séance",
            "titles",
            [{"text": "Séance", "language_code": "francais-de-france"}],
            "",
        ),
        (
            "SUMMARY;LANGUAGE=x:Séance",
            "titles",
            [{"text": "Séance"}],
            "SUMMARY: LANGUAGE=x is no language tag and left out",
        ),
        (
            "URL:https://example.org/a b",
            "links",
            [{"relation": "LINK_RELATION_ABOUT", "url": "https://example.org/a%20b"}],
            "URL https://example.org/a b is read as https://example.org/a%20b",
        ),
        ("URL:https:// /x", "links", None, "URL https:// /x is no web address: left out"),
        ("GEO:200;500", "places", None, "GEO is broken and left out: '200;500' is outside of 90 and 180 degrees"),
        ("STATUS:CANCELED", "status", "EVENT_STATUS_CANCELLED", "STATUS:CANCELED is read as CANCELLED"),
        (
            "DESCRIPTION:<p>Join <a href=\"https://x.example/?a=1&amp;b=2\">here</a></p><br>Room&nbsp;2",
            "summaries",
            [{"text": "Join here (https://x.example/?a=1&b=2)\nRoom 2"}],
            "DESCRIPTION has HTML: read as plain text",
        ),
        (f"DESCRIPTION:{'x' * 17000}", "summaries", [{"text": "x" * 16383 + "…"}], "DESCRIPTION is cut: 17000 characters, 16384 are kept"),
        ("ORGANIZER=\"mailto:o@example.org\"", "titles", None, "a line is left out, as it is no content line: 'ORGANIZER=\"mailto:o@example.org\"'"),
    ],
)  # fmt: skip
def test_value_is_mended_with_one_warning(
    lines: str, field: str, value: object, warning: str
) -> None:
    record, warnings = read(lines)
    assert record.get(field) == value
    assert warnings == ([warning] if warning else [])


@pytest.mark.parametrize(
    "title", ["Canceled: Talks", "Cancelled: Talks", "ANNULÉ : Talks", "Abgesagt: Talks"]
)
@pytest.mark.parametrize("status", ["", "STATUS:CONFIRMED\n", "STATUS:CANCELLED\n"])
def test_title_that_says_cancelled_is_a_status(title: str, status: str) -> None:
    record, warnings = read(f"{status}SUMMARY:{title}")
    assert (record["status"], record["status_text"]) == ("EVENT_STATUS_CANCELLED", "CANCELLED")
    assert record["titles"] == [{"text": "Talks"}]
    assert len(warnings) == (1 if "CANCELLED" in status else 2)


@pytest.mark.parametrize("title", ["Canceled:", "Talks: Canceled: x", "Cancelling: Talks"])
def test_title_about_something_else_is_no_status(title: str) -> None:
    record, warnings = read(f"SUMMARY:{title}")
    assert "status" not in record
    assert record["titles"] == [{"text": title}]
    assert not warnings


def test_attachments_and_html_copies_are_not_kept() -> None:
    lines = f"ATTACH;ENCODING=BASE64;VALUE=BINARY:{'A' * 70_000}\nX-ALT-DESC;FMTTYPE=text/html:<p>x"
    link = "ATTACH:https://example.org/agenda.pdf"
    record, warnings = read(f"{lines}\nCONTACT:x\n{link}")
    assert link in record["original"]
    assert "BASE64" not in record["original"] and "X-ALT-DESC" not in record["original"]
    assert "CONTACT:x" in record["original"]
    assert warnings == ["attachments and X-ALT-DESC are left out of `original`"]


def test_event_without_uid_has_the_same_id_each_time() -> None:
    first = read_all(calendar(f"{START}\nSUMMARY:Talks\nDTSTAMP:20260101T000000Z"))
    again = read_all(calendar(f"DTSTAMP:20260201T000000Z\nSUMMARY:Talks \nLOCATION:x\n{START}"))
    retitled = read_all(calendar(f"{START}\nSUMMARY:Other talks"))
    uids = [result.records[0][1]["ical_uid"] for result in (first, again, retitled)]
    assert uids[0] == uids[1] != uids[2]
    assert uids[0].startswith("no-uid-")
    assert first.warnings == [(1, "UID is missing: derived from DTSTART and SUMMARY")]


def test_event_without_uid_and_start_is_refused() -> None:
    result = read_all(calendar("SUMMARY:Talks"))
    assert result.faults == [(1, "UID and DTSTART are missing")]


@pytest.mark.parametrize("method", ["REPLY", "COUNTER", "REFRESH", "DECLINECOUNTER", "reply"])
def test_answers_and_questions_of_itip_are_refused(method: str) -> None:
    result = read_all(calendar(f"{UID}\n{START}", head=f"METHOD:{method}\n"))
    assert not result.records
    ((position, text),) = result.faults
    assert position == 1
    assert text.startswith(f"METHOD:{method.upper()} is not imported: ")


@pytest.mark.parametrize("method", ["REQUEST", "PUBLISH", "ADD", "CANCEL"])
def test_methods_that_say_how_an_event_is_are_read(method: str) -> None:
    record, warnings = read("SUMMARY:x", head=f"METHOD:{method}\n")
    assert (record.get("status") == "EVENT_STATUS_CANCELLED") == (method == "CANCEL")
    assert not warnings


def test_unknown_method_is_reported_for_the_file() -> None:
    result = read_all(calendar(f"{UID}\n{START}", head="METHOD:SUGGEST\n"))
    assert len(result.records) == 1
    assert result.warnings == [(0, "METHOD:SUGGEST is not known: the events are read")]


def test_components_that_are_no_events_are_counted() -> None:
    todo = "BEGIN:VTODO\nUID:t\nSUMMARY:x\nEND:VTODO\n"
    result = read_all(calendar(head=todo * 3 + "BEGIN:VJOURNAL\nEND:VJOURNAL\n"))
    assert result.warnings == [
        (0, "1 VJOURNAL left out: events alone (VEVENT) are imported"),
        (0, "3 VTODO left out: events alone (VEVENT) are imported"),
    ]


@pytest.mark.parametrize(
    ("lines", "zone", "dates"),
    [
        (
            "DTSTART;TZID=Europe/Paris:20260702T000000\nDTEND;TZID=Europe/Paris:20260704T000000\n"
            "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
            "",
            ("2026-07-02", "2026-07-03"),
        ),
        (
            "DTSTART;TZID=Europe/Paris:20260702T000000\nDURATION:P1D\n"
            "X-MICROSOFT-CDO-ALLDAYEVENT:true",
            "",
            ("2026-07-02", "2026-07-02"),
        ),
        (
            "DTSTART:20120522T220000Z\nDTEND:20120523T220000Z",
            "Europe/Brussels",
            ("2012-05-23", "2012-05-23"),
        ),
        (
            "DTSTART:20261024T220000Z\nDTEND:20261026T230000Z",
            "Europe/Brussels",
            ("2026-10-25", "2026-10-26"),
        ),
        (
            "DTSTART:20260702T000000Z\nDTEND:20260703T000000Z\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
            "",
            ("2026-07-02", "2026-07-02"),
        ),
    ],
    ids=[
        "Outlook",
        "Outlook with a duration",
        "UTC",
        "UTC over a change of clocks",
        "UTC of Outlook",
    ],
)
def test_hours_from_midnight_to_midnight_are_days(
    lines: str, zone: str, dates: tuple[str, str]
) -> None:
    result = read_all(calendar(f"{UID}\n{lines}"), DESK._replace(zone=zone))
    ((_, record),) = result.records
    assert record["time"] == {"dates": {"first_date": dates[0], "last_date": dates[1]}}
    assert result.warnings == [(1, "DTSTART and DTEND are midnights: read as whole days")]


@pytest.mark.parametrize(
    ("lines", "zone"),
    [
        ("DTSTART:20120522T220000Z\nDTEND:20120523T220000Z", ""),
        ("DTSTART:20120522T220000Z\nDTEND:20120523T210000Z", "Europe/Brussels"),
        ("DTSTART:20120522T220000Z", "Europe/Brussels"),
        ("DTSTART:20120522T220000Z\nDTEND:20120523T220000Z\nRDATE:20120530T220000Z", "Europe/Brussels"),
        ("DTSTART:20120522T000000Z\nDTEND:20120523T000000Z", "UTC"),
        ("DTSTART;TZID=Europe/Paris:20260702T000000\nDTEND;TZID=Europe/Paris:20260703T000000", ""),
    ],
    ids=["no zone", "no midnight", "no end", "series", "UTC itself", "not marked"],
)  # fmt: skip
def test_other_hours_stay_hours(lines: str, zone: str) -> None:
    result = read_all(calendar(f"{UID}\n{lines}"), DESK._replace(zone=zone))
    assert all("timed" in record["time"] for _, record in result.records)
    assert not result.warnings


def test_mark_of_a_whole_day_at_another_hour_is_reported() -> None:
    record, warnings = read("X-MICROSOFT-CDO-ALLDAYEVENT:TRUE")
    assert "timed" in record["time"]
    assert warnings == [
        "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE, but not from midnight to midnight: read as hours"
    ]


def test_series_of_whole_days_of_outlook_keeps_its_days() -> None:
    lines = (
        "DTSTART;TZID=Europe/Paris:20260324T000000\nDTEND;TZID=Europe/Paris:20260325T000000\n"
        "RRULE:FREQ=WEEKLY;UNTIL=20260406T220000Z\nEXDATE;TZID=Europe/Paris:20260331T000000\n"
        "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"
    )
    result = read_all(calendar(f"{UID}\n{lines}"))
    days = [record["time"]["dates"]["first_date"] for _, record in result.records]
    assert days == ["2026-03-24", "2026-04-07"]


@pytest.mark.parametrize(
    "lines",
    ["LOCATION:a\\nb", "URL:x", "DESCRIPTION:<b>x</b>", "STATUS:CANCELED", "RRULE:", "GEO:x"],
)
def test_strict_reading_refuses_what_would_be_changed(lines: str) -> None:
    data = calendar(f"{UID}\n{START}\n{lines}", f"UID:good\n{START}")
    lenient, strict = read_all(data), read_all(data, STRICT)
    assert [position for position, _ in lenient.records] == [1, 2]
    assert [position for position, _ in strict.records] == [2]
    assert not strict.warnings
    assert strict.faults == lenient.warnings


@given(st.text(st.sampled_from("<>/abp!-= \"'&;#x0\n"), max_size=60))
def test_html_becomes_text_without_tags(text: str) -> None:
    plain = html.to_text(f"<p>{text}</p>")
    assert not html.is_html(plain) or "&lt;" in text or "&#" in text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<b>Bold</b> word", "Bold word"),
        ("one<br/>two<div>three</div>four", "one\ntwo\nthree\nfour"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<p>a &lt; b</p>", "a < b"),
        ("<style>p {x}</style><p>a</p><script>if (1<2) y()</script>b", "a\nb"),
        ("<a href='javascript:x'>here</a>", "here"),
        ("<p>a < b", "a < b"),
    ],
)
def test_html_is_read_by_its_blocks(text: str, plain: str) -> None:
    assert html.to_text(text) == plain


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_texts_of_any_content_are_read_to_what_records_admit(
    title: str, place: str, description: str
) -> None:
    lines = f"SUMMARY:{escape(title)}\nLOCATION:{escape(place)}\nDESCRIPTION:{escape(description)}"
    try:
        record, _ = read(lines)
    except CalendarTextError:  # pragma: no cover - a text cannot end the calendar
        raise AssertionError(lines) from None
    texts = [text["text"] for text in record.get("titles", [])]
    texts += [text["source_text"] for text in record.get("places", [])]
    assert all("\n" not in text and text == text.strip() for text in texts)


@pytest.mark.parametrize(
    "lines",
    [
        "LOCATION:a\\nb",
        "DTEND;TZID=Romance Standard Time:20260302T120000",
        "STATUS:CANCELED",
        "SUMMARY:Canceled: x",
        "X-A=b",
        "ATTACH:data:text/plain,x",
    ],
)
def test_lint_reports_what_an_import_reports(lines: str) -> None:
    data = calendar(f"{UID}\n{START}\n{lines}")
    warnings = [text for _, text in read_all(data).warnings]
    assert warnings
    findings = [finding.text for finding in lint(data) if finding.rule == "import"]
    assert findings == sorted(warnings)
