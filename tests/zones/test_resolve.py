import pytest

from summitry.zones import (
    Choice,
    FoldError,
    GapError,
    OffsetChoice,
    OffsetConflictError,
    TzDb,
    format_civil,
    parse_civil,
    parse_offset,
    resolve_wall,
    resolve_wall_offset,
    rfc3339,
)

GAP, FOLD, NORMAL = "2024-03-31T02:30", "2024-10-27T02:30", "2024-07-03T07:00"
AT = {
    GAP: {Choice.EARLIER: "00:30", Choice.COMPATIBLE: "01:30", Choice.LATER: "01:30"},
    FOLD: {Choice.EARLIER: "00:30", Choice.COMPATIBLE: "00:30", Choice.LATER: "01:30"},
    NORMAL: dict.fromkeys(Choice, "05:00"),
}
CASES = [(wall, choice, utc) for wall, table in AT.items() for choice, utc in table.items()]


@pytest.mark.parametrize(
    ("wall", "choice", "utc"), CASES, ids=[f"{wall}-{choice.name}" for wall, choice, _ in CASES]
)
def test_resolve_wall_by_choice(db: TzDb, wall: str, choice: Choice, utc: str) -> None:
    instant = resolve_wall(db.zone("Europe/Paris"), parse_civil(wall), choice)
    assert rfc3339(instant) == f"{wall[:10]}T{utc}:00Z"


@pytest.mark.parametrize(
    ("wall", "error", "message"),
    [
        (
            GAP,
            GapError,
            "2024-03-31T02:30:00 does not happen in Europe/Paris; choose EARLIER "
            "(2024-03-31T00:30:00Z) or LATER (2024-03-31T01:30:00Z), or another time",
        ),
        (
            FOLD,
            FoldError,
            "2024-10-27T02:30:00 happens twice in Europe/Paris; choose EARLIER "
            "(2024-10-27T00:30:00Z) or LATER (2024-10-27T01:30:00Z), or another time",
        ),
    ],
    ids=["gap", "fold"],
)
def test_rejected_gap_or_fold_carries_its_instants(
    db: TzDb, wall: str, error: type[GapError | FoldError], message: str
) -> None:
    with pytest.raises(error) as refusal:
        resolve_wall(db.zone("Europe/Paris"), parse_civil(wall))
    error = refusal.value
    assert str(error) == message
    assert (error.value, error.zone) == (f"{wall}:00", "Europe/Paris")
    assert (rfc3339(error.earlier)[11:16], rfc3339(error.later)[11:16]) == ("00:30", "01:30")


# (wall, zone, offset, choice, conflict) -> instant, wall that holds; or the error.
# The Paris row is the example of RFC 9557 section 3.4, Almaty the summit as stored before 2024.
Outcome = tuple[str, str] | type[Exception]
OFFSETS: dict[str, tuple[str, str, str, Choice, OffsetChoice, Outcome]] = {
    "agrees": (
        "2024-07-04T10:00", "Asia/Almaty", "+05:00", Choice.REJECT, OffsetChoice.REJECT,
        ("2024-07-04T05:00", "2024-07-04T10:00"),
    ),
    "contradicts": (
        "2022-07-08T00:14:07", "Europe/Paris", "+01:00", Choice.REJECT, OffsetChoice.REJECT,
        OffsetConflictError,
    ),
    "keep-instant": (
        "2024-07-04T10:00", "Asia/Almaty", "+06:00", Choice.REJECT, OffsetChoice.KEEP_INSTANT,
        ("2024-07-04T04:00", "2024-07-04T09:00"),
    ),
    "keep-wall": (
        "2024-07-04T10:00", "Asia/Almaty", "+06:00", Choice.REJECT, OffsetChoice.KEEP_WALL,
        ("2024-07-04T05:00", "2024-07-04T10:00"),
    ),
    "fold-first": (
        FOLD, "Europe/Paris", "+02:00", Choice.REJECT, OffsetChoice.REJECT, ("2024-10-27T00:30", FOLD),
    ),
    "fold-second": (
        FOLD, "Europe/Paris", "+01:00", Choice.REJECT, OffsetChoice.REJECT, ("2024-10-27T01:30", FOLD),
    ),
    "fold-offset-beats-choice": (
        FOLD, "Europe/Paris", "+01:00", Choice.EARLIER, OffsetChoice.REJECT,
        ("2024-10-27T01:30", FOLD),
    ),
    "fold-contradicts": (
        FOLD, "Europe/Paris", "+03:00", Choice.LATER, OffsetChoice.REJECT, OffsetConflictError,
    ),
    "fold-keep-wall-without-choice": (
        FOLD, "Europe/Paris", "+03:00", Choice.REJECT, OffsetChoice.KEEP_WALL, FoldError,
    ),
    "fold-keep-wall": (
        FOLD, "Europe/Paris", "+03:00", Choice.LATER, OffsetChoice.KEEP_WALL,
        ("2024-10-27T01:30", FOLD),
    ),
    "gap-without-choice": (
        GAP, "Europe/Paris", "+01:00", Choice.REJECT, OffsetChoice.REJECT, GapError,
    ),
    "gap-before": (
        GAP, "Europe/Paris", "+01:00", Choice.COMPATIBLE, OffsetChoice.REJECT,
        ("2024-03-31T01:30", GAP),
    ),
    "gap-after": (
        GAP, "Europe/Paris", "+02:00", Choice.COMPATIBLE, OffsetChoice.REJECT,
        ("2024-03-31T00:30", GAP),
    ),
    "gap-contradicts": (
        GAP, "Europe/Paris", "+05:00", Choice.LATER, OffsetChoice.REJECT, OffsetConflictError,
    ),
    "gap-keep-instant": (
        GAP, "Europe/Paris", "+01:00", Choice.REJECT, OffsetChoice.KEEP_INSTANT,
        ("2024-03-31T01:30", "2024-03-31T03:30"),
    ),
    "gap-keep-wall-without-choice": (
        GAP, "Europe/Paris", "+05:00", Choice.REJECT, OffsetChoice.KEEP_WALL, GapError,
    ),
    "seconds": (
        "1971-07-01T10:00", "Africa/Monrovia", "-00:44:30", Choice.REJECT, OffsetChoice.REJECT,
        ("1971-07-01T10:44:30", "1971-07-01T10:00"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("wall", "zone", "offset", "choice", "conflict", "outcome"), OFFSETS.values(), ids=OFFSETS
)
def test_resolve_wall_with_zone_and_offset(
    db: TzDb, wall: str, zone: str, offset: str, choice: Choice, conflict: OffsetChoice,
    outcome: Outcome,
) -> None:  # fmt: skip
    arguments = (db.zone(zone), parse_civil(wall), parse_offset(offset), choice, conflict)
    if isinstance(outcome, type):
        with pytest.raises(outcome):
            resolve_wall_offset(*arguments)
        return
    instant, wall_after = resolve_wall_offset(*arguments)
    assert format_civil(instant) == format_civil(parse_civil(outcome[0]))
    assert format_civil(wall_after) == format_civil(parse_civil(outcome[1]))


def test_offset_conflict_carries_the_offset_of_the_zone(db: TzDb) -> None:
    with pytest.raises(OffsetConflictError) as refusal:
        resolve_wall_offset(db.zone("Europe/Paris"), parse_civil(NORMAL), 3600)
    assert (refusal.value.offset, refusal.value.zone_offset) == (3600, 7200)
    assert str(refusal.value) == (
        "2024-07-03T07:00:00+01:00 contradicts Europe/Paris, which is at +02:00 then; "
        "correct one of them, or choose KEEP_INSTANT or KEEP_WALL"
    )
