"""The address of this server that the links of pages name."""

from __future__ import annotations

import urllib.parse
from typing import Any

import pytest

from summitry.web.feeds import feed_app
from summitry.web.http.requests import is_host, origin_of, parse_origin

HOSTS = {
    "cal.example": True,
    "cal.example:8080": True,
    "CAL.example.": True,
    "localhost": True,
    "127.0.0.1:8080": True,
    "[::1]:8080": True,
    "xn--fiqs8s.example": True,
    "a" * 63 + ".example": True,
    "": False,
    "a b": False,
    "a/b": False,
    '"><script>': False,
    "user@cal.example": False,
    "cal.example:99999": False,
    "cal.example:": False,
    "cal..example": False,
    "-cal.example": False,
    "a" * 64 + ".example": False,
    "256.1.1.1": False,
    "127.1": False,
    "[::1": False,
    "[:::1]": False,
    "cal.example\r\nx: y": False,
    "cаl.example": False,  # a Cyrillic letter
}


@pytest.mark.parametrize(("host", "valid"), HOSTS.items(), ids=[ascii(host) for host in HOSTS])
def test_host_is_checked(host: str, valid: bool) -> None:
    assert is_host(host) is valid


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://cal.example", "https://cal.example"),
        ("HTTPS://Cal.Example/", "https://cal.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_external_url_is_read(text: str, origin: str) -> None:
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    ["cal.example", "ftp://cal.example", "https://", "https://a/b", "https://a?b", "https://a b",
     "https://user:pass@cal.example", "javascript://x"],
)  # fmt: skip
def test_text_that_is_no_external_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address such as https://"):
        parse_origin(text)
    with pytest.raises(ValueError, match="is not an address"):
        feed_app(None, external_url=text)  # type: ignore[arg-type]


PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("client", "headers", "external", "origin"),
    [
        ("192.0.2.1", {"host": "cal.example"}, "", "http://cal.example"),
        ("192.0.2.1", {"host": "a/b"}, "", ""),
        ("192.0.2.1", {}, "", ""),
        ("192.0.2.1", {"host": "evil.example"}, "https://cal.example", "https://cal.example"),
        (PROXY, {"host": "evil.example", "x-forwarded-host": "evil.example"},
         "https://cal.example", "https://cal.example"),
        ("192.0.2.1", {"host": "in:8080", "x-forwarded-proto": "https",
                       "x-forwarded-host": "evil.example"}, "", "http://in:8080"),
        (PROXY, {"host": "in:8080", "x-forwarded-proto": "https",
                 "x-forwarded-host": "cal.example"}, "", "https://cal.example"),
        (PROXY, {"host": "cal.example", "x-forwarded-proto": "HTTPS"}, "", "https://cal.example"),
        (PROXY, {"host": "cal.example"}, "", "http://cal.example"),
        (PROXY, {"host": "in", "x-forwarded-host": "evil.example, cal.example",
                 "x-forwarded-proto": "gopher, https"}, "", "https://cal.example"),
        (PROXY, {"host": "in", "x-forwarded-proto": "javascript"}, "", ""),
        (PROXY, {"host": "in", "x-forwarded-host": "a b"}, "", ""),
    ],
    ids=["host", "doubtful", "none", "configured", "configured-behind-proxy", "untrusted",
         "trusted", "proto-alone", "proxy-says-nothing", "nearest-proxy", "odd-scheme", "odd-host"],
)  # fmt: skip
def test_origin(client: str, headers: dict[str, str], external: str, origin: str) -> None:
    fields = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"scheme": "http", "client": (client, 5000), "headers": fields}
    assert origin_of(scope, {PROXY}, external) == origin


@pytest.mark.parametrize("path", ["/", "/calendars/astana"])
@pytest.mark.parametrize(
    ("options", "headers", "origin"),
    [
        ({"external_url": "https://cal.example"}, {"Host": "evil.example"}, "https://cal.example"),
        ({"proxies": ["127.0.0.1"]},
         {"Host": "in", "X_Forwarded_Host": "cal.example", "X_Forwarded_Proto": "https"},
         "https://cal.example"),
        ({}, {"Host": "cal.example", "X_Forwarded_Host": "evil.example",
              "X_Forwarded_Proto": "https"}, "http://cal.example"),
    ],
    ids=["configured", "trusted-proxy", "untrusted"],
)  # fmt: skip
def test_links_of_pages_name_that_address_in_the_language_of_the_reader(
    site: Any, source: Any, serve: Any, path: str, options: Any, headers: Any, origin: str
) -> None:
    behind = site._replace(port=serve(feed_app(source, **options)))
    for query, suffix in (("?lang=fr", "?lang=fr"), ("?lang=en", ""), ("?lang=fr-CA", "?lang=fr")):
        body = behind.get(path + query, **headers).body.decode()
        address = f"{origin}/feeds/astana.ics{suffix}"
        webcal = f"webcal://{address.partition('://')[2]}"
        assert f'value="{address}"' in body
        assert f'href="{webcal}"' in body
        assert urllib.parse.quote(address, safe="") in body, "Outlook"
        assert urllib.parse.quote(webcal, safe="") in body, "Google"
        assert "evil.example" not in body


def test_link_of_a_feed_names_no_language_that_it_does_not_offer(site: Any) -> None:
    site.source.feed("astana", "press", languages=["fr", "ru"])
    for lang, suffix in (("en", ""), ("fr", ""), ("ru", "?lang=ru")):
        body = site.get(f"/calendars/astana/press?lang={lang}", Host="cal.example").body.decode()
        assert f'value="http://cal.example/feeds/astana/press.ics{suffix}"' in body


def test_links_carry_the_language_of_the_browser(site: Any) -> None:
    body = site.get("/", Host="cal.example", Accept_Language="ru-RU, en;q=0.5").body.decode()
    assert 'value="http://cal.example/feeds/astana.ics?lang=ru"' in body
