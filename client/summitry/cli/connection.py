"""The connection of a command to the server: where, for how long, and how it is secured."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    import grpc

    from summitry.client import Client


def connect(args: argparse.Namespace, timeout: float | None = None) -> Client:
    """Return a client to the server of a command line; close it.

    `timeout` is in seconds, by default that of the command line. Raises UsageError for files of
    TLS that cannot be used.
    """
    from summitry.client import Client

    seconds = args.timeout if timeout is None else timeout
    return Client(args.server, timeout=seconds, credentials=_credentials(args))


def _credentials(args: argparse.Namespace) -> grpc.ChannelCredentials | None:
    if not (args.tls or args.ca or args.cert or args.key):
        return None
    from summitry.certificates import CertificateError, client_credentials
    from summitry.cli.failures import UsageError

    try:
        return client_credentials(args.ca or None, args.cert or None, args.key or None)
    except (OSError, CertificateError) as error:
        raise UsageError(f"--ca, --cert, --key: {error}") from error
