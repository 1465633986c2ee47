"""A server of the feed app: uvicorn in a thread, on a socket that is already bound.

uvicorn has no deadline for the head of a request and none for a reader that stops reading;
`GuardedProtocol` adds both, so that idle or hostile peers cannot hold connections for ever. It also
closes connections beyond a bound, so that the process does not run out of file descriptors.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import threading
import time
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from summitry.certificates import ServerCertificate

HEAD_BYTES = 16 * 1024
HEAD_SECONDS = 10.0
STALL_SECONDS = 30.0
IDLE_SECONDS = 15
CONNECTIONS = 1000  # that may have a request under way; twice as many may be open
BACKLOG = 128  # connections that asyncio accepts, or fails to accept, in one turn of the loop
STOP_SECONDS = 5


log = logging.getLogger(__name__)

EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
QUIET_SECONDS = 60.0  # between lines of the log about one cause


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 with bounds on the size of a request's head and on the peer's slowness."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_size = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer for the head of the first request."""
        super().connection_made(transport)
        # uvicorn answers 503 from `limit_concurrency` connections on, which tells the reader
        # more than an abort; beyond twice as many there are no descriptors for that either.
        if self.limit_concurrency and len(self.connections) > 2 * self.limit_concurrency:
            transport.abort()
            return
        # asyncio does this only for sockets made with proto=IPPROTO_TCP; without it a short answer
        # waits 40 ms for the peer's delayed acknowledgement of its head.
        peer: socket.socket = transport.get_extra_info("socket")
        if peer.family in (socket.AF_INET, socket.AF_INET6):
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers."""
        for timer in (self._head_timer, self._stall_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass data to the parser, unless the head of the request is too long."""
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > HEAD_BYTES:
                self._refuse()
                return
        super().data_received(data)
        # A head mostly comes as a whole, and then needs no timer.
        if self._head_size and self._head_timer is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """Stop the timer: the head is complete."""
        self._in_head = False
        self._head_size = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Start the timer for the head of the next request."""
        self._in_head = True
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Start the timeout of a reader that has stopped reading."""
        super().pause_writing()
        self._stall_timer = self.loop.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop the timer: the reader reads again."""
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None
        super().resume_writing()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _refuse(self) -> None:
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
            b"content-length: 0\r\nconnection: close\r\n\r\n"
        )
        self.transport.close()


class FeedServer:
    """An HTTP server in a thread of its own. The socket is closed by `stop`."""

    def __init__(
        self,
        app: Any,
        sock: socket.socket,
        connections: int = 2 * CONNECTIONS,
        certificate: ServerCertificate | None = None,
    ) -> None:
        """Create a server on a bound stream socket, which need not listen yet.

        `connections` is how many file descriptors connections may take. With a certificate it
        serves HTTPS.
        """
        self._sock = sock
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=GuardedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=min(CONNECTIONS, max(1, connections // 2)),
            backlog=BACKLOG,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        if certificate is not None:
            config.load()
            config.ssl = certificate.http_context()
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="feeds", daemon=True)
        self._ready = threading.Event()
        self._failure: BaseException | None = None

    def start(self) -> None:
        """Start serving, and wait until it does. Raises RuntimeError if it cannot start."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise RuntimeError("the feed server did not start") from self._failure

    def stop(self) -> None:
        """Finish the answers under way, for 5 seconds at most, and end the thread."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_Loop) as runner:
                runner.run(self._serve())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        asyncio.get_running_loop().set_exception_handler(_AcceptErrors())
        serving = asyncio.ensure_future(self._server.serve(sockets=[self._sock]))
        while not (self._server.started or serving.done()):
            await asyncio.sleep(0.005)
        if self._server.started:
            self._ready.set()
        await serving


class _Loop(asyncio.SelectorEventLoop):
    """An event loop whose servers give a TLS handshake as long as the head of a request."""

    async def create_server(self, *args: Any, **kwargs: Any) -> asyncio.Server:
        """Listen; uvicorn has no option for this timeout, and asyncio's is a minute."""
        if kwargs.get("ssl") is not None:
            kwargs.setdefault("ssl_handshake_timeout", HEAD_SECONDS)
        return await super().create_server(*args, **kwargs)


class _AcceptErrors:
    """Log that no connection can be taken once a minute, and everything else as asyncio does.

    asyncio logs each attempt with a traceback: 14,000 in seconds when descriptors are used up.
    """

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in EXHAUSTED):
            loop.default_exception_handler(context)
        elif (now := time.monotonic()) >= self._quiet_until:
            self._quiet_until = now + QUIET_SECONDS
            log.warning("no connection can be taken: %s", error.strerror)
