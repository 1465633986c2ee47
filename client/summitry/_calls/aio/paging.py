"""Answers in pages, of which the first says more than the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Generic, Self, TypeVar

from summitry._calls.call import Call

T = TypeVar("T")


class Paged(Iterator[T], Generic[T]):
    """The items of an answer in its order; pages are fetched as they are needed."""

    def __init__(self, ask: Callable[[Call[Any]], Any], call: Call[T]) -> None:
        self._ask, self._call = ask, call
        self._first: Any = None
        self._items = self._read()

    def __next__(self) -> T:
        return next(self._items)

    def _begun(self) -> Any:
        """The first page."""
        if self._first is None:
            self._first = self._ask(self._call)
        return self._first

    def _read(self) -> Iterator[T]:
        page = self._begun()
        yield from getattr(page, self._call.answer)
        while token := page.next_page_token:
            page = self._ask(self._call.after(token))
            yield from getattr(page, self._call.answer)


class AsyncPaged(AsyncIterator[T], Generic[T]):
    """The items of an answer in its order; pages are fetched as they are needed."""

    def __init__(self, ask: Callable[[Call[Any]], Awaitable[Any]], call: Call[T]) -> None:
        self._ask, self._call = ask, call
        self._first: Any = None
        self._items = self._read()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        return await anext(self._items)

    async def _begun(self) -> Any:
        """The first page."""
        if self._first is None:
            self._first = await self._ask(self._call)
        return self._first

    async def _read(self) -> AsyncIterator[T]:
        page = await self._begun()
        for item in getattr(page, self._call.answer):
            yield item
        while token := page.next_page_token:
            page = await self._ask(self._call.after(token))
            for item in getattr(page, self._call.answer):
                yield item
