"""Rendering against icalendar's, and a joined feed against a copy of its bytes; CPU clock.

icalendar is given the finished properties of the same event and only builds and serialises them.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import icalendar

from summitry.ical import Options, assemble, render_fragment, render_fragments
from summitry.time import resolve
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.meeting_pb2 import Meeting
from summitry.zones import default_database, format_date, parse_date

OPTIONS = Options(language="fr")
EVENTS = 200
FEED = 10_000
FIRST = parse_date("2024-01-08")
SUMMARY = (
    "Les chefs de délégation se réunissent à huis clos ; le texte préparé par les sherpas leur est "
    "soumis. Une déclaration à la presse est prévue à l'issue de la séance, dans la grande salle. "
    "Les ministres des affaires étrangères y assistent, accompagnés de leurs conseillers."
)


def measure(rounds: int) -> list[tuple[str, float, str]]:
    """Return CPU of this process, as ratios to the ceiling of the same round."""
    records = meetings(EVENTS)
    source = render_fragment(records[0], OPTIONS)
    assert source is not None
    model = icalendar.Event.from_ical(source.data)
    assert isinstance(model, icalendar.Event)
    values = _values(model)
    assert icalendar.Event.from_ical(_rebuild(values))["DTSTART"] == model["DTSTART"]
    fragments = render_fragments(meetings(FEED), OPTIONS)
    home = calendar()
    feed = assemble(home, fragments, OPTIONS, modified=0)
    gc.collect()
    gc.freeze()  # the collector shall not walk what is here for another figure
    times = _interleaved(
        rounds,
        {
            "icalendar": lambda: [_rebuild(values) for _ in range(EVENTS)],
            "ours": lambda: [render_fragment(record, OPTIONS) for record in records],
            "copy": lambda: [bytearray(feed) for _ in range(10)],
            "join": lambda: [assemble(home, fragments, OPTIONS, modified=0) for _ in range(3)],
        },
    )
    theirs, copy = times["icalendar"] / EVENTS, times["copy"] / 10
    return [
        (
            f"cold rendering of an event of {len(source.data)} bytes",
            times["ours"] / EVENTS / theirs,
            f"icalendar, build and to_ical, {theirs * 1e6:.0f} us",
        ),
        (
            f"a feed of {FEED} kept events, sorted and joined",
            times["join"] / 3 / copy,
            f"a copy of its {len(feed) / 1e6:.1f} MB, {copy * 1e3:.1f} ms",
        ),
    ]


def _values(event: icalendar.Event) -> list[tuple[str, Any, dict[str, str]]]:
    """Return the properties of an event as plain Python values, with their parameters."""
    shapes: dict[str, Callable[[Any], Any]] = {
        "DTSTART": lambda value: value.dt,
        "DTEND": lambda value: value.dt,
        "DTSTAMP": lambda value: value.dt,
        "CREATED": lambda value: value.dt,
        "LAST-MODIFIED": lambda value: value.dt,
        "GEO": lambda value: (value.latitude, value.longitude),
        "CATEGORIES": lambda value: list(value.cats),
        "SEQUENCE": int,
    }
    return [
        (name, shapes.get(name, str)(value), {k: v for k, v in value.params.items() if k != "TZID"})
        for name, value in event.items()
    ]


def _rebuild(values: list[tuple[str, Any, dict[str, str]]]) -> bytes:
    event = icalendar.Event()
    for name, value, parameters in values:
        event.add(name, value, parameters)
    return event.to_ical()


def _interleaved(rounds: int, works: dict[str, Callable[[], object]]) -> dict[str, float]:
    spent: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            before = time.process_time()
            work()
            spent[name].append(time.process_time() - before)
    return {name: median(values) for name, values in spent.items()}


def calendar() -> Calendar:
    """Return the calendar they are in."""
    return Calendar(name="calendars/bench", titles=[{"text": "Bench", "language_code": "fr"}])


def meetings(count: int) -> list[Meeting]:
    """Return meetings of an hour, four a day, with a place, a source and a summary."""
    return [_meeting(number) for number in range(count)]


def _meeting(number: int) -> Meeting:
    day = format_date(FIRST + number // 4)
    points = [
        {"civil_time": f"{day}T{9 + number % 4:02}:{minute}", "time_zone": "Europe/Paris"}
        for minute in ("00", "55")
    ]
    record = Meeting(
        name=f"calendars/bench/meetings/m{number:06}",
        ical_uid=f"m{number:06}@bench.example",
        revision=number + 1,
        titles=[{"text": f"Séance n° {number} du groupe de travail", "language_code": "fr"}],
        summaries=[{"text": SUMMARY, "language_code": "fr"}],
        time={"timed": {"start": points[0], "end": points[1]}},
        status=4,
        kind=6,
    )
    place = record.places.add(
        id="paris", region_code="FR", position={"latitude": 48.86, "longitude": 2.32}
    )
    place.localities.add(text="Paris", language_code="fr")
    place.venues.add(text="Palais de l'Élysée", language_code="fr")
    record.sources.add(
        id="press", publisher="Une agence", title="Le programme", url="https://agence.example/1"
    )
    record.create_time.seconds = record.update_time.seconds = 1_704_700_000 + number
    resolve(record.time, default_database())
    return record
