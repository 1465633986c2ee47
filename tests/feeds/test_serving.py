"""The server against peers that are slow, greedy or broken."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from summitry.web.feeds import serving
from summitry.web.feeds.serving import FeedServer

REQUEST = b"GET /livez HTTP/1.1\r\nHost: a\r\n"


def answer_of(peer: socket.socket) -> bytes:
    peer.settimeout(10)
    pieces = []
    try:
        while piece := peer.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(serving, "STALL_SECONDS", 0.2)


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET /livez HT", REQUEST], ids=repr)
def test_a_head_that_does_not_end_is_cut_off(hurried: None, site: Any, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", site.port)) as peer:
        peer.sendall(sent)
        assert answer_of(peer) == b""
    assert site.get("/livez").status == 200


def test_a_second_head_that_does_not_end_is_cut_off(hurried: None, site: Any) -> None:
    with socket.create_connection(("127.0.0.1", site.port)) as peer:
        peer.sendall(REQUEST + b"\r\n")
        answer = b""
        while not answer.endswith(b"alive\n"):
            answer += peer.recv(65536)
        peer.sendall(b"G")
        assert answer_of(peer) == b""


def test_a_head_that_grows_too_long_is_refused(shared_site: Any) -> None:
    answer = shared_site.raw(REQUEST + b"X: " + b"y" * (serving.HEAD_BYTES + 1))
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_a_reader_that_stops_is_cut_off(hurried: None, serve: Any) -> None:
    ended = threading.Event()

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        piece = {"type": "http.response.body", "body": bytes(65536), "more_body": True}
        for _ in range(10_000):
            await send(piece)
        ended.set()

    port = serve(endless)
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.sendall(REQUEST + b"\r\n")
        # Nothing is read: after the deadline the server lets go, and what it sends goes nowhere.
        assert ended.wait(10)


def test_two_requests_on_one_connection(shared_site: Any) -> None:
    answer = shared_site.raw(REQUEST + b"\r\n" + REQUEST + b"Connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize("noise", [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"\x00" * 64], ids=repr)
def test_noise_is_refused(shared_site: Any, noise: bytes) -> None:
    assert shared_site.raw(noise).startswith(b"HTTP/1.1 400 ")
    assert shared_site.get("/livez").status == 200


def test_stop_closes_the_port() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("never asked")

    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    server = FeedServer(app, listener)
    server.start()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


def test_a_socket_that_cannot_serve_is_an_error() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.close()
    with pytest.raises(RuntimeError, match="did not start"):
        FeedServer(None, listener).start()
