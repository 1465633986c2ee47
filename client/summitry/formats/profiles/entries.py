"""Helpers of the profiles of data sets: ids, texts, dates, canonical JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, TypeVar

from summitry.fields import Fields, without_empty
from summitry.formats.profiles.tables import SEASONS

Entry = Mapping[str, Any]
V = TypeVar("V")


class ConversionError(ValueError):
    """An entry that the converter does not understand. It refuses rather than guesses."""


def lookup(table: Mapping[str, V], word: str, noun: str) -> V:
    """Return the meaning of a word of the data. Raises ConversionError for an unknown word."""
    if word not in table:
        words = ", ".join(sorted(table))
        raise ConversionError(f"unknown {noun} {word!r}: known are {words}")
    return table[word]


def canonical(value: object) -> str:
    """Return JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def localized(text: str, language: str = "en") -> list[Fields]:
    """Return a repeated LocalizedText of one language; empty for an empty text."""
    return [{"text": text, "language_code": language}] if text else []


def days(first: str, last: str, zone: str = "") -> Fields:
    """Return an EventTime of whole days. An empty side is not known."""
    ends = {"first_date": first, "open_start": not first, "last_date": last, "open_end": not last}
    return {"dates": without_empty({**ends, "time_zone": zone})}


def event_time(start: str, end: str | None, zone: str = "") -> Fields:
    """Return an EventTime for a date: a day, "2020-09", "2020", "after ...", "2022-autumn".

    A day without an end has an open end. Raises ConversionError for any other form.
    """
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", start):
        return days(start, end or "", zone)
    return {
        "partial": without_empty({"edtf": _edtf(start), "time_zone": zone}),
        "source_text": start,
    }


def _edtf(text: str) -> str:
    """Return the EDTF of a date that is less precise than a day. Raises ConversionError."""
    if re.fullmatch(r"\d{4}(-\d{2})?", text):
        return text
    if after := re.fullmatch(r"after (\d{4}-\d{2}-\d{2})", text):
        return f"{date.fromisoformat(after[1]) + timedelta(days=1)}/.."
    if season := re.fullmatch(r"(\d{4})-([a-z]+)", text):
        return f"{season[1]}-{lookup(SEASONS, season[2], 'season')}"
    raise ConversionError(f"unknown date {text!r}: write a day, month, year, season or 'after DAY'")


def converter(
    record: str, calendar: Fields, convert: Callable[[Entry], Iterable[Fields]]
) -> Callable[[Any], Iterator[Fields]]:
    """Return a converter of the entries of a `record`; the first of them brings the calendar."""
    waiting = [calendar]

    def convert_entry(entry: Any) -> Iterator[Fields]:
        if entry["record"] != record:
            raise ConversionError(f"the entry is a {entry['record']!r}, not a {record!r}")
        records = list(convert(entry))
        while waiting:
            yield waiting.pop()
        yield from records

    return convert_entry
