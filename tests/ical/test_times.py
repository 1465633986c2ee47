"""EventTime -> DTSTART and DTEND, and in words."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.ical import Options, render_calendar, render_fragment
from summitry.ical.phrases import say_time

ASTANA = {"civil_time": "2024-07-04T10:00", "time_zone": "Asia/Almaty"}
SPAN = Options(partial="span", times="local")


def timed(start: dict[str, Any], end: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"timed": {"start": start, **({"end": end} if end else {})}}


def dates(first: str, last: str) -> dict[str, Any]:
    opens = {"open_start": not first, "open_end": not last}
    return {"dates": {"first_date": first, "last_date": last, **opens}}


def point(civil: str, zone: str, **more: str) -> dict[str, str]:
    return {"civil_time": civil, "time_zone": zone, **more}


FORMS = {
    "wall": (timed(ASTANA), ["DTSTART;TZID=Asia/Almaty:20240704T100000"]),
    "seconds": (
        timed(point("2024-07-04T10:00:30", "Asia/Almaty")),
        ["DTSTART;TZID=Asia/Almaty:20240704T100030"],
    ),
    "alias": (
        timed(point("2024-07-04T10:00", "Asia/Calcutta")),
        ["DTSTART;TZID=Asia/Calcutta:20240704T100000"],
    ),
    "two-zones": (
        timed(ASTANA, point("2024-07-04T09:00", "Europe/Paris")),
        ["DTSTART;TZID=Asia/Almaty:20240704T100000", "DTEND;TZID=Europe/Paris:20240704T090000"],
    ),
    "no-length": (timed(ASTANA, ASTANA), ["DTSTART;TZID=Asia/Almaty:20240704T100000"]),
    "offset": (
        timed({"civil_time": "2024-07-03T07:00", "utc_offset": "+01:00"}),
        ["DTSTART:20240703T060000Z"],
    ),
    "instant": (timed({"instant": "2024-07-03T06:00:00Z"}), ["DTSTART:20240703T060000Z"]),
    "instant-shown-in-a-zone": (
        timed({"instant": "2024-07-03T06:00:00Z", "time_zone": "Asia/Almaty"}),
        ["DTSTART:20240703T060000Z"],
    ),
    "utc": (timed(point("2024-07-04T10:00", "Etc/UTC")), ["DTSTART:20240704T100000Z"]),
    "gap-later": (
        timed(point("2024-03-31T02:30", "Europe/Paris", disambiguation="DISAMBIGUATION_LATER")),
        ["DTSTART:20240331T013000Z"],
    ),
    "gap-earlier": (
        timed(point("2024-03-31T02:30", "Europe/Paris", disambiguation="DISAMBIGUATION_EARLIER")),
        ["DTSTART:20240331T003000Z"],
    ),
    "fold-first": (
        timed(point("2024-10-27T02:30", "Europe/Paris", disambiguation="DISAMBIGUATION_EARLIER")),
        ["DTSTART:20241027T003000Z"],
    ),
    "fold-at-the-end": (
        timed(
            point("2024-10-27T01:30", "Europe/Paris"),
            point("2024-10-27T02:30", "Europe/Paris", disambiguation="DISAMBIGUATION_EARLIER"),
        ),
        ["DTSTART;TZID=Europe/Paris:20241027T013000", "DTEND:20241027T003000Z"],
    ),
    "after-a-fold": (
        timed(point("2024-10-27T03:00", "Europe/Paris")),
        ["DTSTART;TZID=Europe/Paris:20241027T030000"],
    ),
    "fold-second": (
        timed(point("2024-10-27T02:30", "Europe/Paris", disambiguation="DISAMBIGUATION_LATER")),
        ["DTSTART:20241027T013000Z"],
    ),
    "before-1970": (
        timed(point("1955-07-18T10:00", "Europe/Zurich")),
        ["DTSTART;TZID=Europe/Zurich:19550718T100000"],
    ),
    "days": (
        dates("2024-07-02", "2024-07-06"),
        ["DTSTART;VALUE=DATE:20240702", "DTEND;VALUE=DATE:20240707"],
    ),
    "one-day": (
        dates("2024-02-29", "2024-02-29"),
        ["DTSTART;VALUE=DATE:20240229", "DTEND;VALUE=DATE:20240301"],
    ),
    "over-new-year": (
        dates("1977-12-31", "1978-01-01"),
        ["DTSTART;VALUE=DATE:19771231", "DTEND;VALUE=DATE:19780102"],
    ),
    "year-1874": (
        dates("1874-12-12", "1874-12-12"),
        ["DTSTART;VALUE=DATE:18741212", "DTEND;VALUE=DATE:18741213"],
    ),
    "end-of-time": (dates("9999-12-31", "9999-12-31"), ["DTSTART;VALUE=DATE:99991231"]),
    "open-end": (
        dates("2024-10-21", ""),
        ["DTSTART;VALUE=DATE:20241021", "X-SUMMITRY-EDTF:2024-10-21/.."],
    ),
    "open-start": (
        dates("", "2011-11-04"),
        ["DTSTART;VALUE=DATE:20111104", "X-SUMMITRY-EDTF:../2011-11-04"],
    ),
    "month": (
        {"partial": {"edtf": "2023-10"}},
        [
            "DTSTART;VALUE=DATE:20231001",
            "DTEND;VALUE=DATE:20231101",
            "X-SUMMITRY-EDTF:2023-10",
        ],
    ),
}


# A time, and its DTSTART by the styles "auto", "local" and "utc".
STYLES = {
    "everywhere-the-same": (
        point("2024-07-04T10:00", "Asia/Almaty"),
        ";TZID=Asia/Almaty:20240704T100000",
        ";TZID=Asia/Almaty:20240704T100000",
        ":20240704T050000Z",
    ),
    "before-a-law": (
        point("2024-02-10T10:00", "Asia/Almaty"),
        ":20240210T040000Z",
        ";TZID=Asia/Almaty:20240210T100000",
        ":20240210T040000Z",
    ),
    "after-a-law-that-not-all-know": (
        point("2026-12-04T09:30", "Africa/Casablanca"),
        ":20261204T093000Z",
        ";TZID=Africa/Casablanca:20261204T093000",
        ":20261204T093000Z",
    ),
    "rules-that-outlook-cannot-say": (
        point("2026-07-04T09:30", "Africa/Cairo"),
        ":20260704T063000Z",
        ";TZID=Africa/Cairo:20260704T093000",
        ":20260704T063000Z",
    ),
    "an-id-that-is-no-place": (
        point("2026-07-04T09:30", "Etc/GMT-5"),
        ":20260704T043000Z",
        ";TZID=Etc/GMT-5:20260704T093000",
        ":20260704T043000Z",
    ),
    "after-2037": (
        point("2040-07-04T09:30", "Europe/Berlin"),
        ":20400704T073000Z",
        ";TZID=Europe/Berlin:20400704T093000",
        ":20400704T073000Z",
    ),
}


@pytest.mark.parametrize("style", [0, 1, 2], ids=["auto", "local", "utc"])
@pytest.mark.parametrize("case", STYLES)
def test_time_style_sets_dtstart(make: Any, case: str, style: int) -> None:
    civil, *lines = STYLES[case]
    options = Options(times=("auto", "local", "utc")[style])
    fragment = render_fragment(make("meetings/m", time=timed(civil)), options)
    assert fragment is not None
    assert time_lines(fragment.data) == [f"DTSTART{lines[style]}"]
    assert bool(fragment.zones) == ("TZID" in lines[style])
    wall = civil["civil_time"].replace("T", "X")[-5:]
    assert f", {wall} (UTC".encode() in fragment.data.replace(b"\r\n ", b"").replace(b"\\", b"")


def time_lines(data: bytes) -> list[str]:
    lines = data.decode().replace("\r\n ", "").split("\r\n")
    return [line for line in lines if line.startswith(("DTSTART", "DTEND", "X-SUMMITRY-EDTF"))]


@pytest.mark.parametrize("form", FORMS)
def test_time_has_the_lines_of_its_form(make: Any, form: str) -> None:
    time, lines = FORMS[form]
    fragment = render_fragment(make("meetings/m", time=time), SPAN)
    assert fragment is not None
    assert time_lines(fragment.data) == lines


@pytest.mark.parametrize(
    ("time", "options"),
    [
        ({"partial": {"edtf": "2023-10"}}, Options()),
        ({"partial": {"edtf": "2024-05/.."}}, SPAN),
        ({"partial": {"edtf": "[..2024-05]"}}, SPAN),
    ],
    ids=["month-by-default", "after", "before"],
)
def test_partial_or_unbounded_date_is_left_out(
    make: Any, time: dict[str, Any], options: Options
) -> None:
    assert render_fragment(make("meetings/m", time=time), options) is None


def test_record_without_a_time_has_no_event(make: Any) -> None:
    assert render_fragment(make("meetings/m")) is None


def test_unresolved_time_is_rejected(make: Any) -> None:
    record = make("meetings/m", time=timed(ASTANA))
    record.time.ClearField("resolved")
    with pytest.raises(ValueError, match="as the server returns them"):
        render_fragment(record)


def test_other_offset_of_the_server_gives_utc(make: Any) -> None:
    record = make("meetings/m", time=timed(ASTANA))
    record.time.resolved.interval.start_time.seconds -= 3600  # as resolved with +06:00
    fragment = render_fragment(record)
    assert fragment is not None
    assert time_lines(fragment.data) == ["DTSTART:20240704T040000Z"]


def test_dates_come_before_hours_of_their_day(make: Any, events: Any) -> None:
    records = [
        make("meetings/b", time=timed({"instant": "2024-07-03T00:00:00Z"})),
        make("meetings/a", time=timed({"instant": "2024-07-03T00:00:00Z"})),
        make("visits/v", time=dates("2024-07-03", "2024-07-03")),
        make("meetings/c", time=timed({"instant": "2024-07-02T23:00:00Z"})),
    ]
    uids = list(events(render_calendar(make("calendars/c"), records)))
    assert [uid.partition("@")[0] for uid in uids] == [
        "meetings-c",
        "meetings-a",
        "meetings-b",
        "visits-v",
    ]


WORDS = {
    "hours": (
        timed(ASTANA, {**ASTANA, "civil_time": "2024-07-04T12:30"}),
        "4 July 2024, 10:00 to 12:30 (UTC+05:00, Asia/Almaty)",
        "4 juillet 2024, 10:00 à 12:30 (UTC+05:00, Asia/Almaty)",
    ),
    "overnight": (
        timed(ASTANA, {**ASTANA, "civil_time": "2024-07-05T01:00"}),
        "4 July 2024, 10:00 to 5 July 2024, 01:00 (UTC+05:00, Asia/Almaty)",
        "du 4 juillet 2024 à 10:00 au 5 juillet à 01:00 (UTC+05:00, Asia/Almaty)",
    ),
    "offset": (
        timed({"civil_time": "2024-07-03T07:00", "utc_offset": "+01:00"}),
        "3 July 2024, 07:00 (UTC+01:00)",
        "3 juillet 2024, 07:00 (UTC+01:00)",
    ),
    "first-of-a-month": (dates("2024-05-01", "2024-05-01"), "1 May 2024", "1er mai 2024"),
    "days": (
        dates("2024-07-03", "2024-07-04"),
        "3 July 2024 to 4 July 2024",
        "du 3 juillet 2024 au 4 juillet 2024",
    ),
    "open-end": (
        dates("2024-10-21", ""),
        "from 21 October 2024, end not known",
        "à partir du 21 octobre 2024, fin inconnue",
    ),
    "month": (
        {"partial": {"edtf": "2023-10"}},
        "October 2023, day not known",
        "octobre 2023, jour à préciser",
    ),
    "about-a-month": (
        {"partial": {"edtf": "2023-10~"}},
        "about October 2023, day not known",
        "vers octobre 2023, jour à préciser",
    ),
    "autumn": (
        {"partial": {"edtf": "2022-23"}},
        "autumn 2022, day not known",
        "automne 2022, jour à préciser",
    ),
    "southern-spring": (
        {"partial": {"edtf": "2022-29"}},
        "spring 2022, day not known",
        "printemps 2022, jour à préciser",
    ),
    "quarter": (
        {"partial": {"edtf": "2022-34"}},
        "quarter 2 of 2022, day not known",
        "2e trimestre 2022, jour à préciser",
    ),
    "year": ({"partial": {"edtf": "2024"}}, "2024, day not known", "2024, jour à préciser"),
    "between": (
        {"partial": {"edtf": "2024-07-02/2024-07-06"}},
        "between 2 July 2024 and 6 July 2024",
        "entre le 2 juillet 2024 et le 6 juillet 2024",
    ),
    "after": (
        {"partial": {"edtf": "2024-05-06/.."}},
        "6 May 2024 or later",
        "6 mai 2024 ou plus tard",
    ),
}


@pytest.mark.parametrize("case", WORDS)
def test_time_in_words(make: Any, case: str) -> None:
    time, english, french = WORDS[case]
    record = make("meetings/m", time=time)
    assert say_time(record.time, "en") == english
    assert say_time(record.time, "fr-CA") == french
