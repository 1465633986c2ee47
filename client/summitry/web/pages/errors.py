"""Error pages: the fault in a sentence, in the reader's language, and a way on."""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from summitry.web.pages.calendar import common_values
from summitry.web.pages.choices import ChoiceError, PageChoices, requested_language
from summitry.web.pages.rendering import POLICY, render
from summitry.web.pages.words import words

_ACCEPTS_HTML = re.compile(
    r"\s*(?:text/html|application/xhtml\+xml)\s*(?!;\s*q=0(?:\.0*)?\s*$)(?:;|$)"
)


class _Problem(NamedTuple):
    """The fault of a request: keys of texts in the catalogue, and values for their places."""

    status: int
    heading: str
    reason: str
    text: str  # in plain English
    places: tuple[str, ...] = ()

    def explain(self, language: str) -> str:
        """Return the reason in a language."""
        return words(language)[self.reason].format(*self.places)


_NO_PAGE = _Problem(
    404, "no-page", "no-page-reason", "there is nothing here; the list of feeds is at /"
)
_NO_CALENDAR = _NO_PAGE._replace(reason="no-calendar-reason")
_UNAVAILABLE = _Problem(
    503, "unavailable", "unavailable-reason", "not available now; try again later"
)


class RecordNotFoundError(Exception):
    """No public calendar or feed has the name in the address."""


def answer_error(request: Request, error: Exception) -> Response:
    """Return a page for clients that take HTML, and plain text in English for all others."""
    problem = _problem(error)
    headers = {"cache-control": "no-store", "vary": "Accept, Accept-Language"}
    if problem.status == 503:
        headers["retry-after"] = "60"
    if not accepts_html(request.headers.get("accept", "")):
        return PlainTextResponse(f"{problem.text}\n", problem.status, headers)
    language = requested_language(
        request.scope["query_string"], request.headers.get("accept-language", "")
    )
    headers |= {"content-language": language, "content-security-policy": POLICY}
    body = _render(problem, language, request)
    return Response(body, problem.status, headers, "text/html")


def accepts_html(accept: str) -> bool:
    """Return whether a client names HTML among what it takes, as browsers do (RFC 9110 12.5.1).

    "*/*" does not count: scripts and calendar apps send it, and read a line of text better.
    """
    return any(_ACCEPTS_HTML.match(part) for part in accept.lower().split(","))


def _problem(error: Exception) -> _Problem:
    """Return the message for the reader; an unexpected error is reported as temporary."""
    match error:
        case ChoiceError():
            return _Problem(400, "bad-choice", error.key, str(error), error.places)
        case RecordNotFoundError():
            return _NO_CALENDAR
        case HTTPException(status_code=404):
            return _NO_PAGE
    return _UNAVAILABLE


def _render(problem: _Problem, language: str, request: Request) -> bytes:
    # An address that no route knows is not repeated in links: "//host/" would lead to that host.
    path = request.scope["path"] if "route" in request.scope else "/"
    choices = PageChoices(lang=language)
    on_path = choices.link(path)
    ways = {400: [("without-choices", on_path)], 503: [("try-again", on_path)]}
    return render(
        "error.html",
        heading=problem.heading,
        reason=problem.explain(language),
        ways=[*ways.get(problem.status, []), ("all-calendars", choices.link("/"))],
        **common_values(choices, path),
    )
