"""The details of an event on its page: sources as links, lists as lists."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.web.pages.items import web_address

CALENDAR = "/calendars/astana?lang=en"
SAFE = {"rel": "noopener noreferrer nofollow"}


def test_sources_and_links_are_linked(site: Any, document: Any) -> None:
    meeting = site.source.put("astana", "talks", "Talks")
    meeting.sources.add(id="s1", publisher="Gazette", title="It is so", url="https://a.example/1")
    meeting.sources.add(id="s2", url="http://b.example/?a=1&b=2")
    meeting.links.add(label="Live", url="https://c.example/live")
    page = document(site.get(CALENDAR).body)
    links = [
        (link.text, link.attributes["href"])
        for link in page.all("a")
        if "nofollow" in link.attributes.get("rel", "")
    ]
    assert links == [
        ("Live", "https://c.example/live"),
        ("Gazette, It is so", "https://a.example/1"),
        ("http://b.example/?a=1&b=2", "http://b.example/?a=1&b=2"),
    ]
    outside = [link for link in page.all("a") if "example/" in link.attributes["href"][8:18]]
    assert all(SAFE.items() <= link.attributes.items() for link in outside)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "ftp://a.example/",
        "//a.example/",
        "https:a.example",
        "http://[",
        "a.example",
        "",
    ],
)
def test_other_address_is_text_and_no_link(site: Any, document: Any, url: str) -> None:
    assert web_address(url) == ""
    site.source.put("astana", "talks", "Talks").sources.add(id="s1", title="Leak", url=url)
    page = document(site.get(CALENDAR).body)
    assert not [link for link in page.all("a") if "Leak" in link.text]
    (line,) = [text for text in page.all("p") if "Leak" in text.text]
    assert line.text == f"Source: Leak {url}".strip().replace("  ", " ")


def test_participants_are_a_list(site: Any, document: Any) -> None:
    meeting = site.source.put("astana", "talks", "Talks")
    for name in ("Kazakhstan", "China"):
        meeting.participants.add().party.source_text = name
    page = document(site.get(CALENDAR).body)
    assert [p.text for p in page.all("p", class_="heading")] == ["Participants:"]
    items = [item.text for item in page.all("li")]
    assert "Kazakhstan" in items and "China" in items
