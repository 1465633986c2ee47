"""Dates in words: reading, refusals and round trips."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.formats.date_words import ERAS, DaySpan, PrintedDateError, read_days

ENGLISH = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
THAI = [
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
]
THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("4 July 2024", "2024-07-04", "2024-07-04"),
        ("3-4 July 2024", "2024-07-03", "2024-07-04"),
        ("3–4 JULY 2024, Astana", "2024-07-03", "2024-07-04"),
        ("28 mars - 7 avril 1995", "1995-03-28", "1995-04-07"),
        ("29 December - 2 January 1978", "1977-12-29", "1978-01-02"),
        ("31 décembre 1977 - 1 janvier 1978", "1977-12-31", "1978-01-01"),
        ("July 2024", "2024-07", "2024-07"),
        ("২৮ মার্চ - ৭ এপ্রিল ১৯৯৫", "1995-03-28", "1995-04-07"),
        ("১৪ ফেব্রুয়ারী ২০০৫", "2005-02-14", "2005-02-14"),
    ],
)  # fmt: skip
def test_printed_days_are_read(text: str, first: str, last: str) -> None:
    assert read_days(text) == [DaySpan(first, last)]


def test_several_ranges_are_read_among_words() -> None:
    text = "27 February - 1 March 2009; put off twice, 14 came; 10-11 April 2009 in Pattaya"
    assert read_days(text) == [("2009-02-27", "2009-03-01"), ("2009-04-10", "2009-04-11")]


@pytest.mark.parametrize(
    ("text", "era", "why"),
    [
        ("11-14 มกราคม 25501", "buddhist", "25501 is none of the years 2403 to 2643"),
        ("11-14 มกราคม 2550", "gregorian", "2550 is none of the years 1860 to 2100"),
        ("4 July 2024", "buddhist", "2024 is none of the years"),
        ("3 July 24", "gregorian", "24 may be of several centuries"),
        ("30 February 2024", "gregorian", "not a date"),
        ("4-3 July 2024", "gregorian", "2024-07-04 is after 2024-07-03"),
        ("3 July 2024 and 5", "gregorian", "no date in words"),
        ("3- July 2024", "gregorian", "no date in words"),
        ("3 July", "gregorian", "no date in words"),
        ("2024-07-03", "gregorian", "no date in words"),
        ("soon", "gregorian", "has no date in words, such as 3-4 July 2024"),
        ("", "gregorian", "has no date in words"),
        ("4 July 2024", "hegira", "unknown era 'hegira': known are gregorian, buddhist"),
    ],
)
def test_impossible_days_are_refused_with_a_reason(text: str, era: str, why: str) -> None:
    with pytest.raises(PrintedDateError, match=why):
        read_days(text, era)


def test_two_digits_need_a_century() -> None:
    assert read_days("1 มีนาคม 52", "buddhist", (1945, 2044)) == [("2009-03-01", "2009-03-01")]
    assert read_days("1 March 45", years=(1945, 2044)) == [("1945-03-01", "1945-03-01")]
    assert read_days("1 March 44", years=(1945, 2044)) == [("2044-03-01", "2044-03-01")]
    with pytest.raises(PrintedDateError, match="44 is none of the years 1945 to 2000"):
        read_days("1 March 44", years=(1945, 2000))


DAYS = st.dates(date(1860, 1, 1), date(2100, 12, 31))


@given(DAYS, DAYS, st.sampled_from(list(ERAS)), st.booleans(), st.booleans())
def test_any_printed_days_are_read_back(
    day: date, another_day: date, era: str, thai: bool, own_digits: bool
) -> None:
    first, last = sorted((day, another_day))
    months, ahead = (THAI if thai else ENGLISH), ERAS[era]

    def printed(day: date, year: bool, month: bool) -> str:
        parts = [str(day.day), months[day.month - 1] * month, str(day.year + ahead) * year]
        return " ".join(filter(None, parts))

    years = first.year != last.year
    text = f"{printed(first, years, years or first.month != last.month)} - "
    text += printed(last, True, True)
    own_text = text.translate(THAI_DIGITS) if own_digits else text
    assert read_days(own_text, era) == [(str(first), str(last))]
