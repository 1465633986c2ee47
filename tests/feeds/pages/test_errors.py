"""Errors at the addresses of pages: a page for people, a line of text for everything else."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from summitry.web.feeds import GoneTokenError
from summitry.web.pages.errors import accepts_html
from summitry.web.pages.words import words

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CALENDAR = "/calendars/astana"
LANGUAGES = ["en", "fr", "ru", "zh", "es", "ar"]
ERRORS = {
    "unknown address": ("/etc/passwd", 404, "no-page", "no-page-reason"),
    "unknown file": ("/static/x", 404, "no-page", "no-page-reason"),
    "unknown calendar": ("/calendars/none", 404, "no-page", "no-calendar-reason"),
    "unknown feed": (f"{CALENDAR}/none", 404, "no-page", "no-calendar-reason"),
    "misspelt zone": (f"{CALENDAR}?zone=Asia/Almatty", 400, "bad-choice", "choice-similar-zone"),
    "no zone": (f"{CALENDAR}?zone=qqqqqq", 400, "bad-choice", "choice-zone"),
    "view": (f"{CALENDAR}?view=year", 400, "bad-choice", "choice-one-of"),
    "month": (f"{CALENDAR}?month=2024-13", 400, "bad-choice", "choice-month"),
    "programme": (f"{CALENDAR}?of=../x", 400, "bad-choice", "choice-id"),
    "twice": (f"{CALENDAR}?view=month&view=month", 400, "bad-choice", "choice-twice"),
    "list of calendars": ("/?month=x", 400, "bad-choice", "choice-month"),
    "long": (f"{CALENDAR}?x={'y' * 600}", 400, "bad-choice", "choice-length"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("path", "status", "heading", "reason"), ERRORS.values(), ids=ERRORS)
def test_browser_gets_a_page_in_its_language(
    shared_site: Any,
    document: Any,
    path: str,
    status: int,
    heading: str,
    reason: str,
    language: str,
) -> None:
    reply = shared_site.get(path, Accept=BROWSER, Accept_Language=language)
    assert reply.status == status
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["content-language"] == language
    assert reply.headers["cache-control"] == "no-store"
    page = document(reply.body)
    assert page.all("html")[0].attributes["lang"] == language
    assert page.all("h1")[0].text == words(language)[heading]
    sentence = words(language)[reason].partition("{")[0]
    assert page.all("p", class_="lead")[0].text.startswith(sentence.strip())
    (home,) = (link for link in page.all("a") if link.text == words(language)["all-calendars"])
    assert shared_site.get(home.attributes["href"]).status == 200


@pytest.mark.parametrize(("path", "status", "heading", "reason"), ERRORS.values(), ids=ERRORS)
def test_other_client_gets_a_line_of_text(
    shared_site: Any, path: str, status: int, heading: str, reason: str
) -> None:
    reply = shared_site.get(path, Accept="*/*", Accept_Language="fr")
    assert (reply.status, reply.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert reply.body.decode().isascii() and reply.body.count(b"\n") == 1


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, True),
        ("TEXT/HTML", True),
        ("application/json, text/html;q=0.1", True),
        ("application/xhtml+xml", True),
        ("text/html;q=0", False),
        ("text/html; q=0.0", False),
        ("text/htmlx", False),
        ("text/calendar, */*", False),
        ("", False),
    ],
)
def test_html_is_accepted_by_name_alone(accept: str, expected: bool) -> None:
    assert accepts_html(accept) is expected


FEED_ERRORS = {
    "unknown feed": ("/feeds/none.ics", 404, "no-page", "no-calendar-reason"),
    "no feed's address": ("/feeds/astana", 404, "no-page", "no-calendar-reason"),
    "language": ("/feeds/astana.ics?lang=tlh", 400, "bad-choice", "choice-one-of"),
    "twice": ("/feeds/astana.ics?profile=rich&profile=rich", 400, "bad-choice", "choice-twice"),
    "secret": ("/s/none.ics", 404, "no-page", "no-secret-reason"),
    "revoked": (f"/s/{'a' * 32}.ics", 410, "revoked", "revoked-reason"),
}


@pytest.mark.parametrize(
    ("path", "status", "heading", "reason"), FEED_ERRORS.values(), ids=FEED_ERRORS
)
def test_browser_gets_a_page_at_a_feed_too(
    site: Any, document: Any, path: str, status: int, heading: str, reason: str
) -> None:
    site.source.secrets["a" * 32] = GoneTokenError()
    for language in LANGUAGES:
        reply = site.get(path, Accept=BROWSER, Accept_Language=language)
        assert (reply.status, reply.headers["content-language"]) == (status, language)
        assert reply.headers["vary"] == "Accept, Accept-Language"
        assert reply.headers["cache-control"] == "no-store"
        assert ("x-robots-tag" in reply.headers) is path.startswith("/s/")
        page = document(reply.body)
        assert page.all("h1")[0].text == words(language)[heading]
        sentence = words(language)[reason].partition("{")[0]
        assert page.all("p", class_="lead")[0].text.startswith(sentence.strip())
        assert path.partition("?")[0].encode() not in reply.body, "a secret may stand in it"
    text = site.get(path, Accept="text/calendar, */*")
    assert text.status == status
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.body.isascii() and text.body.count(b"\n") == 1


def test_reader_who_is_blocked_is_given_the_seconds(site: Any, document: Any) -> None:
    replies = [site.get(f"/s/{'b' * 32}.ics", Accept=BROWSER) for _ in range(21)]
    assert {reply.status for reply in replies[:-1]} == {404}
    assert replies[-1].status == 429
    lead = document(replies[-1].body).all("p", class_="lead")[0].text
    assert lead == words("en")["too-many-reason"].format(replies[-1].headers["retry-after"])


@pytest.mark.parametrize(("query", "language"), [("lang=xx", "fr"), ("lang=es&zone=q", "es")])
def test_language_of_the_query_is_used_if_it_is_offered(
    shared_site: Any, query: str, language: str
) -> None:
    reply = shared_site.get(f"{CALENDAR}?{query}", Accept=BROWSER, Accept_Language="fr")
    assert (reply.status, reply.headers["content-language"]) == (400, language)


def test_page_without_the_choices_is_linked(shared_site: Any, document: Any) -> None:
    path = f"{CALENDAR}?zone=Asia/Almatty&lang=fr"
    page = document(shared_site.get(path, Accept=BROWSER).body)
    text = words("fr")["without-choices"]
    (link,) = (link for link in page.all("a") if link.text == text)
    assert link.attributes["href"] == f"{CALENDAR}?view=agenda&lang=fr"


@pytest.mark.parametrize(
    ("zone", "similar"),
    [
        ("Paris", ["Europe/Paris"]),
        ("New York", ["America/New_York"]),
        ("Portland", ["America/New_York", "America/Los_Angeles"]),
        ("Peru", ["America/Lima"]),
        ("Asia/Almatty", ["Asia/Almaty"]),
        ("Romance Standard Time", ["Europe/Paris"]),
        ("qqqqqq", []),
    ],
)
def test_wrong_zone_leads_back_to_the_page_with_those_that_may_be_meant(
    shared_site: Any, document: Any, zone: str, similar: list[str]
) -> None:
    query = urlencode({"view": "month", "month": "2024-07", "zone": zone, "lang": "fr"})
    page = document(shared_site.get(f"{CALENDAR}?{query}", Accept=BROWSER).body)
    links = {link.text: link.attributes["href"] for link in page.all("a") if "/" in link.text}
    assert set(links) == set(similar)
    for link in links.values():
        assert "view=month&month=2024-07&" in link and "lang=fr" in link
        assert shared_site.get(link).status == 200
    (field,) = page.all("input", id="zone")
    assert field.attributes["value"] == zone
    hidden = {e.attributes["name"]: e.attributes["value"] for e in page.all("input", type="hidden")}
    assert hidden == {"view": "month", "month": "2024-07", "lang": "fr"}


def test_unknown_address_is_not_repeated(shared_site: Any, document: Any) -> None:
    reply = shared_site.get("//evil.example/%22%3E%3Cscript%3E", Accept=BROWSER)
    assert reply.status == 404 and b"evil" not in reply.body
    links = [link.attributes["href"] for link in document(reply.body).all("a")]
    assert all(link.startswith(("/?", "#")) for link in links)


def test_wrong_value_is_escaped(shared_site: Any, document: Any) -> None:
    reply = shared_site.get(f"{CALENDAR}?zone=%3Cscript%3Ealert()", Accept=BROWSER)
    page = document(reply.body)
    assert [script.attributes["src"] for script in page.all("script")]
    assert "<script>alert()" in page.all("p", class_="lead")[0].text
    assert "script-src 'self'" in reply.headers["content-security-policy"]


def test_error_has_the_header_fields_of_every_answer(shared_site: Any) -> None:
    for accept in (BROWSER, "*/*"):
        reply = shared_site.get("/nothing", "HEAD", Accept=accept)
        assert (reply.status, reply.body) == (404, b"")
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["vary"] == "Accept, Accept-Language"


@pytest.mark.parametrize("path", [f"{CALENDAR}%0A", f"{CALENDAR}/x%0A", f"{CALENDAR}/"])
def test_address_with_a_character_too_many_is_404(shared_site: Any, path: str) -> None:
    assert shared_site.get(path).status == 404


@pytest.mark.parametrize("path", ["/", CALENDAR])
def test_source_that_fails_is_503_with_a_page(site: Any, path: str) -> None:
    site.source.failing = True
    reply = site.get(path, Accept=BROWSER, Accept_Language="ru")
    assert (reply.status, reply.headers["retry-after"]) == (503, "60")
    assert words("ru")["unavailable-reason"] in reply.body.decode()
    assert site.get(path).body == b"not available now; try again later\n"
