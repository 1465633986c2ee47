"""The values that messages of Google's common types may have, and codes in their one spelling.

Protobuf itself admits any number in them: a Timestamp beyond the year 9999 is stored without
complaint, and then cannot be written as JSON. A test holds this table against all types that
requests use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.message import Message

from summitry.formats.json_form import NANOS, SECONDS
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import UnknownRegionError, parse_region
from summitry_server.wire.refusals import RefusedError

LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
YEARS_10_000 = 315_576_000_000  # seconds: the bound of google.protobuf.Duration
CURRENCY = re.compile(r"[A-Z]{3}")


def check_range(message: Message, path: str) -> None:
    """Refuse a message of a common type whose value is outside of its type's range.

    Raises RefusedError INVALID_VALUE by the path of the field; other messages pass.
    """
    if check := RANGES.get(message.DESCRIPTOR.full_name):
        check(message, path)


def _check_timestamp(value: Any, path: str) -> None:
    if not (SECONDS[0] <= value.seconds <= SECONDS[1] and 0 <= value.nanos <= NANOS[1]):
        text = f"{value.seconds} s and {value.nanos} ns"
        raise _refused(path, text, "an instant of the years 1 to 9999 with nanos of 0 to 999999999")


def _check_duration(value: Any, path: str) -> None:
    is_one_way = value.seconds * value.nanos >= 0
    if not (abs(value.seconds) <= YEARS_10_000 and abs(value.nanos) <= NANOS[1] and is_one_way):
        text = f"{value.seconds} s and {value.nanos} ns"
        raise _refused(path, text, "a duration of at most 10,000 years, with nanos of its sign")


def _check_time_of_day(value: Any, path: str) -> None:
    """Refuse nanoseconds out of range; the rules of the field check the hours."""
    if not 0 <= value.nanos <= NANOS[1]:
        raise _refused(f"{path}.nanos", value.nanos, "nanoseconds of 0 to 999999999")


def _check_degrees(value: Any, path: str) -> None:
    for name, bound in (("latitude", 90), ("longitude", 180)):
        # NaN compares false with everything, so it is refused too.
        if not -bound <= getattr(value, name) <= bound:
            raise _refused(f"{path}.{name}", getattr(value, name), f"degrees within {bound}")


def _check_money(value: Any, path: str) -> None:
    if value.currency_code and not CURRENCY.fullmatch(value.currency_code):
        here = f"{path}.currency_code"
        raise _refused(here, value.currency_code, "an ISO 4217 code such as USD")
    if abs(value.nanos) > NANOS[1] or value.units * value.nanos < 0:
        expected = "within 999999999, with the sign of units"
        raise _refused(f"{path}.nanos", value.nanos, expected)


def _check_language(value: Any, path: str) -> None:
    if value.language_code and not LANGUAGE.fullmatch(value.language_code):
        here = f"{path}.language_code"
        raise _refused(here, value.language_code, "a BCP 47 tag such as fr or zh-Hans")


RANGES: Mapping[str, Callable[[Any, str], None]] = {
    "google.protobuf.Duration": _check_duration,
    "google.protobuf.Timestamp": _check_timestamp,
    "google.type.LatLng": _check_degrees,
    "google.type.LocalizedText": _check_language,
    "google.type.Money": _check_money,
    "google.type.TimeOfDay": _check_time_of_day,
}


def settle_codes(message: Message, path: str) -> None:
    """Bring the country codes of a message into their one spelling, in place: "uk" becomes "GB".

    So records and the filters that look for them agree, whoever wrote them. Raises RefusedError
    INVALID_VALUE with the nearest codes for what is no code.
    """
    if name := CODES.get(message.DESCRIPTOR.full_name):
        field = message.DESCRIPTOR.fields_by_name[name]
        value = getattr(message, name)
        prefix = f"{path}." if path else ""
        if not field.is_repeated:
            setattr(message, name, _settled(value, f"{prefix}{name}"))
        for index, code in enumerate(value if field.is_repeated else ()):
            value[index] = _settled(code, f"{prefix}{name}[{index}]")


# The fields that hold a country code, or several, by the type of their message.
CODES: Mapping[str, str] = {
    "summitry.v1.Place": "region_code",
    "summitry.v1.Party": "region_code",
    "summitry.v1.Person": "region_code",
    "summitry.v1.Filter": "region_codes",
    "summitry.v1.ListTimeZonesRequest": "region_code",
}


def _settled(code: str, path: str) -> str:
    try:
        return parse_region(code) if code else ""
    except UnknownRegionError as error:
        reason, nearest = ErrorReason.ERROR_REASON_INVALID_VALUE, ", ".join(error.suggestions)
        raise RefusedError(reason, str(error), path, value=code, suggestions=nearest) from error


def _refused(path: str, value: object, expected: str) -> RefusedError:
    return RefusedError(
        ErrorReason.ERROR_REASON_INVALID_VALUE,
        f"{value!r} is not {expected}",
        path,
        value=value,
    )
