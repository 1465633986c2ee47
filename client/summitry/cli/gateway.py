"""`summitry feeds serve`: a gateway that serves the feeds of a gRPC server over HTTP."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from summitry.cli.connection import connect
from summitry.cli.failures import UsageError

if TYPE_CHECKING:
    from summitry.certificates import ServerCertificate

SERVE = """
summitry feeds serve
summitry feeds serve --server records.internal:50051 --http 0.0.0.0:8080 --public
summitry feeds serve --http 0.0.0.0:8443 --public --tls-cert feeds.pem --tls-key feeds.key
summitry feeds serve --proxy 10.0.0.1 --external-url https://feeds.example.org
"""


def fill_serve(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of `serve`."""
    parser.add_argument(
        "--http", default="127.0.0.1:8080", metavar="HOST:PORT", help="(127.0.0.1:8080)"
    )
    parser.add_argument(
        "--proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="trusted proxy: its X-Forwarded-For, -Proto and -Host are used",
    )
    parser.add_argument(
        "--external-url",
        default="",
        metavar="URL",
        help="address at which readers reach it, for links: https://feeds.example.org",
    )
    parser.add_argument(
        "--tls-cert", metavar="FILE", help="serve HTTPS with this certificate, in PEM"
    )
    parser.add_argument("--tls-key", metavar="FILE", help="private key of --tls-cert, in PEM")
    parser.add_argument(
        "--public", action="store_true", help="allow an address that other machines can reach"
    )


def serve(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    import logging
    import signal
    import threading

    from summitry.sockets import bind, is_loopback

    try:
        from summitry.web.feeds.gateway import Gateway
        from summitry.web.http.requests import parse_origin
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; install summitry[feeds]") from error
    host, colon, port = args.http.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"--http: {args.http!r} is not HOST:PORT, such as 127.0.0.1:8080")
    host = host.strip("[]") or "127.0.0.1"
    if not args.public and not is_loopback(host):
        raise UsageError(f"--http: other machines can reach {host}; add --public to allow it")
    certificate = _certificate(args)
    try:
        external = parse_origin(args.external_url) if args.external_url else ""
    except ValueError as error:
        raise UsageError(f"--external-url: {error}") from error
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    listener = bind(host, int(port))
    address = args.http.rpartition(":")[0] + f":{listener.getsockname()[1]}"
    with (
        connect(args) as client,
        Gateway(client, listener, args.proxy, external, certificate),
    ):
        scheme = "https" if certificate else "http"
        print(f"http listening on {scheme}://{address}", flush=True)  # noqa: T201
        ended.wait()
    return 0


def _certificate(args: argparse.Namespace) -> ServerCertificate | None:
    from summitry.certificates import CertificateError, CertificateFiles, ServerCertificate

    if not (args.tls_cert or args.tls_key):
        return None
    if not (args.tls_cert and args.tls_key):
        raise UsageError("--tls-cert and --tls-key are given together")
    try:
        return ServerCertificate(CertificateFiles(Path(args.tls_cert), Path(args.tls_key)))
    except (OSError, CertificateError) as error:
        raise UsageError(f"--tls-cert, --tls-key: {error}") from error
