"""libical 3, with which Evolution, GNOME Calendar and KOrganizer read: no error, same instants."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

EVENT = 4  # ICAL_VEVENT_COMPONENT


class IcalTime(ctypes.Structure):
    """struct icaltimetype of libical 3."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second")),
        ("is_date", ctypes.c_int),
        ("is_daylight", ctypes.c_int),
        ("zone", ctypes.c_void_p),
    )


@pytest.fixture(scope="module")
def reader(libical: ctypes.CDLL) -> ctypes.CDLL:
    for name in ("first", "next"):
        function = getattr(libical, f"icalcomponent_get_{name}_component")
        function.argtypes, function.restype = [ctypes.c_void_p, ctypes.c_int], ctypes.c_void_p
    for name in ("dtstart", "dtend"):
        function = getattr(libical, f"icalcomponent_get_{name}")
        function.argtypes, function.restype = [ctypes.c_void_p], IcalTime
    libical.icalcomponent_get_uid.argtypes = [ctypes.c_void_p]
    libical.icalcomponent_get_uid.restype = ctypes.c_char_p
    libical.icaltime_as_timet_with_zone.argtypes = [IcalTime, ctypes.c_void_p]
    libical.icaltime_as_timet_with_zone.restype = ctypes.c_long
    return libical


def error_report(libical: ctypes.CDLL, data: bytes) -> tuple[int, bool]:
    """Return the number of parse errors of libical, and whether the file follows RFC 5546."""
    component = libical.icalparser_parse_string(data)
    assert component
    errors = libical.icalcomponent_count_errors(component)
    follows_rfc_5546 = bool(libical.icalrestriction_check(component))
    libical.icalcomponent_free(component)
    return errors, follows_rfc_5546


def moment(libical: ctypes.CDLL, time: IcalTime) -> int | str:
    if time.is_date:
        return f"{time.year:04}-{time.month:02}-{time.day:02}"
    seconds: int = libical.icaltime_as_timet_with_zone(time, time.zone)
    return seconds


def test_feed_has_no_error(libical: ctypes.CDLL, feed: Any) -> None:
    assert error_report(libical, feed.data) == (0, True)


def test_feed_has_the_same_instants(reader: ctypes.CDLL, feed: Any) -> None:
    root = reader.icalparser_parse_string(feed.data)
    read = {}
    event = reader.icalcomponent_get_first_component(root, EVENT)
    while event:
        times = reader.icalcomponent_get_dtstart(event), reader.icalcomponent_get_dtend(event)
        start, end = (moment(reader, time) for time in times)
        read[reader.icalcomponent_get_uid(event).decode()] = start, end
        event = reader.icalcomponent_get_next_component(root, EVENT)
    reader.icalcomponent_free(root)
    assert read.keys() == feed.facts.keys()
    for uid, (start, end) in feed.facts.items():
        assert read[uid][0] == start
        assert end is None or read[uid][1] == end


def test_misspelt_property_is_an_error(libical: ctypes.CDLL, desk: Any, sample: Any) -> None:
    data = sample.feed("astana-2024").data
    errors, follows_rfc_5546 = error_report(libical, data.replace(b"\nORGANIZER;", b"\nORGANISER;"))
    assert errors > 0 and not follows_rfc_5546
