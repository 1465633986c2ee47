"""The content of a calendar for feeds: read from the log, it is what reading all of it gives."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from summitry import Client
from summitry.web.content.source import CalendarContent
from summitry.web.feeds.following import FollowedFeeds
from summitry_server import feeding
from summitry_server.feeding import StoreFeeds
from summitry_server.services.feed_tokens import FeedTokenRegistry
from tests.waiting import wait_until

REGIONS = ("KZ", "CN", "FR")


class Desk(NamedTuple):
    """An API, and a source of its store inside the server and one over gRPC."""

    api: Any
    store: StoreFeeds
    gateway: FollowedFeeds

    def fresh(self) -> StoreFeeds:
        return StoreFeeds(self.store._backend, self.store._tokens)


@pytest.fixture
def desk(service: Any, api_class: Any) -> Iterator[Desk]:
    backend = service.application.backend
    with Client(service.grpc) as client:
        gateway = FollowedFeeds(client)
        assert gateway.wait(20.0)
        yield Desk(
            api_class(service.channel), StoreFeeds(backend, FeedTokenRegistry(backend)), gateway
        )
        gateway.close()


def facts(content: CalendarContent | None) -> Any:
    if content is None:
        return None
    members = {feed_id: sorted(names) for feed_id, names in content.members.items()}
    return content.state, content.calendar, dict(content.records), members


class Scribe:
    """Writes to a calendar at random."""

    def __init__(self, api: Any, seed: int) -> None:
        self.api, self.random = api, Random(seed)
        self.present: list[tuple[str, str]] = []  # nouns and names
        self.count = 0
        api.create("calendars", "c")

    def step(self) -> None:
        action = self.random.choice(
            (self.create, self.create, self.update, self.update, self.delete)
        )
        action()

    def create(self) -> None:
        noun = self.random.choice(("Summit", "Summit", "Feed"))
        self.count += 1
        record = self.api.create(f"{noun.lower()}s", f"x{self.count}", **self.fields(noun))
        self.present.append((noun, record.name))

    def update(self) -> None:
        if self.present:
            noun, name = self.random.choice(self.present)
            fields = self.fields(noun)
            sent = {noun.lower(): {"name": name, **fields}}
            mask = FieldMask(paths=list(fields)).ToJsonString()
            self.api(f"Update{noun}", update_mask=mask, **sent)

    def delete(self) -> None:
        if self.present:
            noun, name = self.present.pop(self.random.randrange(len(self.present)))
            self.api(f"Delete{noun}", name=name)

    def fields(self, noun: str) -> dict[str, Any]:
        region = self.random.choice(REGIONS)
        if noun == "Summit":
            return {"places": [{"region_code": region}]}
        return {"filter": self.random.choice(({}, {"region_codes": [region]}))}


@pytest.mark.parametrize("seed", range(4))
def test_contents_from_the_log(desk: Desk, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where so much has changed that the calendar is read as a whole."""
    monkeypatch.setattr(feeding, "MAX_CHANGES", 6)
    scribe = Scribe(desk.api, seed)
    last = far = None
    for _ in range(12):
        for _ in range(scribe.random.randrange(4)):
            scribe.step()
        last = desk.store.content("c", last)
        cold = desk.fresh().content("c", None)
        assert facts(last) == facts(cold)
        far = follow(desk, far, facts(cold))


def follow(desk: Desk, content: CalendarContent | None, expected: Any) -> CalendarContent | None:
    """Read the content of the gateway until it is the expected one."""
    contents = [content]

    def is_there() -> bool:
        contents.append(desk.gateway.content("c", contents[-1]))
        return bool(facts(contents[-1]) == expected)

    wait_until(is_there)
    return contents[-1]


def test_unchanged_records_stay_the_same_objects(desk: Desk) -> None:
    scribe = Scribe(desk.api, 0)
    for _ in range(5):
        scribe.create()
    first = desk.store.content("c", None)
    scribe.update()
    second = desk.store.content("c", first)
    assert first is not None and second is not None
    assert len(second.records.difference(first.records)) == 1
    assert desk.store.content("c", second) is second


def test_compacted_log_is_not_used_for_contents(service: Any, desk: Desk) -> None:
    scribe = Scribe(desk.api, 1)
    for _ in range(3):
        scribe.create()
    first = desk.store.content("c", None)
    while scribe.present:
        scribe.delete()
    service.application.backend.store.compact(desk.api.revision() + 1)
    second = desk.store.content("c", first)
    assert second is not None and not second.records
