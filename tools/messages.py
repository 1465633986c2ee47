"""Bring the texts of feeds and pages into the catalogues of all languages, and compile them.

    python -m tools.messages           # what `make messages` runs
    python -m tools.messages --check   # fail where a catalogue is behind the texts

A text that is new is empty in the .po files until somebody translates it; one whose English has
changed is marked as fuzzy, keeps its old translation and is not used until the mark is removed.
A label that the protos declare may wait for its translations: a check passes without them.
"""

from __future__ import annotations

import re
import sys
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po
from hatch_build import compile_messages

from summitry.ical import languages as feeds
from summitry.locale import FOLDER, LANGUAGES, Catalogue
from summitry.web.pages import words as pages

CATALOGUES = (feeds.CATALOGUE, pages.CATALOGUE)
# Headers that change with the clock or the version of Babel, and say nothing of the texts.
VOLATILE = re.compile(rb'^"(POT-Creation-Date|PO-Revision-Date|Generated-By):.*\n', re.MULTILINE)


def template(catalogue: Catalogue) -> Catalog:
    """Return the English texts as a template for translators."""
    messages = Catalog(project="Summitry", domain=catalogue.domain, fuzzy=False)
    for key, text in (*catalogue.messages.items(), *catalogue.plurals.items()):
        notes = [catalogue.notes[key]] if key in catalogue.notes else []
        messages.add(text, context=key, auto_comments=notes)
    return messages


def path_of(domain: str, language: str) -> Path:
    """Return the file that holds the translations of a domain."""
    return FOLDER / language / "LC_MESSAGES" / f"{domain}.po"


def updated(catalogue: Catalogue, language: str, *, with_new_labels: bool = True) -> bytes:
    """Return the file of a language with the texts as they are now; translations stay.

    Labels that the file does not have yet may be left out, since readers see them in English.
    """
    path = path_of(catalogue.domain, language)
    translations = Catalog(locale=language, domain=catalogue.domain, fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            translations = read_po(file, locale=language, domain=catalogue.domain)
    result = Catalog(
        locale=language, domain=catalogue.domain, project="Summitry", fuzzy=False,
        header_comment=f"# Texts of {catalogue.domain} of Summitry in {language}.",
    )  # fmt: skip
    earlier = {(m.context, isinstance(m.id, str)): m for m in translations if m.id}
    for message in template(catalogue):
        key = message.context, isinstance(message.id, str)
        is_new_label = message.context in catalogue.labels and key not in earlier
        if message.id and (with_new_labels or not is_new_label):
            result.add(**translated(message, earlier.get(key), result.num_plurals))
    buffer = BytesIO()
    write_po(buffer, result, width=100)
    return VOLATILE.sub(b"", buffer.getvalue())


def translated(message: Message, earlier: Message | None, plurals: int) -> dict[str, object]:
    """Return a message with the translation that it had, fuzzy if its English has changed."""
    string: object = "" if isinstance(message.id, str) else ("",) * plurals
    flags = set(earlier.flags) if earlier else set()
    if earlier:
        string = earlier.string
        if earlier.id != message.id:
            flags.add("fuzzy")
    return {
        "id": message.id,
        "string": string,
        "context": message.context,
        "flags": flags - {"python-format", "python-brace-format"},
        "auto_comments": message.auto_comments,
        "user_comments": earlier.user_comments if earlier else (),
    }


def main(arguments: list[str]) -> int:
    """Write or check the catalogues and return the exit status: 1 if a check finds a difference."""
    is_check, behind = "--check" in arguments, []
    for catalogue in CATALOGUES:
        for language in LANGUAGES:
            if language != "en":
                path = path_of(catalogue.domain, language)
                content = updated(catalogue, language, with_new_labels=not is_check)
                if not path.exists() or path.read_bytes() != content:
                    behind.append(path)
                    if not is_check:
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_bytes(content)
    if is_check:
        print(*(f"{path}: run `make messages`" for path in behind), sep="\n", end="")
        return int(bool(behind))
    compile_messages()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
