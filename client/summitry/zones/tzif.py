"""A reader of TZif files, versions 1 to 4 (RFC 9636); footer rules are expanded to the year 2201.

pytz reads only the version 1 block, which ends in 2037, and rounds offsets to minutes. That is why
there is a reader here.
"""

import struct
from typing import NamedTuple

from summitry.zones.errors import ZoneDataError
from summitry.zones.offsets import is_offset
from summitry.zones.posix import Period, PosixRule, parse_rule

LAST_YEAR = 2201
"""The last year to which footer rules are expanded; the last period holds for ever after."""

_FIRST_YEAR = 1899
_HEADER = struct.Struct(">4sc15x6L")
_TYPE = struct.Struct(">iBB")
_YEAR = 31_556_952  # the mean Gregorian year in seconds


class ZoneData(NamedTuple):
    """A zone's periods and the instants between them: `periods[i]` ends at `instants[i]`.

    There is one more period than instants, and adjacent periods differ in offset, name or flag.
    """

    instants: list[int]
    periods: list[Period]


class _Counts(NamedTuple):
    ut: int
    std: int
    leap: int
    times: int
    types: int
    characters: int

    def size(self, time_size: int) -> int:
        return (
            self.times * (time_size + 1)
            + self.types * _TYPE.size
            + self.characters
            + self.leap * (time_size + 4)
            + self.std
            + self.ut
        )


def read_tzif(data: bytes, name: str = "") -> ZoneData:
    """Return the periods of a TZif file. `name` is the zone id for error messages.

    Raises ZoneDataError for anything that is not TZif, is cut short, counts leap seconds, or has a
    footer that is not a rule.
    """
    try:
        return _read(data, name)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ZoneDataError(name, "it is not a complete TZif file; install it again") from error


def _read(data: bytes, name: str) -> ZoneData:
    version, counts = _header(data, 0, name)
    start, time_size, footer = _HEADER.size, 4, ""
    if version > b"\0":  # the first block repeats the second in 32 bits: skip it
        second = start + counts.size(4)
        _, counts = _header(data, second, name)
        start, time_size = second + _HEADER.size, 8
        footer = _footer(data, start + counts.size(8), name)
    if len(data) < start + counts.size(time_size):
        raise ZoneDataError(name, "it is cut short; install it again")
    if counts.leap:
        raise ZoneDataError(name, "it counts leap seconds; use the tree without them")
    instants, periods = _block(data, start, counts, time_size)
    if instants != sorted(set(instants)) or not all(is_offset(p.offset) for p in periods):
        raise ZoneDataError(name, "its times are out of order or range; install it again")
    if footer:
        _append_rule(instants, periods, _rule(footer, name))
    return _without_repeats(instants, periods)


def _header(data: bytes, position: int, name: str) -> tuple[bytes, _Counts]:
    magic, version, *counts = _HEADER.unpack_from(data, position)
    if magic != b"TZif":
        raise ZoneDataError(name, "it is not a TZif file; give a directory that zic made")
    return version, _Counts(*counts)


def _block(
    data: bytes, start: int, counts: _Counts, time_size: int
) -> tuple[list[int], list[Period]]:
    code = "q" if time_size == 8 else "i"
    instants = list(struct.unpack_from(f">{counts.times}{code}", data, start))
    kinds_at = start + counts.times * time_size
    types_at = kinds_at + counts.times
    names_at = types_at + counts.types * _TYPE.size
    names = data[names_at : names_at + counts.characters]
    types = [
        Period(offset, names[at:].partition(b"\0")[0].decode("ascii"), bool(dst))
        for offset, dst, at in _TYPE.iter_unpack(data[types_at:names_at])
    ]
    kinds = data[kinds_at:types_at]
    return instants, [types[0], *(types[kind] for kind in kinds)]


def _footer(data: bytes, start: int, name: str) -> str:
    if data[start : start + 1] != b"\n" or not data.endswith(b"\n") or len(data) < start + 2:
        raise ZoneDataError(name, "its footer is missing; install it again")
    return data[start + 1 : -1].decode("ascii")


def _rule(text: str, name: str) -> PosixRule:
    rule = parse_rule(text)
    if rule is None:
        raise ZoneDataError(name, f"its footer {text!a} is not a rule of RFC 9636")
    return rule


def _append_rule(instants: list[int], periods: list[Period], rule: PosixRule) -> None:
    """Append the transitions that the footer's rule gives after the last listed one."""
    last = instants[-1] if instants else None
    first_year = _FIRST_YEAR if last is None else max(_FIRST_YEAR, 1969 + last // _YEAR)
    for instant, period in rule.transitions(first_year, LAST_YEAR):
        if last is None or instant > last:
            instants.append(instant)
            periods.append(period)


def _without_repeats(instants: list[int], periods: list[Period]) -> ZoneData:
    """Return the data without transitions after which nothing is different."""
    distinct_instants: list[int] = []
    distinct = [periods[0]]
    for instant, period in zip(instants, periods[1:], strict=True):
        if period != distinct[-1]:
            distinct_instants.append(instant)
            distinct.append(period)
    return ZoneData(distinct_instants, distinct)
