# Written by `make sync-client` from aio/paging.py: change that file.
"""Answers in pages of which the first holds more than its items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, Self, TypeVar

from summitry._calls.call import PreparedCall

T = TypeVar("T")


class Pages(Iterator[T], Generic[T]):
    """The items of an answer in its order; pages are fetched as they are needed."""

    def __init__(self, send: Callable[[PreparedCall[Any]], Any], call: PreparedCall[T]) -> None:
        self._send, self._call = send, call
        self._first: Any = None
        self._items = self._read()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        return next(self._items)

    def _first_page(self) -> Any:
        """Return the first page, which is fetched once for its items and its other fields."""
        if self._first is None:
            self._first = self._send(self._call)
        return self._first

    def _read(self) -> Iterator[T]:
        page = self._first_page()
        for item in self._call.read(page):
            yield item
        while token := page.next_page_token:
            page = self._send(self._call.after(token))
            for item in self._call.read(page):
                yield item
