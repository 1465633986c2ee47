"""What is made from the version before is what would be made from nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from summitry.ical.records import EVENT_TYPES, Surroundings
from summitry.kinds import Record
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.summit_pb2 import Summit
from summitry.web.content.persistent_map import PersistentMap
from summitry.web.content.visible_records import VisibleRecords

NAMES = st.sampled_from([f"name-{number}" for number in range(8)])
CHANGES = st.lists(st.dictionaries(NAMES, st.none() | st.integers(0, 3).map(str)), max_size=8)


@given(changes=CHANGES)
def test_a_map_is_what_a_dict_would_be(changes: list[dict[str, str | None]]) -> None:
    versions: list[tuple[PersistentMap[str], dict[str, str]]] = [(PersistentMap(), {})]
    for change in changes:
        latest, plain = versions[-1]
        union = plain | {name: value for name, value in change.items() if value is not None}
        plain = {
            name: value for name, value in union.items() if change.get(name, value) is not None
        }
        versions.append((latest.updated(change), plain))
    for version, plain in versions:
        assert (dict(version), len(version)) == (plain, len(plain)), "no version ever changes"
        assert dict(PersistentMap(plain)) == plain
        for second, there in versions:
            differing = {name for name in plain | there if plain.get(name) is not there.get(name)}
            assert version.difference(second) == differing


SUMMITS = [f"calendars/c/summits/s{number}" for number in range(3)]
MEETINGS = [f"calendars/c/meetings/m{number}" for number in range(3)]
DELEGATIONS = [f"calendars/c/delegations/d{number}" for number in range(3)]


def make(name: str, number: int, seconds: int, uid: int, attends: list[str]) -> Record:
    kind = {"summits": Summit, "meetings": Meeting, "delegations": Delegation}[name.split("/")[2]]
    record: Any = kind(name=name, revision=number, ical_uid=f"{name}-{uid}")
    record.update_time.seconds = seconds
    if isinstance(record, Meeting):
        record.parent_event = attends[0] if attends else ""
    elif isinstance(record, Delegation):
        for event in attends:
            record.engagements.add(event=event)
    result: Record = record
    return result


RECORDS = st.builds(
    make,
    st.sampled_from([*SUMMITS, *MEETINGS, *DELEGATIONS]),
    st.integers(1, 3),
    st.integers(0, 3),
    st.integers(0, 1),
    st.lists(st.sampled_from([*SUMMITS, *MEETINGS]), max_size=3),
)
STEPS = st.lists(st.tuples(st.lists(RECORDS, max_size=4), st.booleans()), max_size=8)


@given(steps=STEPS)
def test_visible_records_are_what_they_would_be_from_nothing(steps: Any) -> None:
    versions = [VisibleRecords()]
    for records, removed in steps:
        changes = {record.name: None if removed else record for record in records}
        versions.append(versions[-1].updated(changes))
    for version in versions:
        fresh = VisibleRecords().updated(version.records)
        assert version.sum_of_versions == fresh.sum_of_versions
        assert version.newest == fresh.newest
        assert facts(version, version) == facts(Surroundings(version.records.values()), version)
        for second in versions:
            mine, theirs = facts(version, version), facts(second, second)
            differing = {name for name in mine | theirs if mine.get(name) != theirs.get(name)}
            assert differing <= version.affected(second)


def facts(surroundings: Surroundings, visible: VisibleRecords) -> dict[str, Any]:
    """Return all that the rendering of each event takes from the records around it."""
    return {
        record.name: (
            record.revision,
            surroundings.version(record),
            [
                (delegation.name, place.event)
                for delegation, place in surroundings.attending(record)
            ],
            surroundings.related_uid(record),
        )
        for record in visible.records.values()
        if isinstance(record, EVENT_TYPES)
    }
