"""Fixtures for the tests of profiles: converters, and the checks of the server."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from summitry.formats.profiles import read_profile
from summitry.kinds import BY_MESSAGE
from summitry.zones import default_database
from summitry_server.domain.records.records import prepare
from summitry_server.wire import limits

PROFILES = {
    "visit": "state-department",
    "summit": "summits",
    "summit_attendance": "attendance",
}

Convert = Callable[..., Any]


@pytest.fixture(scope="session")
def convert() -> Convert:
    """Return a function from entries of a data set to the records of their profile."""

    def convert_all(*entries: Mapping[str, Any] | str, profile: str = "") -> list[Any]:
        texts = [entry if isinstance(entry, str) else json.dumps(entry) for entry in entries]
        name = profile or PROFILES[json.loads(texts[0])["record"]]
        source = io.StringIO("".join(f"{text}\n" for text in texts))
        return [record for _, record in read_profile(name, source)]

    return convert_all


@pytest.fixture(scope="session")
def converted(convert: Convert) -> Convert:
    """Return a function from a base entry with changes to its record."""

    def convert_one(base: Mapping[str, Any], **changes: Any) -> Any:
        _, record = convert({**base, **changes})
        return record

    return convert_one


@pytest.fixture(scope="session")
def admit() -> Callable[[Any], None]:
    """Return a function that refuses what the server would: limits, forms, sources, times."""
    db = default_database()

    def admit_record(record: Any) -> None:
        noun = BY_MESSAGE[type(record)].singular
        limits.check(record, noun)
        prepare(record, noun, db)

    return admit_record
