"""Clients of both kinds, so that one test serves both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from summitry import AsyncClient, Client


class AwaitedItems:
    """What an AsyncClient iterates over, with the manners of an iterator of a Client."""

    def __init__(self, loop: asyncio.AbstractEventLoop, found: Any) -> None:
        self._loop, self._found = loop, found

    def __iter__(self) -> Iterator[Any]:
        async def gathered() -> list[Any]:
            return [item async for item in self._found]

        return iter(self._loop.run_until_complete(gathered()))

    def totals(self) -> Any:
        return self._loop.run_until_complete(self._found.totals())

    def blockers(self) -> Any:
        return self._loop.run_until_complete(self._found.blockers())


class Awaited:
    """An AsyncClient with the manners of a Client, so that one test serves both."""

    def __init__(self, target: str, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._client = self._loop.run_until_complete(self._made(target, options))

    async def _made(self, target: str, options: dict[str, Any]) -> AsyncClient:
        return await AsyncClient(target, **options).__aenter__()

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._client, name)
        if not callable(value):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            found = value(*args, **kwargs)
            if hasattr(found, "__aiter__"):
                return AwaitedItems(self._loop, found)
            return self._loop.run_until_complete(found)

        return call

    def stop(self) -> None:
        self._loop.run_until_complete(self._client.__aexit__(None, None, None))
        self._loop.close()


Connect = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Connects a client of either kind to a target; it is closed with the test."""
    closers: list[Callable[[], None]] = []

    def make(target: str, **options: Any) -> Any:
        client: Any = (Client if request.param == "sync" else Awaited)(target, **options)
        closers.append(client.close if request.param == "sync" else client.stop)
        return client

    yield make
    for close in closers:
        close()
