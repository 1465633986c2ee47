"""Certificates in files: what a server shows of itself, and what a client shows and trusts."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
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
    """The contents of `CertificateFiles`, checked."""

    certificate: bytes
    key: bytes
    client_authority: bytes | None


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
        context = _server_context(self._files.certificate, self._files.key)
        context.sni_callback = _HandshakeContext(self, context)
        return context

    @property
    def files(self) -> CertificateFiles:
        """Return where the certificate is."""
        return self._files


class _HandshakeContext:
    """Gives each handshake of HTTPS the current certificate.

    OpenSSL asks for it also when a client names no server.
    """

    def __init__(self, certificate: ServerCertificate, context: ssl.SSLContext) -> None:
        self._certificate = certificate
        self._context = context
        self._latest = certificate.current()

    def __call__(self, handshake: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        current = self._certificate.current()
        if current is not self._latest:
            files = self._certificate.files
            self._context = _server_context(files.certificate, files.key)
            self._latest = current
        handshake.context = self._context


def read_certificate(files: CertificateFiles) -> Certificate:
    """Read and check a server's certificate.

    Raises CertificateError naming the file, and OSError if one cannot be read.
    """
    authority = files.client_authority
    read = Certificate(
        files.certificate.read_bytes(),
        files.key.read_bytes(),
        authority.read_bytes() if authority else None,
    )
    _server_context(files.certificate, files.key)
    if authority:
        _check(authority, lambda: _client_context().load_verify_locations(cafile=authority))
    return read


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
        _check(authority, lambda: _client_context().load_verify_locations(cafile=authority))
    if certificate is not None and key is not None:
        _server_context(Path(certificate), Path(key))
    return grpc.ssl_channel_credentials(roots, secret, chain)


def _server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    _check(
        certificate,
        # A key with a passphrase would make OpenSSL ask for it on the terminal.
        lambda: context.load_cert_chain(certificate, key, password=""),
        f" and {key}",
    )
    return context


def _client_context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _check(path: str | Path, load: Callable[[], None], more: str = "") -> None:
    try:
        load()
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", "") or str(error)
        text = reason.lower().replace("_", " ")
        raise CertificateError(f"{path}{more} cannot be used for TLS: {text}") from error


def _stamp(files: CertificateFiles) -> Stamp:
    stats = (path.stat() for path in files if path is not None)
    return tuple((stat.st_mtime_ns, stat.st_size, stat.st_ino) for stat in stats)
