"""A watch by both clients against real servers, over breaks of every kind."""

from __future__ import annotations

from typing import Any

from summitry import Calendar, Client, Summit, View
from summitry.errors import UnavailableError

CALENDAR = "calendars/c"


def test_changes_come_as_they_happen(follow: Any, client: Client, service: Any) -> None:
    watch = follow(service.grpc).caught_up()
    born = client.create(Summit(edition=24), CALENDAR, "s")
    client.update(Summit(name=born.name, series="sco"))
    client.delete(born.name)
    watch.wait(lambda w: len(w.changes) >= 3).stop()
    assert watch.told == [("UPSERT", "s"), ("UPSERT", "s"), ("DELETE", "s")]
    assert watch.error is None


def test_what_there_is_comes_first(follow: Any, client: Client, service: Any) -> None:
    client.create(Summit(), CALENDAR, "s")
    watch = follow(service.grpc, initial=True).caught_up()
    assert watch.told == [("UPSERT", "c"), ("UPSERT", "s")]


def test_a_killed_server_is_found_again(follow: Any, process: Any) -> None:
    breaks: list[Any] = []
    view = View()
    watch = follow(process.address, "calendars/-", view=view, on_break=breaks.append).caught_up()
    process.write(Calendar(name=CALENDAR))
    for number in range(3):
        process.write(Summit(name=f"{CALENDAR}/summits/s{number}"))
        process.end()
        process.start()
        process.write(Summit(name=f"{CALENDAR}/summits/t{number}"))
    watch.wait(lambda w: len(w.changes) >= 7)
    assert watch.told == [("UPSERT", "c")] + [
        ("UPSERT", f"{letter}{number}") for number in range(3) for letter in "st"
    ]
    assert len(view) == 7
    assert breaks and all(isinstance(one.error, UnavailableError) for one in breaks)
