"""A gateway: the feeds of a remote server, over HTTP on this machine.

with Gateway(Client("records.internal:50051"), bind("127.0.0.1", 8080)) as gateway:
    ...
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Collection
from types import TracebackType
from typing import Self

from summitry.certificates import ServerCertificate
from summitry.client import Client
from summitry.errors import CallError
from summitry.web.feeds.app import feed_app
from summitry.web.feeds.following import FollowedFeeds
from summitry.web.feeds.serving import FeedServer
from summitry.zones import default_database

CONNECT_SECONDS = 5.0  # to wait for the server at the start

_log = logging.getLogger(__name__)


class Gateway:
    """A server of feeds, open as a context.

    It also starts without the remote server, and waits for it.
    """

    def __init__(
        self,
        client: Client,
        listener: socket.socket,
        proxies: Collection[str] = (),
        external_url: str = "",
        certificate: ServerCertificate | None = None,
    ) -> None:
        """Create a gateway over a client, which stays open, and a bound socket, which it closes.

        `proxies` and `external_url`: see `feed_app`. With a certificate it serves HTTPS.
        """
        self._client = client
        self._source = FollowedFeeds(client)
        app = feed_app(self._source, proxies=proxies, external_url=external_url)
        self._server = FeedServer(app, listener, certificate=certificate)

    def __enter__(self) -> Self:
        if self._source.wait(CONNECT_SECONDS):
            self._compare_zones()
        else:
            _log.warning("the server does not answer yet; feeds are not available until it does")
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()
        self._source.close()

    def _compare_zones(self) -> None:
        """Warn if the server has other time zone data; hours are then written in UTC."""
        try:
            theirs = self._client.databases()[0].version
        except CallError as error:
            _log.warning("the server's time zone data is not known: %s", error)
            return
        if theirs != (ours := default_database().version):
            _log.warning("time zone data is %s here and %s at the server", ours, theirs)
