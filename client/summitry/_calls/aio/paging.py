"""Answers in pages of which the first holds more than its items."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic, Self, TypeVar

from summitry._calls.call import PreparedCall

T = TypeVar("T")


class AsyncPages(AsyncIterator[T], Generic[T]):
    """The items of an answer in its order; pages are fetched as they are needed."""

    def __init__(
        self, send: Callable[[PreparedCall[Any]], Awaitable[Any]], call: PreparedCall[T]
    ) -> None:
        self._send, self._call = send, call
        self._first: Any = None
        self._items = self._read()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        return await anext(self._items)

    async def _first_page(self) -> Any:
        """Return the first page, which is fetched once for its items and its other fields."""
        if self._first is None:
            self._first = await self._send(self._call)
        return self._first

    async def _read(self) -> AsyncIterator[T]:
        page = await self._first_page()
        for item in self._call.read(page):
            yield item
        while token := page.next_page_token:
            page = await self._send(self._call.after(token))
            for item in self._call.read(page):
                yield item
