"""Error pages: the fault in a sentence, in the reader's language, and a way on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from summitry.web.pages.calendar import common_values
from summitry.web.pages.choices import (
    ChoiceError,
    PageChoices,
    ZoneChoiceError,
    requested_language,
)
from summitry.web.pages.rendering import POLICY, render
from summitry.web.pages.words import words

_ACCEPTS_HTML = re.compile(
    r"\s*(?:text/html|application/xhtml\+xml)\s*(?!;\s*q=0(?:\.0*)?\s*$)(?:;|$)"
)


VARY = "Accept, Accept-Language"


class Problem(NamedTuple):
    """The fault of a request: keys of texts in the catalogue, and values for their places."""

    status: int
    heading: str
    reason: str
    text: str  # in plain English
    places: tuple[str, ...] = ()
    choices: PageChoices = PageChoices()  # that can be met, for the way back
    zone: ZoneChoiceError | None = None  # the wrong zone of the reader, to be corrected

    def explain(self, language: str) -> str:
        """Return the reason in a language."""
        return words(language)[self.reason].format(*self.places)


_NO_PAGE = Problem(
    404, "no-page", "no-page-reason", "there is nothing here; the list of feeds is at /"
)
_NO_CALENDAR = _NO_PAGE._replace(reason="no-calendar-reason")
UNAVAILABLE = Problem(
    503, "unavailable", "unavailable-reason", "not available now; try again later"
)


class RecordNotFoundError(Exception):
    """No public calendar or feed has the name in the address."""


def answer_error(request: Request, error: Exception) -> Response:
    """Return a page for clients that take HTML, and plain text in English for all others."""
    problem = problem_of(error)
    headers = {"cache-control": "no-store", "vary": VARY}
    if problem.status == 503:
        headers["retry-after"] = "60"
    if not accepts_html(request.headers.get("accept", "")):
        return PlainTextResponse(f"{problem.text}\n", problem.status, headers)
    language = requested_language(
        request.scope["query_string"], request.headers.get("accept-language", "")
    )
    headers |= {"content-language": language, "content-security-policy": POLICY}
    # An address that no route knows is not repeated in links: "//host/" would lead to that host.
    path = request.scope["path"] if "route" in request.scope else ""
    body = render_problem(problem, language, path)
    return Response(body, problem.status, headers, "text/html")


def accepts_html(accept: str) -> bool:
    """Return whether a client names HTML among what it takes, as browsers do (RFC 9110 12.5.1).

    "*/*" does not count: scripts and calendar apps send it, and read a line of text better.
    """
    return any(_ACCEPTS_HTML.match(part) for part in accept.lower().split(","))


def problem_of(error: Exception) -> Problem:
    """Return the message for the reader; an unexpected error is reported as temporary."""
    match error:
        case ChoiceError():
            zone = error if isinstance(error, ZoneChoiceError) else None
            text = str(error)
            return Problem(400, "bad-choice", error.key, text, error.places, error.choices, zone)
        case RecordNotFoundError():
            return _NO_CALENDAR
        case HTTPException(status_code=404):
            return _NO_PAGE
    return UNAVAILABLE


def render_problem(problem: Problem, language: str, path: str) -> bytes:
    """Render the page of a problem, with ways on: back to `path` if it is not ""."""
    choices = problem.choices._replace(lang=language)
    phrases = words(language)
    ways = [*_ways_back(problem, choices, path, phrases)] if path else []
    home = PageChoices(lang=language).link("/")
    return render(
        "error.html",
        heading=problem.heading,
        reason=problem.explain(language),
        ways=[*ways, (phrases["all-calendars"], home)],
        wrong_zone=problem.zone.value if problem.zone and path else "",
        **common_values(choices, path or "/"),
    )


def _ways_back(
    problem: Problem, choices: PageChoices, path: str, phrases: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield links with their texts: the page as it may be meant, and without what is wrong."""
    if problem.zone:
        for zone in problem.zone.similar:
            yield zone, choices.link(path, zone=zone)
    text = {400: "without-choices", 503: "try-again"}.get(problem.status)
    if text:
        yield phrases[text], choices.link(path)
