"""Clients of both kinds, so that one test serves both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from summitry import AsyncClient, Client


class AwaitedItems:
    """Let a test iterate over the items of an AsyncClient as over those of a Client."""

    def __init__(self, loop: asyncio.AbstractEventLoop, items: Any) -> None:
        self._loop, self._items = loop, items

    def __iter__(self) -> Iterator[Any]:
        async def gathered() -> list[Any]:
            return [item async for item in self._items]

        return iter(self._loop.run_until_complete(gathered()))

    def totals(self) -> Any:
        return self._loop.run_until_complete(self._items.totals())

    def blockers(self) -> Any:
        return self._loop.run_until_complete(self._items.blockers())


class Awaited:
    """Give an AsyncClient the synchronous methods of a Client, so that one test serves both."""

    def __init__(self, target: str, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._client = self._loop.run_until_complete(self._open(target, options))

    async def _open(self, target: str, options: dict[str, Any]) -> AsyncClient:
        return await AsyncClient(target, **options).__aenter__()

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._client, name)
        if not callable(value):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            result = value(*args, **kwargs)
            if hasattr(result, "__aiter__"):
                return AwaitedItems(self._loop, result)
            return self._loop.run_until_complete(result)

        return call

    def stop(self) -> None:
        self._loop.run_until_complete(self._client.__aexit__(None, None, None))
        self._loop.close()


Connect = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Return a function that connects a client of either kind; it is closed with the test."""
    closers: list[Callable[[], None]] = []

    def make(target: str, **options: Any) -> Any:
        client: Any = (Client if request.param == "sync" else Awaited)(target, **options)
        closers.append(client.close if request.param == "sync" else client.stop)
        return client

    yield make
    for close in closers:
        close()
