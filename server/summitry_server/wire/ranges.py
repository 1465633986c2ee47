"""The values that messages of Google's common types may have, and codes in their one spelling.

Protobuf itself admits any number in them: a Timestamp beyond the year 9999 is stored without
complaint, and then cannot be written as JSON. A test holds this table against all types that
requests use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from google.protobuf.descriptor import Descriptor

from summitry.formats.json_form import NANOS, SECONDS
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import UnknownRegionError, parse_region
from summitry_server.wire.refusals import RefusedError
from summitry_server.wire.walks import Step

LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
YEARS_10_000 = 315_576_000_000  # seconds: the bound of google.protobuf.Duration
CURRENCY = re.compile(r"[A-Z]{3}")


def range_check(message: Descriptor) -> Step | None:
    """Return the check that a value of a common type is in the range of its type.

    It raises RefusedError INVALID_VALUE. None for all other types.
    """
    return RANGES.get(message.full_name)


def _check_timestamp(value: Any, state: object) -> None:
    if not (SECONDS[0] <= value.seconds <= SECONDS[1] and 0 <= value.nanos <= NANOS[1]):
        text = f"{value.seconds} s and {value.nanos} ns"
        raise _refused("", text, "an instant of the years 1 to 9999 with nanos of 0 to 999999999")


def _check_duration(value: Any, state: object) -> None:
    is_one_way = value.seconds * value.nanos >= 0
    if not (abs(value.seconds) <= YEARS_10_000 and abs(value.nanos) <= NANOS[1] and is_one_way):
        text = f"{value.seconds} s and {value.nanos} ns"
        raise _refused("", text, "a duration of at most 10,000 years, with nanos of its sign")


def _check_time_of_day(value: Any, state: object) -> None:
    """Refuse nanoseconds out of range; the rules of the field check the hours."""
    if not 0 <= value.nanos <= NANOS[1]:
        raise _refused(".nanos", value.nanos, "nanoseconds of 0 to 999999999")


def _check_degrees(value: Any, state: object) -> None:
    for name, bound in (("latitude", 90), ("longitude", 180)):
        # NaN compares false with everything, so it is refused too.
        if not -bound <= getattr(value, name) <= bound:
            raise _refused(f".{name}", getattr(value, name), f"degrees within {bound}")


def _check_money(value: Any, state: object) -> None:
    if value.currency_code and not CURRENCY.fullmatch(value.currency_code):
        here = ".currency_code"
        raise _refused(here, value.currency_code, "an ISO 4217 code such as USD")
    if abs(value.nanos) > NANOS[1] or value.units * value.nanos < 0:
        expected = "within 999999999, with the sign of units"
        raise _refused(".nanos", value.nanos, expected)


def _check_language(value: Any, state: object) -> None:
    if value.language_code and not LANGUAGE.fullmatch(value.language_code):
        here = ".language_code"
        raise _refused(here, value.language_code, "a BCP 47 tag such as fr or zh-Hans")


RANGES: Mapping[str, Step] = {
    "google.protobuf.Duration": _check_duration,
    "google.protobuf.Timestamp": _check_timestamp,
    "google.type.LatLng": _check_degrees,
    "google.type.LocalizedText": _check_language,
    "google.type.Money": _check_money,
    "google.type.TimeOfDay": _check_time_of_day,
}


def code_settling(message: Descriptor) -> Step | None:
    """Return what brings the country codes of a type into their one spelling: "uk" becomes "GB".

    It changes a message in place, so that records and the filters that look for them agree, whoever
    wrote them. It raises RefusedError INVALID_VALUE with the nearest codes for what is no code.
    None for types that hold no code.
    """
    name = CODES.get(message.full_name)
    if name is None:
        return None
    settle = _settle_list if message.fields_by_name[name].is_repeated else _settle_code
    return partial(settle, name)


def _settle_code(name: str, message: Any, state: object) -> None:
    if code := getattr(message, name):
        settled = _settled(code, f".{name}")
        if settled != code:
            setattr(message, name, settled)


def _settle_list(name: str, message: Any, state: object) -> None:
    codes = getattr(message, name)
    for index, code in enumerate(codes):
        codes[index] = _settled(code, f".{name}[{index}]")


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
