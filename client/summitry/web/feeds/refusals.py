"""Refusals at the addresses of feeds: a page for people, a line of text for everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from summitry.web.http.answers import (
    NO_INDEX,
    NO_STORE,
    HttpResponse,
    Scope,
    make_answer,
    share_across_origins,
    text_answer,
)
from summitry.web.http.requests import read_headers
from summitry.web.pages.choices import ChoiceError, requested_language
from summitry.web.pages.errors import (
    UNAVAILABLE,
    VARY,
    Problem,
    accepts_html,
    problem_of,
    render_problem,
)
from summitry.web.pages.rendering import POLICY

_HTML = (b"content-type", b"text/html; charset=utf-8")
_POLICY = (b"content-security-policy", POLICY.encode())
_VARY = (b"vary", VARY.encode())


class Refusal(NamedTuple):
    """The reason why an address of a feed is not answered with the feed."""

    problem: Problem
    is_public: bool  # scripts of any site may read it
    headers: tuple[tuple[bytes, bytes], ...] = (NO_STORE, NO_INDEX)

    def answer(self, scope: Scope) -> HttpResponse:
        """Return the answer to a request, in HTML for who names it in Accept."""
        fields = read_headers(scope)
        if accepts_html(_text(fields, b"accept")):
            answer = self._page(scope, fields)
        else:
            answer = text_answer(self.problem.status, self.problem.text, *self.headers, _VARY)
        return share_across_origins(answer) if self.is_public else answer

    def _page(self, scope: Scope, fields: Mapping[bytes, bytes]) -> HttpResponse:
        language = requested_language(scope["query_string"], _text(fields, b"accept-language"))
        # The address is not repeated in the page: it may hold a secret.
        body = render_problem(self.problem, language, "")
        own = (_HTML, _POLICY, (b"content-language", language.encode()), _VARY)
        return make_answer(self.problem.status, [*own, *self.headers], body)


def _text(fields: Mapping[bytes, bytes], name: bytes) -> str:
    return fields.get(name, b"").decode("latin-1")


_NO_FEED = Problem(
    404,
    "no-page",
    "no-calendar-reason",
    "there is no public feed of that name; see the list at /",
)
FEED_NOT_FOUND = Refusal(_NO_FEED, True, (NO_STORE,))
SECRET_NOT_FOUND = Refusal(
    Problem(404, "no-page", "no-secret-reason", "there is no feed here: is the address complete?"),
    False,
)
SECRET_REVOKED = Refusal(
    Problem(
        410,
        "revoked",
        "revoked-reason",
        "this address is no longer valid: ask who gave it for another",
    ),
    False,
)


def unavailable(*, is_public: bool) -> Refusal:
    """Return the refusal where the source cannot be read now."""
    return Refusal(UNAVAILABLE, is_public, ((b"retry-after", b"60"), NO_STORE))


def blocked(seconds: int) -> Refusal:
    """Return the refusal of a reader that has asked for too many unknown secrets."""
    text = "too many addresses that do not exist"
    problem = Problem(429, "too-many", "too-many-reason", text, (str(seconds),))
    return Refusal(problem, False, ((b"retry-after", b"%d" % seconds), NO_STORE, NO_INDEX))


def wrong_choice(error: ChoiceError, *, is_public: bool) -> Refusal:
    """Return the refusal of a query that cannot be met."""
    return Refusal(problem_of(error), is_public, (NO_STORE,))
