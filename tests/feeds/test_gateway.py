"""The gateway: the same bytes as the server's own, changes as they happen, and a server away."""

from __future__ import annotations

import http.client
import logging
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import pytest

from summitry import Client
from summitry.errors import UnavailableError
from summitry.ical import render
from summitry.kinds import BY_COLLECTION
from summitry.sockets import bind
from summitry.v1.feed_pb2 import Feed
from summitry.v1.filter_pb2 import DateWindow, Filter, TimeWindow
from summitry.v1.record_pb2 import Visibility
from summitry.v1.summit_pb2 import Summit
from summitry.web.feeds.gateway import Gateway
from summitry_server.app import Application
from summitry_server.config import parse_config
from tests.waiting import wait_until

SECONDS = 20.0


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def get(address: str, path: str, **headers: str) -> Reply:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=SECONDS)
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers=fields)
    answer = connection.getresponse()
    names = {name.lower(): value for name, value in answer.getheaders()}
    reply = Reply(answer.status, names, answer.read())
    connection.close()
    return reply


def succeeds(call: Callable[[], object]) -> bool:
    """Return whether a call succeeds: channels of one process share the pause after a failure."""
    try:
        call()
    except UnavailableError:
        return False
    return True


def summit(title: str, **fields: Any) -> Summit:
    record = Summit(titles=[{"text": title, "language_code": "en"}], **fields)
    record.time.dates.first_date = record.time.dates.last_date = "2024-07-03"
    return record


@contextmanager
def gateway_to(grpc: str) -> Iterator[str]:
    """Run a gateway to a server, and yield its address."""
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    with Client(grpc) as client, Gateway(client, listener):
        yield f"127.0.0.1:{port}"


@pytest.fixture
def desk(service: Any) -> Iterator[Client]:
    with Client(service.grpc) as client:
        client.create(BY_COLLECTION["calendars"].message(titles=[{"text": "C"}]), id="c")
        client.create(summit("One"), "calendars/c", "one")
        client.create(summit("Two", places=[{"region_code": "KZ"}]), "calendars/c", "two")
        kazakh = Feed(titles=[{"text": "KZ"}], filter=Filter(region_codes=["KZ"]))
        client.create(kazakh, "calendars/c", "kz")
        august = summit("Three")
        august.time.dates.first_date = august.time.dates.last_date = "2024-08-01"
        client.create(august, "calendars/c", "three")
        days = DateWindow(first_date="2024-08-01", last_date="2024-08-31", time_zone="UTC")
        client.create(Feed(fixed_window=TimeWindow(dates=days)), "calendars/c", "august")
        hidden = Feed(titles=[{"text": "Desk"}], visibility=Visibility.VISIBILITY_INTERNAL)
        client.create(hidden, "calendars/c", "desk")
        yield client


@pytest.fixture
def gateway(service: Any, desk: Client) -> Iterator[str]:
    with gateway_to(service.grpc) as address:
        yield address


@pytest.mark.parametrize(
    "path", ["/feeds/c.ics", "/feeds/c.ics?lang=fr", "/feeds/c/kz.ics", "/feeds/c/august.ics"]
)
def test_answers_are_those_of_the_server(
    service: Any, desk: Client, gateway: str, path: str
) -> None:
    """So that several gateways, and the server, can stand behind one name."""
    service.clock.time += 1  # the second of the last change is over
    theirs, ours = get(service.http, path), get(gateway, path)
    assert ours.status == theirs.status == 200
    assert ours.body == theirs.body
    if path == "/feeds/c/august.ics":
        assert re.findall(rb"SUMMARY[^:]*:(.*)\r", ours.body) == [b"Three"]
    for name in ("etag", "last-modified"):
        assert ours.headers[name] == theirs.headers[name]


def test_a_deletion_before_the_start_is_in_the_date(
    service: Any, desk: Client, gateway: str
) -> None:
    service.clock.time += 500
    desk.delete("calendars/c/summits/one")
    service.clock.time += 500
    with gateway_to(service.grpc) as fresh:
        for path in ("/feeds/c.ics", "/feeds/c/kz.ics"):
            theirs, ours = get(service.http, path), get(fresh, path)
            assert ours.headers["last-modified"] == theirs.headers["last-modified"]
            assert ours.headers["etag"] == theirs.headers["etag"]


def test_a_change_is_shown_and_renders_one_fragment(
    service: Any, desk: Client, gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = get(gateway, "/feeds/c.ics")
    rendered: list[str] = []
    real = render.render_fragment

    def count(event: Any, *args: Any, **kwargs: Any) -> Any:
        rendered.append(event.name)
        return real(event, *args, **kwargs)

    monkeypatch.setattr(render, "render_fragment", count)
    record = desk.get("calendars/c/summits/two", Summit)
    record.titles[0].text = "Two, changed"
    record.ClearField("places")
    desk.update(record, ["titles", "places"])
    wait_until(lambda: b"Two\\, changed" in get(gateway, "/feeds/c.ics").body)
    assert rendered == ["calendars/c/summits/two"]
    assert get(gateway, "/feeds/c.ics", If_None_Match=first.headers["etag"]).status == 200
    wait_until(lambda: b"VEVENT" not in get(gateway, "/feeds/c/kz.ics").body)


def test_created_and_deleted_calendars_appear_and_disappear(
    service: Any, desk: Client, gateway: str
) -> None:
    assert get(gateway, "/feeds/late.ics").status == 404
    desk.create(BY_COLLECTION["calendars"].message(), id="late")
    wait_until(lambda: get(gateway, "/feeds/late.ics").status == 200)
    wait_until(lambda: b"/feeds/late.ics" in get(gateway, "/").body)
    desk.delete("calendars/late")
    wait_until(lambda: get(gateway, "/feeds/late.ics").status == 404)


def test_secrets(service: Any, desk: Client, gateway: str) -> None:
    issued = desk.issue_feed_token("calendars/c/feeds/desk", "a reader")
    reply = get(gateway, issued.path)
    assert reply.status == 200 and b"X-WR-CALNAME:Desk" in reply.body
    assert reply.body == get(service.http, issued.path).body
    assert get(gateway, "/feeds/c/desk.ics").status == 404
    desk.revoke_feed_token(issued.token.name)
    wait_until(lambda: get(gateway, issued.path).status == 410)
    assert get(gateway, f"/s/{'q2' * 16}.ics").status == 404


def test_last_state_is_served_while_the_server_is_away(
    tmp_path: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last state is served with a warning; then the changes are."""
    port = bind("127.0.0.1", 0)
    grpc = f"127.0.0.1:{port.getsockname()[1]}"
    port.close()
    store = f"sqlite:///{tmp_path}/s.db"
    options = ["--store", store, "--grpc", grpc, "--http", "off", "--grace", "30"]

    with ExitStack() as stack:
        server = Application(parse_config(options))
        with Client(grpc) as client:
            client.create(BY_COLLECTION["calendars"].message(), id="c")
            client.create(summit("Before"), "calendars/c", "s")
            client.create(Feed(visibility=Visibility.VISIBILITY_INTERNAL), "calendars/c", "f")
            issued = client.issue_feed_token("calendars/c/feeds/f")
        gateway = stack.enter_context(gateway_to(grpc))
        first = get(gateway, "/feeds/c.ics")
        assert get(gateway, issued.path).status == get(gateway, "/").status == 200
        assert "warning" not in first.headers
        with caplog.at_level(logging.WARNING):
            server.stop()
            wait_until(lambda: "warning" in get(gateway, "/feeds/c.ics").headers)
        assert "the server is away" in caplog.text
        stale = get(gateway, "/feeds/c.ics")
        assert (stale.status, stale.body) == (200, first.body)
        assert stale.headers["etag"] == first.headers["etag"]
        assert get(gateway, "/feeds/c.ics", If_None_Match=first.headers["etag"]).status == 304
        assert get(gateway, issued.path).status == 200, "who read it goes on"
        assert get(gateway, f"/s/{'q2' * 16}.ics").status == 503
        assert get(gateway, "/feeds/never-read.ics").status == 503
        assert get(gateway, "/readyz").body.splitlines()[2] != b"stale_since 0"

        server = Application(parse_config(options))
        stack.callback(server.stop)
        with Client(grpc) as client:
            wait_until(lambda: succeeds(lambda: client.create(summit("After"), "calendars/c", "t")))
        wait_until(lambda: b"SUMMARY;LANGUAGE=en:After" in get(gateway, "/feeds/c.ics").body)
        assert "warning" not in get(gateway, "/feeds/c.ics").headers


def test_gateway_starts_without_a_server_and_logs_it(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summitry.web.feeds.gateway.CONNECT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with gateway_to(f"127.0.0.1:{port}") as address:
        assert get(address, "/livez").status == 200
        assert get(address, "/feeds/c.ics").status == 503
    assert "does not answer yet" in caplog.text
