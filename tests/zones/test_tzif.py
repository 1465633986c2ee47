import struct
from pathlib import Path

import pytest
import pytz
from hypothesis import given, settings
from hypothesis import strategies as st

from summitry.zones import ZoneDataError, format_civil
from summitry.zones.posix import parse_rule
from summitry.zones.tzif import read_tzif
from summitry.zones.zone import Zone

TYPES = [(0, 0, 0), (3600, 1, 4)]
NAMES = b"STD\0DST\0"
PARIS = (Path(pytz.__file__).with_name("zoneinfo") / "Europe" / "Paris").read_bytes()


def block(
    version: bytes,
    instants: list[int],
    kinds: list[int],
    *,
    size: str,
    leaps: int = 0,
    types: list[tuple[int, int, int]] = TYPES,
) -> bytes:
    header = struct.pack(
        ">4sc15x6L", b"TZif", version, 0, 0, leaps, len(instants), len(types), len(NAMES)
    )
    leap_records = struct.pack(f">{size}i", 78796800, 1) * leaps
    return b"".join(
        [
            header,
            struct.pack(f">{len(instants)}{size}", *instants),
            bytes(kinds),
            *(struct.pack(">iBB", *kind) for kind in types),
            NAMES,
            leap_records,
        ]
    )


def tzif(version: int, instants: list[int], kinds: list[int], footer: str = "") -> bytes:
    if version == 1:
        return block(b"\0", instants, kinds, size="i")
    sign = str(version).encode()
    second = block(sign, instants, kinds, size="q")
    return block(sign, [], [], size="i") + second + b"\n" + footer.encode() + b"\n"


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_versions_1_to_4_are_read(version: int) -> None:
    data = read_tzif(tzif(version, [1000, 2000], [1, 0]))
    assert data.instants == [1000, 2000]
    assert [period[:] for period in data.periods] == [
        (0, "STD", False),
        (3600, "DST", True),
        (0, "STD", False),
    ]


def test_repeated_periods_are_merged() -> None:
    data = read_tzif(tzif(2, [1000, 2000, 3000], [0, 1, 1]))
    assert data.instants == [2000]
    assert [period.abbreviation for period in data.periods] == ["STD", "DST"]


# (rule, year, standard to daylight, daylight to standard), as UTC. By hand from RFC 9636 and POSIX.
RULES = {
    "paris": ("CET-1CEST,M3.5.0,M10.5.0/3", 2050, "03-27T01:00:00", "10-30T01:00:00"),
    "new-york": ("EST5EDT,M3.2.0,M11.1.0", 2024, "03-10T07:00:00", "11-03T06:00:00"),
    "sydney": ("AEST-10AEDT,M10.1.0,M4.1.0/3", 2024, "10-05T16:00:00", "04-06T16:00:00"),
    "nuuk-before-midnight": (
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        2024,
        "03-31T01:00:00",
        "10-27T01:00:00",
    ),
    "gaza-past-a-day": ("EET-2EEST,M3.4.4/50,M10.4.4/50", 2024, "03-30T00:00:00", "10-25T23:00:00"),
    "julian-skips-29-february": ("STD0DST,J60/0,J300/0", 2024, "03-01T00:00:00", "10-26T23:00:00"),
    "zero-based-counts-it": ("STD0DST,59/0,300/0", 2024, "02-29T00:00:00", "10-26T23:00:00"),
    "seconds": ("STD0DST,J1/1:02:03,J300/-0:00:01", 2023, "01-01T01:02:03", "10-26T22:59:59"),
    "own-offset": ("STD0DST-0:30,J60/0,J300/0", 2023, "03-01T00:00:00", "10-26T23:30:00"),
    "negative-dst": ("IST-1GMT0,M10.5.0,M3.5.0/1", 2024, "10-27T01:00:00", "03-31T01:00:00"),
}


@pytest.mark.parametrize(("text", "year", "start", "end"), RULES.values(), ids=RULES)
def test_transitions_of_a_rule(text: str, year: int, start: str, end: str) -> None:
    rule = parse_rule(text)
    assert rule is not None
    transitions = {format_civil(at): period.dst for at, period in rule.transitions(year, year)}
    assert transitions == {f"{year}-{start}": True, f"{year}-{end}": False}


def test_rule_for_daylight_time_all_year_never_leaves_it() -> None:
    # RFC 9636 section 3.3: the end of each year's daylight time is the start of the next.
    zone = Zone("Test/All_Year", read_tzif(tzif(3, [0], [0], "XXX3EDT4,0/0,J365/23")))
    changes = zone.transitions(1, 7_000_000_000)
    assert [(change.instant, change.offset_after) for change in changes] == [(10800, -14400)]


@pytest.mark.parametrize(
    "text",
    ["", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,J1",
     "AB1", "<AB>1", "CET-27", "CET-1CEST-30,J1,J2", "CET-1 ", "CET-1\n", "CET-\u0661"],
)  # fmt: skip
def test_invalid_rule_is_rejected(text: str) -> None:
    assert parse_rule(text) is None


def test_footer_continues_after_the_last_transition() -> None:
    zone = Zone("Test/Rule", read_tzif(tzif(2, [86400], [0], "STD0DST,J60/0,J300/0")))
    first = zone.transitions(0, 31_536_000 * 2)
    assert [format_civil(change.instant) for change in first] == [
        "1970-03-01T00:00:00",
        "1970-10-26T23:00:00",
        "1971-03-01T00:00:00",
        "1971-10-26T23:00:00",
    ]
    assert format_civil(zone.transitions(0, 10**10)[-1].instant) == "2201-10-26T23:00:00"


DAMAGED = {
    "empty": (b"", "complete"),
    "text": (b"not a zone, though long enough to have a header of its own", "not a TZif"),
    "cut-header": (PARIS[:20], "complete"),
    "cut-first-block": (PARIS[:100], "complete"),
    "cut-second-block": (PARIS[:-200], "footer"),
    "cut-version-1": (tzif(1, [1000, 2000], [1, 0])[:-5], "cut short"),
    "no-types": (block(b"\0", [], [], size="i", types=[]), "complete"),
    "unknown-type": (tzif(1, [1000], [7]), "complete"),
    "unordered": (tzif(2, [2000, 1000], [1, 0]), "out of order"),
    "repeated": (tzif(2, [1000, 1000], [1, 0]), "out of order"),
    "offset-of-days": (block(b"\0", [], [], size="i", types=[(200_000, 0, 0)]), "out of order"),
    "leap-seconds": (block(b"\0", [], [], size="i", leaps=1), "leap"),
    "bad-footer": (tzif(2, [], [], "CET-1CEST"), "rule"),
}


@pytest.mark.parametrize(("data", "why"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_data_is_rejected(data: bytes, why: str) -> None:
    with pytest.raises(ZoneDataError, match=why) as refusal:
        read_tzif(data, "Test/Damaged")
    assert refusal.value.value == "Test/Damaged"


@settings(max_examples=300)
@given(st.integers(0, len(PARIS) - 1), st.binary(min_size=1, max_size=6), st.integers(0, 40))
def test_any_damage_is_rejected_or_harmless(at: int, patch: bytes, cut: int) -> None:
    data = (PARIS[:at] + patch + PARIS[at + len(patch) :])[: len(PARIS) - cut]
    try:
        zone = Zone("Test/Damaged", read_tzif(data))
    except ZoneDataError:
        return
    earlier, later, _ = zone.candidates(0)
    assert earlier <= later
