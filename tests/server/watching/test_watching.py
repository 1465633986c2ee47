"""WatchChanges: what is told, in which order, and where it goes on."""

from __future__ import annotations

from typing import Any

ALL = {"parent": "calendars/c"}


def test_changes_come_as_they_happen(service: Any, api_class: Any, watch: Any) -> None:
    api = api_class(service.channel)
    api.create("calendars", "c")
    stream = watch(service.channel, view=ALL)
    stream.until("CAUGHT_UP")
    made = api.create("summits", "s", series="x")
    api("DeleteSummit", name=made.name)
    assert stream.changes(2) == ["UPSERT s", "DELETE s"]


def test_a_token_goes_on(service: Any, api_class: Any, watch: Any, seen_events: Any) -> None:
    api = api_class(service.channel)
    api.create("calendars", "c")
    first = watch(service.channel, view=ALL, initial=True)
    assert seen_events(first.until("CAUGHT_UP")) == ["UPSERT c", "CAUGHT_UP"]
    first.close()
    api.create("summits", "a")
    api.create("summits", "b")
    again = watch(service.channel, view=ALL, token=first.token)
    assert seen_events(again.until("CAUGHT_UP")) == ["UPSERT a", "UPSERT b", "CAUGHT_UP"]
