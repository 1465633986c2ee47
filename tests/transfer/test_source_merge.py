"""The three-way merge, compared value by value with its definition."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from summitry.v1.summit_pb2 import Summit
from summitry_server.domain.source_merge import digests_of, merge_source

PATHS = ("titles[en]", "titles[fr]", "labels[k]", "labels[l]", "edition", "series", "places")
VALUES = st.sampled_from((None, 1, 2))
Facts = dict[str, int | None]
FACTS = st.fixed_dictionaries({path: VALUES for path in PATHS})


def summit(facts: Facts, original: str) -> Summit:
    """Return a summit with a value for each path that has one."""
    record = Summit(name="calendars/c/summits/s", original=original)
    for path, value in facts.items():
        if value is not None:
            _put(record, path, value)
    return record


def _put(record: Summit, path: str, value: int) -> None:
    name, _, key = path.removesuffix("]").partition("[")
    if name == "titles":
        record.titles.add(text=str(value), language_code=key)
    elif name == "labels":
        record.labels[key] = str(value)
    elif name == "places":
        record.places.add(id=f"p{value}")
    elif name == "edition":
        record.edition = value
    else:
        record.series = str(value)


def facts_of(record: Summit) -> Facts:
    titles = {title.language_code: int(title.text) for title in record.titles}
    return {
        "titles[en]": titles.get("en"),
        "titles[fr]": titles.get("fr"),
        "labels[k]": int(record.labels["k"]) if "k" in record.labels else None,
        "labels[l]": int(record.labels["l"]) if "l" in record.labels else None,
        "edition": record.edition or None,
        "series": int(record.series) if record.series else None,
        "places": int(record.places[0].id[1:]) if record.places else None,
    }


def expected(first: Any, now: Any, desk: Any, *, merge: bool) -> tuple[Any, bool]:
    """Return what a value becomes, and whether an edit of it is reported, by the definition."""
    if now == first or (now is None and merge):
        return desk, False
    if desk == first:
        return now, False
    return desk, desk != now


@given(first=FACTS, now=FACTS, desk=FACTS, merge=st.booleans())
def test_each_value_becomes_what_the_definition_says(
    first: Facts, now: Facts, desk: Facts, merge: bool
) -> None:
    digests = digests_of(summit(first, "entry 1"))
    if not digests:
        return  # a source that said nothing is like none: the values that it has are taken
    old = summit(desk, "entry 1")
    old.source_digests.update(digests)
    result, kept_edits = merge_source(old, summit(now, "entry 2"), merge=merge)
    outcomes = {p: expected(first[p], now[p], desk[p], merge=merge) for p in PATHS}
    assert facts_of(result) == {path: value for path, (value, _) in outcomes.items()}
    assert sorted(edit.path for edit in kept_edits) == sorted(
        p for p, (_, is_reported) in outcomes.items() if is_reported
    )
    again = merge_source(result, summit(now, "entry 2"), merge=merge)
    assert again.record == result
    assert [edit.path for edit in again.kept_edits] == [edit.path for edit in kept_edits]
