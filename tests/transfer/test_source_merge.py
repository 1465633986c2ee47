"""The merge of three, compared with its definition value by value."""

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
    """A summit with a value for each path that has one."""
    made = Summit(name="calendars/c/summits/s", original=original)
    for path, value in facts.items():
        if value is not None:
            _put(made, path, value)
    return made


def _put(made: Summit, path: str, value: int) -> None:
    name, _, key = path.removesuffix("]").partition("[")
    if name == "titles":
        made.titles.add(text=str(value), language_code=key)
    elif name == "labels":
        made.labels[key] = str(value)
    elif name == "places":
        made.places.add(id=f"p{value}")
    elif name == "edition":
        made.edition = value
    else:
        made.series = str(value)


def facts_of(made: Summit) -> Facts:
    titles = {title.language_code: int(title.text) for title in made.titles}
    return {
        "titles[en]": titles.get("en"),
        "titles[fr]": titles.get("fr"),
        "labels[k]": int(made.labels["k"]) if "k" in made.labels else None,
        "labels[l]": int(made.labels["l"]) if "l" in made.labels else None,
        "edition": made.edition or None,
        "series": int(made.series) if made.series else None,
        "places": int(made.places[0].id[1:]) if made.places else None,
    }


def expected(first: Any, now: Any, desk: Any, *, merge: bool) -> tuple[Any, bool]:
    """What a value becomes, and whether an edit of it is told, by the definition."""
    if now == first or (now is None and merge):
        return desk, False
    if desk == first:
        return now, False
    return desk, desk != now


@given(first=FACTS, now=FACTS, desk=FACTS, merge=st.booleans())
def test_each_value_becomes_what_the_definition_says(
    first: Facts, now: Facts, desk: Facts, merge: bool
) -> None:
    known = digests_of(summit(first, "entry 1"))
    if not known:
        return  # a source that said nothing is like none: the values that it has are taken
    old = summit(desk, "entry 1")
    old.source_digests.update(known)
    result, kept = merge_source(old, summit(now, "entry 2"), merge=merge)
    wanted = {p: expected(first[p], now[p], desk[p], merge=merge) for p in PATHS}
    assert facts_of(result) == {path: value for path, (value, _) in wanted.items()}
    assert sorted(one.path for one in kept) == sorted(p for p, (_, told) in wanted.items() if told)
    again = merge_source(result, summit(now, "entry 2"), merge=merge)
    assert again.record == result
    assert [one.path for one in again.kept_edits] == [one.path for one in kept]
