"""Resolution of a wall time, as a multiple of a dict lookup and one bisect on ints."""

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle, islice
from random import Random
from statistics import median
from time import process_time_ns
from zoneinfo import ZoneInfo

import pytz

from summitry.zones import default_database, parse_civil, resolve_wall
from summitry.zones.zone import Zone

_KEYS = ("Asia/Almaty", "Europe/Paris", "America/New_York", "Asia/Shanghai", "Africa/Casablanca")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (a wall time has no zone)
_CALLS = 5_000
_TABLE = "a dict lookup and a bisect on 600 ints"


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return (name, ratio, what the ceiling is): medians over interleaved rounds, CPU time."""
    first = parse_civil("2024-07-01T10:00")
    walls = [first + step * 90_000 for step in range(50)]  # no gap and no fold among them
    cases = list(islice(zip(cycle(_KEYS), cycle(walls)), _CALLS))
    # Noons of thirty years in no order, of which no zone has a gap or a fold.
    noons = [parse_civil("2000-01-01T12:00") + day * 86_400 for day in range(0, 11_000, 7)]
    Random(0).shuffle(noons)
    scattered = list(islice(zip(cycle(_KEYS), cycle(noons)), _CALLS))
    civil = [(key, _EPOCH + timedelta(seconds=wall)) for key, wall in cases]
    contenders: dict[str, Callable[[], object]] = {
        "table": partial(_table, cases, {key: _ints(first) for key in _KEYS}),
        "candidates": partial(_candidates, cases, {key: _zone(key) for key in _KEYS}),
        "resolve": partial(_resolve, cases),
        "scattered": partial(_resolve, scattered),
        "zoneinfo": partial(_zoneinfo, civil, {key: ZoneInfo(key) for key in _KEYS}),
        "pytz": partial(_pytz, civil),
    }
    cost = _medians(contenders, rounds)
    return [
        ("zones: candidates of a wall time", cost["candidates"] / cost["table"], _TABLE),
        ("zones: id and wall time to instant", cost["resolve"] / cost["table"], _TABLE),
        ("zones: the same over 30 years at random", cost["scattered"] / cost["table"], _TABLE),
        ("zones: the same", cost["resolve"] / cost["zoneinfo"], "zoneinfo, replace and timestamp"),
        ("zones: the same", cost["resolve"] / cost["pytz"], "pytz, localize and timestamp"),
    ]


def _medians(contenders: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    spent: dict[str, list[int]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            start = process_time_ns()
            run()
            spent[name].append(process_time_ns() - start)
    return {name: median(times) for name, times in spent.items()}


def _zone(key: str) -> Zone:
    return default_database().zone(key)


def _ints(middle: int) -> list[int]:
    return list(range(middle - 300 * 10**6, middle + 300 * 10**6, 10**6))


def _table(cases: list[tuple[str, int]], tables: dict[str, list[int]]) -> None:
    for key, wall in cases:
        bisect_right(tables[key], wall)


def _candidates(cases: list[tuple[str, int]], zones: dict[str, Zone]) -> None:
    for key, wall in cases:
        zones[key].candidates(wall)


def _resolve(cases: list[tuple[str, int]]) -> None:
    find = default_database().zone
    for key, wall in cases:
        resolve_wall(find(key), wall)


def _zoneinfo(cases: list[tuple[str, datetime]], zones: dict[str, ZoneInfo]) -> None:
    for key, wall in cases:
        wall.replace(tzinfo=zones[key]).timestamp()


def _pytz(cases: list[tuple[str, datetime]]) -> None:
    for key, wall in cases:
        pytz.timezone(key).localize(wall, is_dst=None).timestamp()
