"""The persons and organisations that the records of a calendar name.

A request about somebody whom no record names is refused, with the nearest names as suggestions:
an answer would read as "free all day" or "nowhere", though it may be a misspelt name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from summitry.kinds import EVENTFUL
from summitry.nearest import NameIndex
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.domain.search.facets import parties_of
from summitry_server.domain.search.folding import slug, words
from summitry_server.domain.search.territories import territory_names
from summitry_server.store.contract import Condition, RecordReader, Row
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import MOST_RECORDS
from summitry_server.wire.refusals import RefusedError

PAGE = 500
MAX_SUGGESTIONS = 3
NAME_BYTES = 2048  # of memory for a name in the indexes
MAX_MATCHES = 20  # records of a kind that are searched for the code of a party
PERSON, ORGANIZATION = "person:", "organization:"


def is_known(reader: RecordReader, calendar: str | None, facets: Iterable[str]) -> bool:
    """Return whether a record of a calendar, even a deleted one, has one of these facets."""
    condition = Condition(facets=(tuple(sorted(facets)),))
    return any(
        reader.page(kind.number, calendar, "", 1, condition, show_deleted=True) for kind in EVENTFUL
    )


class Directory(NamedTuple):
    """The names of a calendar at one revision, for suggestions."""

    persons: NameIndex
    parties: NameIndex
    by_word: dict[str, list[str]]  # persons by each part of their names, such as a last name
    size: int  # bytes of memory, as an estimate

    def unknown_person(self, name: str, field: str) -> RefusedError:
        """Return the refusal of a person whom no record names."""
        word = slug(name)
        candidates = [*self.persons.nearest(word, MAX_SUGGESTIONS), *self.by_word.get(word, ())]
        reason = ErrorReason.ERROR_REASON_UNKNOWN_PERSON
        return _unknown_name(reason, name, field, candidates, "a person by id, whole name or alias")

    def unknown_party(self, name: str, field: str) -> RefusedError:
        """Return the refusal of a party that is no territory, and that no record names."""
        candidates = self.parties.nearest(name, MAX_SUGGESTIONS)
        reason = ErrorReason.ERROR_REASON_UNKNOWN_PARTY
        hint = "a country by code or name, or an organisation by id or name"
        return _unknown_name(reason, name, field, candidates, hint)


def _unknown_name(
    reason: ErrorReason, name: str, field: str, candidates: Iterable[str], hint: str
) -> RefusedError:
    suggestions = tuple(dict.fromkeys(candidates))[:MAX_SUGGESTIONS]
    next_step = f"did you mean {' or '.join(suggestions)}?" if suggestions else f"give {hint}"
    return RefusedError(
        reason,
        f"no record here names {name!r}; {next_step}",
        field,
        value=name,
        suggestions=", ".join(suggestions),
    )


def make_directory(
    reader: RecordReader, calendar: str | None, check: Callable[[], None]
) -> Directory:
    """Return the directory of a calendar, by its first 20,000 live records of each kind."""
    persons: set[str] = set()
    organizations: set[str] = set()
    for row in _rows(reader, calendar, check):
        persons.update(_names_with_prefix(row, PERSON))
        organizations.update(_names_with_prefix(row, ORGANIZATION))
    by_word: dict[str, list[str]] = {}
    for person in sorted(persons):
        for word in person.split("-"):
            by_word.setdefault(word, []).append(person)
    parties = (*territory_names(), *sorted(organizations))
    size = NAME_BYTES * (len(persons) + len(parties))
    return Directory(NameIndex(sorted(persons)), NameIndex(parties), by_word, size)


def _names_with_prefix(row: Row, prefix: str) -> Iterator[str]:
    return (facet.removeprefix(prefix) for facet in row.facets if facet.startswith(prefix))


def _rows(reader: RecordReader, calendar: str | None, check: Callable[[], None]) -> Iterator[Row]:
    for kind in EVENTFUL:
        after = ""
        for _ in range(MOST_RECORDS // PAGE):
            check()
            page = reader.page(kind.number, calendar, after, PAGE, Condition())
            yield from page
            if len(page) < PAGE:
                break
            after = page[-1].name


def codes_of_party(reader: RecordReader, calendar: str | None, name: str) -> set[str]:
    """Return the codes that records give to a party of that name, such as a former state."""
    folded_name = slug(name)
    return {
        party.region_code
        for kind in EVENTFUL
        for row in reader.page(kind.number, calendar, "", MAX_MATCHES, Condition(words=words(name)))
        for party in parties_of(wire.unframe(kind.message, row.frame))
        if party.region_code
        if folded_name
        in {slug(text) for text in (*(n.text for n in party.names), party.source_text)}
    }
