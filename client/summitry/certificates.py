"""Certificates in files: what a server shows of itself, and what a client shows and trusts."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import grpc

_log = logging.getLogger(__name__)

Stamp = tuple[tuple[int, int, int], ...]


class CertificateError(ValueError):
    """A file holds no certificate or key that can be used, or the two do not belong together."""


class CertificateFiles(NamedTuple):
    """The files of a certificate, in PEM."""

    certificate: Path  # that of the server, and those of the authorities between it and a root
    key: Path  # without a passphrase
    client_authority: Path | None = None  # who signs the certificates that clients must show


class Certificate(NamedTuple):
    """The contents of `CertificateFiles`, checked: as bytes for gRPC, as a context for HTTPS."""

    certificate: bytes
    key: bytes
    client_authority: bytes | None
    context: ssl.SSLContext


class ServerCertificate:
    """The certificate of a server, read again when a file changed. Safe for use from any thread.

    Who renews a certificate replaces files one after the other: a state in which they do not belong
    together is reported once, and the former certificate stays in use.
    """

    def __init__(self, files: CertificateFiles) -> None:
        """Read the files. Raises CertificateError, and OSError if one cannot be read."""
        self._files = files
        self._lock = Lock()
        self._stamp = _stamp(files)
        self._certificate = read_certificate(files)

    def current(self) -> Certificate:
        """Return the certificate; the same object for as long as no file changed."""
        with self._lock:
            try:
                self._refresh()
            except (OSError, CertificateError) as error:
                _log.error("the former certificate stays in use: %s", error)
            return self._certificate

    def _refresh(self) -> None:
        stamp = _stamp(self._files)
        if stamp != self._stamp:
            # First, so that one state of the files is reported once.
            self._stamp = stamp
            self._certificate = read_certificate(self._files)
            _log.info("read a new certificate from %s", self._files.certificate)

    def http_context(self) -> ssl.SSLContext:
        """Return the context of an HTTPS server; each handshake shows the current certificate.

        Readers of feeds have no certificates, so none is asked for.
        """
        context = self.current().context
        # OpenSSL calls it also when a client names no server.
        context.sni_callback = self._show_current
        return context

    def _show_current(self, handshake: ssl.SSLObject, _: str | None, __: ssl.SSLContext) -> None:
        handshake.context = self.current().context


def read_certificate(files: CertificateFiles) -> Certificate:
    """Read and check a server's certificate.

    Raises CertificateError naming the file, and OSError if one cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    _load_pair(context, files.certificate, files.key)
    authority = files.client_authority
    if authority:
        _check_authority(authority)
    return Certificate(
        files.certificate.read_bytes(),
        files.key.read_bytes(),
        authority.read_bytes() if authority else None,
        context,
    )


def client_credentials(
    authority: str | Path | None = None,
    certificate: str | Path | None = None,
    key: str | Path | None = None,
) -> grpc.ChannelCredentials:
    """Return the TLS credentials of a client from files in PEM.

    `authority` signs the certificate of the server; None: one that this system trusts.
    `certificate` and `key` are shown to servers that ask who calls. Raises CertificateError naming
    the file, and OSError if one cannot be read.
    """
    import grpc

    if (certificate is None) != (key is None):
        raise CertificateError("a certificate and its key are given together")
    roots, chain, secret = (
        Path(path).read_bytes() if path is not None else None
        for path in (authority, certificate, key)
    )
    if authority is not None:
        _check_authority(authority)
    if certificate is not None and key is not None:
        _load_pair(_client_context(), certificate, key)
    return grpc.ssl_channel_credentials(roots, secret, chain)


def _client_context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _check_authority(path: str | Path) -> None:
    with _naming(str(path)):
        _client_context().load_verify_locations(cafile=path)


def _load_pair(context: ssl.SSLContext, certificate: str | Path, key: str | Path) -> None:
    with _naming(f"{certificate} and {key}"):
        # Without a password OpenSSL would ask for that of a key on the terminal.
        context.load_cert_chain(certificate, key, password="")


@contextmanager
def _naming(files: str) -> Iterator[None]:
    try:
        yield
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", "") or str(error)
        text = reason.lower().replace("_", " ")
        raise CertificateError(f"{files} cannot be used for TLS: {text}") from error


def _stamp(files: CertificateFiles) -> Stamp:
    return tuple(_stamp_of(path) for path in files if path is not None)


def _stamp_of(path: Path) -> tuple[int, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0, 0  # a state like any other: to read the file says what is wrong, once
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
