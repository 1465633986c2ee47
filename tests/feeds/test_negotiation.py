"""Header fields of a request, as RFC 9110 reads them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest

from summitry.web.http.requests import (
    accepts_gzip,
    is_current,
    last_modified,
    matches,
    read_headers,
)

ETAG = '"abc"'
DATE = b"Wed, 03 Jul 2024 06:00:00 GMT"
MOMENT = 1_719_986_400


def test_fields_that_repeat_are_joined_by_commas() -> None:
    fields = [(b"if-none-match", b'"a"'), (b"host", b"h"), (b"if-none-match", b'"b", "c"')]
    assert read_headers({"headers": fields}) == {b"if-none-match": b'"a", "b", "c"', b"host": b"h"}


@pytest.mark.parametrize(
    ("field", "accepted"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("br, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0.001", True),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity", False),
        ("gzipped", False),
        (",;,;q=", False),
    ],
)
def test_accept_encoding(field: str, accepted: bool) -> None:
    assert accepts_gzip(field) is accepted


@pytest.mark.parametrize(
    ("field", "matched"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x" , W/"abc","y"', True),
        ("*", True),
        ('"ab"', False),
        ('"abcd"', False),
        ("abc", False),
        ('"a,"abc"', False),
        ('"x*"', False),
        ("", False),
    ],
)
def test_if_none_match(field: str, matched: bool) -> None:
    assert matches(field, ETAG) is matched


@pytest.fixture(params=["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def machine_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Set the time zone of this process."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.usefixtures("machine_zone")
@pytest.mark.parametrize("later", [0, 1, -1])
@pytest.mark.parametrize(
    "form",
    [
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
        "%a, %d %b %Y %H:%M:%S +0000",
        "%a, %d %b %Y %H:%M:%S -0000",
    ],
    ids=["imf-fixdate", "rfc850", "asctime", "offset", "no-zone"],
)
def test_dates_are_in_utc_whatever_the_zone_of_the_machine(form: str, later: int) -> None:
    date = time.strftime(form, time.gmtime(MOMENT + later)).encode()
    assert is_current({b"if-modified-since": date}, ETAG, MOMENT) is (later >= 0)


@pytest.mark.usefixtures("machine_zone")
@pytest.mark.parametrize(
    ("headers", "current"),
    [
        ({}, False),
        ({b"if-modified-since": b"Wed, 03 Jul 2024 25:61:00 GMT"}, False),
        ({b"if-modified-since": b"Wed, 03 Jul 2024 08:00:00 +0200"}, True),
        ({b"if-modified-since": b"Wed, 03 Jul 2024 08:00:00 +0300"}, False),
        ({b"if-modified-since": b"Wed, 03 Jul 2024 04:00:00 -0200"}, True),
        ({b"if-modified-since": b"Thu, 01 Jan 0001 00:00:00 +2300"}, False),
        ({b"if-modified-since": DATE}, True),
        ({b"if-modified-since": b"Wednesday, 03-Jul-24 06:00:00 GMT"}, True),
        ({b"if-modified-since": b"Wed Jul  3 06:00:00 2024"}, True),
        ({b"if-modified-since": b"Wed, 03 Jul 2024 05:59:59 GMT"}, False),
        ({b"if-modified-since": b"03.07.2024"}, False),
        ({b"if-modified-since": b"\xff\x00"}, False),
        ({b"if-modified-since": b"Wed, 03 Jul 99999 06:00:00 GMT"}, False),
        (
            {b"if-none-match": b'"abc"', b"if-modified-since": b"Wed, 03 Jul 2019 06:00:00 GMT"},
            True,
        ),
        ({b"if-none-match": b'"x"', b"if-modified-since": DATE}, False),
        ({b"if-none-match": b""}, False),
    ],
)
def test_conditions(headers: dict[bytes, bytes], current: bool) -> None:
    assert is_current(headers, ETAG, MOMENT) is current


@pytest.mark.parametrize(
    ("modified", "now", "date"),
    [(100, 200.5, 100), (200, 201.0, 200), (200, 200.9, 199), (300, 200.0, 199)],
    ids=["past", "last-second", "this-second", "clock-went-back"],
)
def test_last_modified_names_no_second_that_is_not_over(
    modified: int, now: float, date: int
) -> None:
    assert parsedate_to_datetime(last_modified(modified, now)).timestamp() == date
