"""The templates and static files of the pages, read once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from summitry.ical import languages as feeds
from summitry.web.pages import words as pages

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TYPES: Mapping[str, str] = {"css": "text/css", "js": "text/javascript"}


class Static(NamedTuple):
    """A file that never changes under its address."""

    path: str  # "/static/site.3f2a….css"
    type: str  # of media
    body: bytes


@cache
def statics() -> Mapping[str, Static]:
    """Return the static files by their own names: "site.css"."""
    folder = files(__package__).joinpath("static")
    return {file.name: _static(file.name, file.read_bytes()) for file in folder.iterdir()}


@cache
def version() -> str:
    """Return a digest of everything but the records that the look of a page depends on."""
    digest = hashlib.blake2b(digest_size=8)
    for catalogue in (feeds.CATALOGUE, pages.CATALOGUE):
        digest.update(catalogue.digest())
    for name in sorted(environment().list_templates()):
        digest.update(files(__package__).joinpath("templates", name).read_bytes())
    for name, static in sorted(statics().items()):
        digest.update(f"{name} {static.path}".encode())
    return digest.hexdigest()


@cache
def environment() -> Environment:
    """Return the templates: they escape what they print, and a missing value is an error."""
    templates = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["static"] = {name: static.path for name, static in statics().items()}
    return templates


def render(template: str, **facts: Any) -> bytes:
    """Render a page as UTF-8."""
    return environment().get_template(template).render(**facts).encode()


def _static(name: str, body: bytes) -> Static:
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.blake2b(body, digest_size=6).hexdigest()
    return Static(f"/static/{stem}.{digest}.{suffix}", _TYPES[suffix], body)
