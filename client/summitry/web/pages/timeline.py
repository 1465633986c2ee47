"""The timeline: a picture of the times of events, a row each, drawn as SVG by the template.

Lengths are units of the picture. Time runs from left to right; `mirrored` turns it around.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from summitry.web.pages import dates
from summitry.web.pages.items import title_of, when
from summitry.web.pages.placed_events import PlacedEvent
from summitry.zones.days import DAY_SECONDS, format_date

ROWS = 60
WIDTH, LABELS, TOP, ROW, BAR = 1120, 330, 56, 30, 16
PLOT = WIDTH - LABELS - 10
SHORTEST = 5  # units; a shorter bar would be invisible
CHARACTERS = 46  # of a label that fits beside the plot
HOUR_TICKS = ((1, 2), (2, 3), (3, 6), (6, 12))  # up to so many days: hours from tick to tick

# Up to so many days: the step of the grid, and how its labels read (CLDR skeletons).
_STEPS = ((12, "day", "MMMEd"), (92, "week", "MMMd"), (1100, "month", "yMMM"))
_LAST_STEP = ("year", "y")


class Tick(NamedTuple):
    """A line of the grid."""

    x: float
    label: str  # "" for none
    hour: bool = False  # within a day: drawn thin, with its label below those of days


class Bar(NamedTuple):
    """A row of the picture: a label, and a bar from the start to the end of the event."""

    y: float
    x: float
    width: float
    kind: str
    label: str
    title: str  # in full, with its time
    anchor: str
    whole: bool  # days, drawn lighter than hours
    off: bool
    early: bool  # it began before the picture
    late: bool


class Picture(NamedTuple):
    """The shapes of the timeline, from which the template writes SVG."""

    height: float
    ticks: list[Tick]
    bars: list[Bar]
    now: float  # where today is; 0: not in the picture
    left_out: int
    mirrored: bool = False  # time runs from right to left, and labels stand on the right


def picture(
    entries: Iterable[PlacedEvent], window: tuple[int, int] | None, today: int, language: str
) -> Picture | None:
    """Return the picture of the dated entries in a window of days; None if there are none.

    Without a window it is as wide as they are, and a little margin.
    """
    dated = [entry for entry in entries if entry.dated]
    if not dated:
        return None
    first, last = window or _extent(dated)
    rows = dated[:ROWS]
    scale = _Scale(first, last)
    bars = [_bar(entry, row, scale, language) for row, entry in enumerate(rows)]
    now = scale.x(today * DAY_SECONDS + DAY_SECONDS // 2) if first <= today <= last else 0
    height = TOP + ROW * len(rows) + 8
    return Picture(height, _ticks(scale, language), bars, now, len(dated) - len(rows))


def mirrored(picture: Picture) -> Picture:
    """Return the picture for languages that are read from right to left."""
    return picture._replace(
        ticks=[tick._replace(x=round(WIDTH - tick.x, 1)) for tick in picture.ticks],
        bars=[
            bar._replace(x=round(WIDTH - bar.x - bar.width, 1), early=bar.late, late=bar.early)
            for bar in picture.bars
        ],
        now=round(WIDTH - picture.now, 1) if picture.now else 0,
        mirrored=True,
    )


def _extent(entries: Sequence[PlacedEvent]) -> tuple[int, int]:
    return min(entry.days[0] for entry in entries), max(entry.days[1] for entry in entries)


class _Scale(NamedTuple):
    first: int
    last: int

    def x(self, wall: float) -> float:
        """Return the position of civil seconds within the plot."""
        start = self.first * DAY_SECONDS
        share = (wall - start) / ((self.last + 1 - self.first) * DAY_SECONDS)
        return round(LABELS + PLOT * min(1.0, max(0.0, share)), 1)


def _bar(entry: PlacedEvent, row: int, scale: _Scale, language: str) -> Bar:
    first, last = entry.days
    start, end = first * DAY_SECONDS, (last + 1) * DAY_SECONDS
    if entry.start is not None:
        start, end = entry.start, entry.end if entry.end is not None else entry.start
    x, right = scale.x(start), scale.x(end)
    width = max(SHORTEST, right - x)
    title, _ = title_of(entry, language)
    return Bar(
        y=TOP + row * ROW,
        x=min(x, LABELS + PLOT - width),
        width=round(width, 1),
        kind=entry.kind,
        label=title if len(title) <= CHARACTERS else title[: CHARACTERS - 1].rstrip() + "…",
        title=f"{title} — {_full(entry, language)}",
        anchor=entry.anchor,
        whole=end - start >= DAY_SECONDS,
        off=entry.off,
        early=first < scale.first,
        late=last > scale.last,
    )


def _full(entry: PlacedEvent, language: str) -> str:
    text = when(entry, language)
    return text if entry.start is None else f"{dates.long_day(entry.days[0], language)}, {text}"


def _ticks(scale: _Scale, language: str) -> list[Tick]:
    days = scale.last + 1 - scale.first
    step, skeleton = next(((s, k) for most, s, k in _STEPS if days <= most), _LAST_STEP)
    ticks = [
        Tick(scale.x(day * DAY_SECONDS), dates.say(day, skeleton, language))
        for day in range(scale.first, scale.last + 1)
        if _begins(day, step)
    ]
    return [*_space_labels(ticks), *_hour_ticks(scale, days)]


def _hour_ticks(scale: _Scale, days: int) -> list[Tick]:
    """Return the ticks within days, each with its hour; none for a longer time."""
    step = next((hours for most, hours in HOUR_TICKS if days <= most), 0)
    return [
        Tick(scale.x(second), dates.clock(second), hour=True)
        for day in range(scale.first, scale.last + 1)
        for hour in (range(step, 24, step) if step else ())
        for second in [day * DAY_SECONDS + hour * 3600]
    ]


def _begins(day: int, step: str) -> bool:
    """Return whether a day begins a week (on Monday), month or year."""
    text = format_date(day)
    return {
        "day": True,
        "week": (day + 3) % 7 == 0,
        "month": text.endswith("-01"),
        "year": text.endswith("-01-01"),
    }[step]


def _space_labels(ticks: list[Tick], min_distance: float = 78) -> list[Tick]:
    """Return the ticks without those labels that would run into the label before."""
    spaced: list[Tick] = []
    last_label = -min_distance
    for tick in ticks:
        if tick.label and tick.x - last_label < min_distance:
            spaced.append(tick._replace(label=""))
            continue
        last_label = tick.x if tick.label else last_label
        spaced.append(tick)
    return spaced
