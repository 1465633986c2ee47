"""Texts of our own in several languages, from gettext catalogues.

The English texts stand in Python, in tables from a key to a text. Translators edit the .po files
below this folder, one per language and domain; `make messages` brings new texts into them and
compiles them to the .mo files that are read here. A message's context (msgctxt) is its key, so
that two equal English texts may differ in another language.
"""

from __future__ import annotations

import gettext
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("en", "fr", "ru", "zh", "es", "ar")
FOLDER = Path(__file__).parent


@lru_cache(maxsize=256)
def language_of(tag: str) -> str:
    """Return the language of our texts for a BCP 47 tag: "fr" for "fr-CH", "en" by default."""
    primary = tag.lower().partition("-")[0]
    return primary if primary in LANGUAGES else "en"


class Catalogue:
    """The texts of a domain in all languages; each language is read when it is first asked for."""

    def __init__(
        self,
        domain: str,
        messages: Mapping[str, str],
        plurals: Mapping[str, tuple[str, str]],
        notes: Mapping[str, str],
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """Create a catalogue of the English texts by key.

        `plurals` gives a singular and a plural text with a place for the number, `notes` what a
        translator should know of a text. `labels` are further texts by key, which readers see in
        English until somebody translates them.

        Raises ValueError for a label with the key of another text that reads otherwise.
        """
        self.domain = domain
        self.labels = dict(labels or {})
        if clashes := [key for key, text in self.labels.items() if messages.get(key, text) != text]:
            raise ValueError(f"{domain}: texts with the keys of labels: {', '.join(clashes)}")
        self.messages = {**messages, **self.labels}
        self.plurals = plurals
        self.notes = notes
        self._translations: dict[str, gettext.NullTranslations] = {}
        self._texts: dict[str, Mapping[str, str]] = {}

    def texts(self, language: str) -> Mapping[str, str]:
        """Return all texts without a plural by key, in one of LANGUAGES."""
        texts = self._texts.get(language)
        if texts is None:  # twice by two threads at once is harmless: the result is the same
            translation = self._translation(language)
            texts = {key: translation.pgettext(key, text) for key, text in self.messages.items()}
            self._texts[language] = texts
        return texts

    def counted(self, language: str, key: str, count: int, *places: object) -> str:
        """Return the text for a number of things, in the plural form that the number takes.

        The number fills the first place of the text, `places` fill the others.
        """
        singular, plural = self.plurals[key]
        text = self._translation(language).npgettext(key, singular, plural, count)
        return text.format(count, *places)

    def digest(self) -> bytes:
        """Return a digest of the texts in all languages, for entity tags."""
        digest = hashlib.blake2b(repr((self.messages, self.plurals)).encode(), digest_size=8)
        for path in sorted(FOLDER.glob(f"*/LC_MESSAGES/{self.domain}.mo")):
            digest.update(path.read_bytes())
        return digest.digest()

    def _translation(self, language: str) -> gettext.NullTranslations:
        translation = self._translations.get(language)
        if translation is None:
            translation = load(self.domain, language)
            self._translations[language] = translation
        return translation


def load(domain: str, language: str) -> gettext.NullTranslations:
    """Read a catalogue; English has none. Raises FileNotFoundError if it is not compiled."""
    if language == "en":
        return gettext.NullTranslations()
    path = FOLDER / language / "LC_MESSAGES" / f"{domain}.mo"
    try:
        with path.open("rb") as file:
            return gettext.GNUTranslations(file)
    except FileNotFoundError as error:
        error.add_note("The catalogues are not compiled: run `make messages`.")
        raise
