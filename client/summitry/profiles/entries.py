"""What the profiles of data sets have in common: ids, texts, dates, canonical JSON."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, TypeVar

from summitry.profiles.tables import SEASONS

Fields = dict[str, Any]
"""A record as protobuf JSON."""

Entry = Mapping[str, Any]
V = TypeVar("V")

ID_LENGTH = 63
_HASH_LENGTH = 8


class ConversionError(ValueError):
    """An entry that the converter does not understand; nothing is guessed."""


def lookup(table: Mapping[str, V], word: str, what: str) -> V:
    """The meaning of a word of the data. Raises ConversionError for a word not in the table."""
    if word not in table:
        known = ", ".join(sorted(table))
        raise ConversionError(f"unknown {what} {word!r}: known are {known}")
    return table[word]


def identifier(text: str) -> str:
    """A text made fit for ids: `[a-z0-9][a-z0-9-]{0,62}`.

    What does not fit the length, or leaves nothing, gets a part of its SHA-256, so that two
    texts that begin alike do not become one id.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    fit = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if fit and len(fit) <= ID_LENGTH:
        return fit
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{fit[: ID_LENGTH - _HASH_LENGTH - 1]}-{digest}".lstrip("-")


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def localized(text: str, language: str = "en") -> list[Fields]:
    """A repeated LocalizedText of one language; empty for an empty text."""
    return [{"text": text, "language_code": language}] if text else []


def without_empty(record: Mapping[str, Any]) -> Fields:
    """The fields that say something; false and zero are the defaults of protobuf as well."""
    return {key: value for key, value in record.items() if value}


def days(first: str, last: str, zone: str = "") -> Fields:
    """An EventTime of whole days. An empty side is not known."""
    return {"dates": without_empty({"first_date": first, "last_date": last, "time_zone": zone})}


def event_time(start: str, end: str | None, zone: str = "") -> Fields:
    """An EventTime for a date of the data: a day, "2020-09", "2020", "after ...", "2022-autumn".

    A day without an end has an open end. Raises ConversionError for any other form.
    """
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", start):
        return days(start, end or "", zone)
    return {"partial": without_empty({"edtf": _edtf(start), "time_zone": zone}), "text": start}


def _edtf(text: str) -> str:
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
    """A converter of the entries that say they are a `record`; the first brings the calendar."""
    waiting = [calendar]

    def converted(entry: Any) -> Iterator[Fields]:
        if entry["record"] != record:
            raise ConversionError(f"the entry is a {entry['record']!r}, not a {record!r}")
        found = list(convert(entry))
        while waiting:
            yield waiting.pop()
        yield from found

    return converted
