"""Derive the index entries of a record: facets for filters, folded words for text search.

One walk over a message (wire.walks) serves all kinds: places, parties and persons are recognised by
their message type, wherever they stand. Claims and earlier times are skipped, because a filter
looks for present facts and not for former or claimed ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from summitry.declarations import is_searchable
from summitry.kinds import Record
from summitry.v1.filter_pb2 import Filter
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.party_pb2 import Party, PartyKind, Person
from summitry.v1.place_pb2 import Place
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit
from summitry.visibility import embargo
from summitry.zones import fold_region
from summitry_server.domain.deletion import is_purged
from summitry_server.domain.search.folding import fold, slug, words
from summitry_server.domain.search.towns import town_names
from summitry_server.store.contract import Condition
from summitry_server.wire.walks import Step, WalkRule, walk

SKIPPED = {
    *("claims", "preferences", "previous_times", "status_changes"),
    *("time", "sources", "links", "labels", "original", "source_digests"),
}
EMBARGO = "embargo"
DISPUTED = "disputed"
ORGANIZATIONS = {PartyKind.PARTY_KIND_ORGANIZATION, PartyKind.PARTY_KIND_BODY}


def _names(kind: str, key: str, names: Iterable[str]) -> Iterator[str]:
    for name in (key, *names):
        if folded := slug(name):
            yield f"{kind}:{folded}"


def _place(place: Place) -> Iterator[str]:
    if place.region_code:
        yield f"region:{fold_region(place.region_code)}"
    yield from _names("city", place.id, (text.text for text in place.localities))


def _party(party: Party) -> Iterator[str]:
    if party.region_code:
        yield f"region:{fold_region(party.region_code)}"
    if party.kind in ORGANIZATIONS:
        names = [text.text for text in party.names]
        dated = (dated.name.text for dated in party.dated_names)
        yield from _names("organization", party.id, (*names, *dated, party.source_text))


def _person(person: Person) -> Iterator[str]:
    if person.region_code:
        yield f"region:{fold_region(person.region_code)}"
    names = (text.text for text in person.names)
    yield from _names("person", person.id, (*names, *person.aliases, person.source_text))


FACET_MAKERS: dict[str, Callable[..., Iterator[str]]] = {
    "summitry.v1.Place": _place,
    "summitry.v1.Party": _party,
    "summitry.v1.Person": _person,
}


class IndexEntries:
    """The facets and texts that a walk over a record collects for the index."""

    def __init__(self) -> None:
        self.facets = set[str]()
        self.texts = dict[str, None]()  # each once, in their order


class _PresentFacts(WalkRule):
    """A rule that stays out of claims, earlier times and what is no fact of the record."""

    def below(self, field: Any) -> WalkRule | None:
        return None if field.name in SKIPPED else self


class _Facets(_PresentFacts):
    """The facets of places, parties and persons, as a rule in a walk."""

    def at_message(self, message: Any) -> Step | None:
        make_facets = FACET_MAKERS.get(message.full_name)
        if make_facets is None:
            return None
        return lambda value, entries: entries.facets.update(make_facets(value))


class _Texts(_PresentFacts):
    """The texts of the fields that are declared searchable, as a rule in a walk."""

    def at_field(self, field: Any) -> Step | None:
        if not is_searchable(field):
            return None
        if field.is_repeated:
            return lambda values, entries: entries.texts.update(dict.fromkeys(values))
        return lambda value, entries: entries.texts.setdefault(value)


class _Parties(_PresentFacts):
    """The parties that a record names, as a rule in a walk; its state is a list of them."""

    def at_message(self, message: Any) -> Step | None:
        return _append if message.full_name == "summitry.v1.Party" else None


def _append(value: Any, values: list[Any]) -> None:
    values.append(value)


INDEXED = (_Facets(), _Texts())
PARTIES = (_Parties(),)


def event_facet(name: str) -> str:
    """Return the facet of the delegations to an event, by its resource name."""
    return f"event:{name}"


def _facts(record: Record) -> Iterator[str]:
    """Yield the facets of what single kinds say of themselves."""
    for engagement in getattr(record, "engagements", ()):
        yield event_facet(engagement.event)
    if parent := getattr(record, "parent_event", ""):
        yield f"parent:{parent}"
    if isinstance(record, Summit):
        yield from (f"series:{slug(record.series)}", f"level:{record.level}")
        yield from _hosts(record.hosts)
    elif isinstance(record, Visit):
        yield from (f"trip:{record.trip}",) if record.trip else ()
        yield from (f"parent:{record.summit}",) if record.summit else ()
        yield from (f"visit-kind:{segment.kind}" for segment in record.segments)
        yield from _hosts([record.host])
    elif isinstance(record, Meeting):
        yield f"meeting-kind:{record.kind}"


def _hosts(parties: Iterable[Party]) -> Iterator[str]:
    for party in parties:
        dated = (dated.name.text for dated in party.dated_names)
        names = (*(text.text for text in party.names), *dated, party.source_text)
        yield from _names("host", party.id, (fold_region(party.region_code), *names))


def parties_of(record: Record) -> list[Party]:
    """Return the parties that a record names, wherever they stand in it."""
    parties = list[Party]()
    walk(record, "", PARTIES, parties)
    return parties


def entries_of(record: Record) -> IndexEntries:
    """Return what the index has of the texts, places, parties and persons in a record."""
    entries = IndexEntries()
    walk(record, "", INDEXED, entries)
    return entries


def facets_of(record: Record, entries: IndexEntries) -> tuple[str, ...]:
    """Return the facets by which filters find a record, sorted and unique; none of a tombstone."""
    if is_purged(record):
        return ()
    facets = {f"status:{record.status}", *entries.facets, *_facts(record)}
    facets.update(f"label:{key}={value}" for key, value in record.labels.items())
    if embargo(record):
        facets.add(EMBARGO)
    if any(preference.disputed for preference in record.preferences):
        facets.add(DISPUTED)
    return tuple(sorted(facets))


def text_of(entries: IndexEntries) -> str:
    """Return the folded texts of the searchable fields of a record, each once, in lines."""
    return fold("\n".join(entries.texts))


def _host_names(host: str) -> set[str]:
    """Return the folded forms of what may be a name or a region code."""
    return {slug(host), slug(fold_region(host))}


def condition_of(filter: Filter) -> Condition:
    """Return a filter, without its window, as a condition on rows."""
    groups: tuple[Iterable[str], ...] = (
        (f"region:{fold_region(code)}" for code in filter.region_codes),
        (f"person:{slug(name)}" for name in filter.persons),
        (f"organization:{slug(name)}" for name in filter.organizations),
        # Sorted, since a set has another order in each process.
        sorted({f"city:{name}" for city in filter.cities for name in town_names(city)}),
        (f"status:{status}" for status in filter.statuses),
        (f"trip:{trip}" for trip in filter.trips),
        (f"parent:{name}" for name in filter.parent_events),
        (f"series:{slug(series)}" for series in filter.series),
        (f"level:{level}" for level in filter.levels),
        sorted({f"host:{name}" for host in filter.hosts for name in _host_names(host)}),
        (f"visit-kind:{kind}" for kind in filter.visit_kinds),
        (f"meeting-kind:{kind}" for kind in filter.meeting_kinds),
        (DISPUTED,) * filter.disputed,
    )
    any_of = tuple(group for group in map(tuple, groups) if group)
    labels = tuple((f"label:{key}={value}",) for key, value in sorted(filter.labels.items()))
    since = filter.updated_since.seconds if filter.HasField("updated_since") else None
    without = (DISPUTED,) if filter.HasField("disputed") and not filter.disputed else ()
    return Condition(
        kinds=tuple(filter.kinds),
        facets=any_of + labels,
        words=words(filter.text),
        since=since,
        without=without,
        uids=tuple(filter.ical_uids),
    )
