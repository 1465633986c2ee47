"""TLS of gRPC and HTTP: who is admitted, which versions, and renewal while calls go on."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from summitry import Client, Meeting, UnavailableError
from summitry.certificates import CertificateError, CertificateFiles, client_credentials
from summitry_server.app import Application
from summitry_server.config import ConfigError, parse_config
from tests.certificates import Authority, Files

PORTS = ("--store", "memory:", "--demo", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0")
CALENDAR = "calendars/astana-2024"
LOOPBACK = ("127.0.0.1", "localhost")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def files(authority: Authority) -> Files:
    return authority.issue("server", *LOOPBACK)


@pytest.fixture
def serve() -> Iterator[Callable[..., Application]]:
    """Return a function that starts a service with the Astana calendar."""
    running: list[Application] = []

    def run(*options: str) -> Application:
        running.append(Application(parse_config([*PORTS, *options])))
        return running[-1]

    yield run
    for application in running:
        application.stop()


def meetings(application: Application, credentials: Any) -> int:
    address = str(application.grpc_address)
    with Client(address, credentials=credentials, timeout=20) as client:
        return len(list(client.list(Meeting, CALENDAR)))


def handshake(address: object, authority: Path, **versions: ssl.TLSVersion) -> ssl.SSLSocket:
    """Return an open TLS connection. Raises OSError when it is refused."""
    context = ssl.create_default_context(cafile=str(authority))
    context.set_alpn_protocols(["h2", "http/1.1"])
    # OpenSSL offers no TLS before 1.2 at its usual level.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    for name, version in versions.items():
        setattr(context, name, version)
    host, _, port = str(address).rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


def serial_number(address: object, authority: Path) -> Any:
    with handshake(address, authority) as connection:
        certificate = connection.getpeercert()
        assert certificate is not None
        return certificate["serialNumber"]


def test_client_that_trusts_the_authority_is_answered(
    serve: Callable[..., Application], files: Files
) -> None:
    application = serve(*files.server_options)
    assert meetings(application, client_credentials(files.authority)) > 0


def test_client_in_the_clear_is_refused(serve: Callable[..., Application], files: Files) -> None:
    with pytest.raises(UnavailableError):
        meetings(serve(*files.server_options), None)


def test_client_that_trusts_another_authority_refuses(
    serve: Callable[..., Application], files: Files, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger")
    with pytest.raises(UnavailableError):
        meetings(serve(*files.server_options), client_credentials(stranger.path))


@pytest.mark.parametrize("port", ["grpc", "http"])
@pytest.mark.parametrize(
    ("version", "admitted"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
    ids=["1.1", "1.2", "1.3"],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
def test_versions_before_1_2_are_refused(
    serve: Callable[..., Application],
    files: Files,
    port: str,
    version: ssl.TLSVersion,
    admitted: bool,
) -> None:
    application = serve(*files.server_options)
    address = getattr(application, f"{port}_address")
    only = {"minimum_version": version, "maximum_version": version}
    if admitted:
        handshake(address, files.authority, **only).close()
    else:
        with pytest.raises(OSError):
            handshake(address, files.authority, **only)


class TestCallersWithCertificates:
    """A server that is given an authority of callers."""

    @pytest.fixture
    def application(
        self, serve: Callable[..., Application], files: Files, authority: Authority
    ) -> Application:
        return serve(*files.server_options, "--tls-client-ca", str(authority.path))

    def test_certificate_of_the_authority_is_admitted(
        self, application: Application, authority: Authority
    ) -> None:
        desk = authority.issue("desk", "desk@ministry.example")
        credentials = client_credentials(authority.path, desk.certificate, desk.key)
        assert meetings(application, credentials) > 0

    def test_caller_without_a_certificate_is_refused(
        self, application: Application, authority: Authority
    ) -> None:
        with pytest.raises(UnavailableError):
            meetings(application, client_credentials(authority.path))

    def test_certificate_of_another_authority_is_refused(
        self, application: Application, authority: Authority, tmp_path: Path
    ) -> None:
        desk = Authority(tmp_path / "stranger").issue("desk", "desk@ministry.example")
        credentials = client_credentials(authority.path, desk.certificate, desk.key)
        with pytest.raises(UnavailableError):
            meetings(application, credentials)


def test_feeds_and_their_links_are_https(serve: Callable[..., Application], files: Files) -> None:
    origin = f"https://{serve(*files.server_options).http_address}"
    context = ssl.create_default_context(cafile=str(files.authority))
    with urllib.request.urlopen(f"{origin}/feeds/astana-2024.ics", context=context) as answer:
        assert answer.read().startswith(b"BEGIN:VCALENDAR")
    with urllib.request.urlopen(f"{origin}/", context=context) as answer:
        page = answer.read().decode()
    assert origin in page and "http://127" not in page


@pytest.mark.parametrize("port", ["grpc", "http"])
def test_new_certificate_is_shown_without_a_restart(
    serve: Callable[..., Application], authority: Authority, files: Files, port: str
) -> None:
    application = serve(*files.server_options)
    address = getattr(application, f"{port}_address")
    before = serial_number(address, authority.path)
    authority.issue("server", *LOOPBACK)
    after = serial_number(address, authority.path)
    assert after != before
    assert serial_number(address, authority.path) == after


@pytest.mark.parametrize("key", ["of another certificate", "missing"])
@pytest.mark.parametrize("port", ["grpc", "http"])
def test_files_that_cannot_be_used_leave_the_former_certificate(
    serve: Callable[..., Application],
    authority: Authority,
    files: Files,
    port: str,
    key: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    application = serve(*files.server_options)
    address = getattr(application, f"{port}_address")
    before = serial_number(address, authority.path)
    if key == "missing":
        files.key.unlink()
    else:
        files.key.write_bytes(authority.issue("other", *LOOPBACK).key.read_bytes())
    with caplog.at_level(logging.ERROR):
        assert [serial_number(address, authority.path) for _ in range(3)] == [before] * 3
    reports = [record for record in caplog.records if "stays in use" in record.getMessage()]
    assert len(reports) == 1


def test_renewal_under_load_ends_no_call_and_no_stream(
    serve: Callable[..., Application], authority: Authority, files: Files
) -> None:
    application = serve(*files.server_options)
    address = str(application.grpc_address)
    credentials = client_credentials(authority.path)
    renewed, calls, failures = threading.Event(), [0] * 4, []

    def call(place: int) -> None:
        try:
            while not renewed.is_set():
                with Client(address, credentials=credentials, timeout=30) as client:
                    for _ in range(10):
                        list(client.list(Meeting, CALENDAR))
                        calls[place] += 1
        except Exception as error:
            failures.append(error)

    breaks: list[object] = []
    with (
        Client(address, credentials=credentials) as watcher,
        watcher.watch(CALENDAR, initial=True, on_break=breaks.append) as watch,
    ):
        changes = iter(watch)
        next(changes)
        threads = [
            threading.Thread(target=call, args=(place,), daemon=True) for place in range(len(calls))
        ]
        for thread in threads:
            thread.start()
        for _ in range(20):
            count = sum(calls)
            authority.issue("server", *LOOPBACK)
            while sum(calls) < count + 20 and not failures:
                renewed.wait(0.01)
        renewed.set()
        for thread in threads:
            thread.join()
        meeting = next(iter(watcher.list(Meeting, CALENDAR)))
        watcher.delete(meeting.name)
        while (change := next(changes)).name != meeting.name or change.revision < 2:
            pass
    assert not failures and not breaks
    assert sum(calls) >= 400


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--tls-cert", "a.pem"], "--tls-key"),
        (["--tls-key", "a.key"], "--tls-cert"),
        (["--tls-client-ca", "ca.pem"], "--tls-cert"),
    ],
)
def test_incomplete_options_are_refused(options: list[str], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        parse_config(options)


def test_unusable_files_are_named(authority: Authority, files: Files, tmp_path: Path) -> None:
    text = tmp_path / "text.pem"
    text.write_text("not a certificate")
    second = authority.issue("other", *LOOPBACK)
    for broken in (
        CertificateFiles(text, files.key),
        CertificateFiles(files.certificate, text),
        CertificateFiles(files.certificate, second.key),
        CertificateFiles(files.certificate, files.key, text),
    ):
        with pytest.raises(CertificateError, match="cannot be used for TLS"):
            Application(parse_config(PORTS)._replace(tls=broken))
    with pytest.raises(FileNotFoundError):
        Application(parse_config(PORTS)._replace(tls=CertificateFiles(tmp_path / "x", text)))
