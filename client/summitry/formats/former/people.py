"""Convert those who take part in records of format 1.

There, members of delegations were messages of their own, whose journey had hours or nothing, and a
person could be written as a party of kind PERSON.
"""

from __future__ import annotations

from typing import Any

Fields = dict[str, Any]

_SHARED = frozenset({"id", "names", "region_code", "source_text"})
"""The fields that parties and persons both have."""


def convert_participant(participant: Fields) -> None:
    """Say in `person` and `on_behalf_of` who was a party of kind PERSON, in place."""
    for party, person in (("party", "person"), ("represents", "on_behalf_of")):
        fields = participant.get(party, {})
        if person not in participant and _is_person(fields):
            del participant[party]
            participant[person] = {name: fields[name] for name in _SHARED if name in fields}


def convert_member(member: Fields) -> None:
    """Make times of the points of arrival and departure, in place."""
    convert_participant(member)
    for edge in ("arrival", "departure"):
        if edge in member:
            member[edge] = {"timed": {"start": member[edge]}}


def _is_person(party: Fields) -> bool:
    """Return whether a party is a person, and has nothing that no person has."""
    return party.get("kind") == "PARTY_KIND_PERSON" and party.keys() <= _SHARED | {"kind"}
