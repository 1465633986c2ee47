"""Pages read as a reader's tools do: elements, links and texts."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, NamedTuple

import pytest

VOID = {"meta", "link", "input", "br", "option", "line", "rect", "path"}


class Element(NamedTuple):
    tag: str
    attributes: dict[str, str]
    texts: list[str]  # its own and those of what it holds

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


class Document(HTMLParser):
    """All elements of a page, in order. Raises where tags do not match."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(body.decode())
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute comes twice in {tag}"
        element = Element(tag, {name: value or "" for name, value in attrs}, [])
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, []))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1].tag == tag, f"</{tag}> where {self._open[-1:]} is open"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.texts.append(data)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements of a tag with those attributes; `class_` is a word of the class."""
        class_name = attributes.pop("class_", "")
        return [
            element
            for element in self.elements
            if element.tag == tag
            and (not class_name or class_name in element.attributes.get("class", "").split())
            and all(element.attributes.get(name) == value for name, value in attributes.items())
        ]


Read = Callable[..., Document]


@pytest.fixture(scope="session")
def document() -> type[Document]:
    """Return the class that reads a page."""
    return Document


@pytest.fixture
def read(shared_site: Any) -> Read:
    """Return a function that reads a page: `read("/path", Accept_Language="fr")`."""

    def page(path: str, **headers: str) -> Document:
        reply = shared_site.get(path, **{"Host": "cal.example", **headers})
        assert reply.status == 200, reply.body
        return Document(reply.body)

    return page
