"""The words of our own in six languages, and which of several texts a reader gets."""

from __future__ import annotations

import re
from typing import Any

import pytest
from babel.messages import Message
from babel.messages.pofile import read_po
from google.type.localized_text_pb2 import LocalizedText
from tools.messages import main as update_catalogues

from summitry.ical import languages as feeds
from summitry.ical import render_calendar
from summitry.ical.facts import outcome_text, say_money
from summitry.ical.languages import counted, pick
from summitry.ical.lint import lint
from summitry.ical.phrases import say_day, say_time
from summitry.locale import FOLDER, LANGUAGES, Catalogue, load
from summitry.v1.event_time_pb2 import EventTime, TimedSpan, TimePoint
from summitry.v1.outcome_pb2 import Outcome, OutcomeKind
from summitry.web.pages import words as pages

SCRIPTS = {"ru": "[\u0400-\u04ff]", "zh": "[\u4e00-\u9fff]", "ar": "[\u0600-\u06ff]"}
CATALOGUES = [feeds.CATALOGUE, pages.CATALOGUE]
TRANSLATIONS = [(catalogue, lang) for catalogue in CATALOGUES for lang in LANGUAGES if lang != "en"]
# The last day of a span may leave out the year, which the first day has.
MAY_LEAVE_OUT = {"day-same-year": {"{year}"}}
PLURAL_FORMS = {"fr": 3, "ru": 3, "zh": 1, "es": 3, "ar": 6}  # CLDR, for whole numbers
each_translation = pytest.mark.parametrize(
    ("catalogue", "language"), TRANSLATIONS, ids=[f"{c.domain}-{lang}" for c, lang in TRANSLATIONS]
)


def test_languages_are_the_six_of_the_united_nations() -> None:
    assert set(LANGUAGES) == {"en", "fr", "ru", "zh", "es", "ar"}


def translations(catalogue: Catalogue, language: str) -> dict[str, list[Message]]:
    """Return the messages of a .po file by key."""
    path = FOLDER / language / "LC_MESSAGES" / f"{catalogue.domain}.po"
    with path.open("rb") as file:
        messages = [message for message in read_po(file, locale=language) if message.id]
    return {
        key: [message for message in messages if message.context == key]
        for key in {message.context for message in messages}
    }


def places(text: str, key: str) -> list[str]:
    """Return the places to fill of a text, without those that a translation may leave out."""
    return sorted(set(re.findall(r"\{\w*\}", text)) - MAY_LEAVE_OUT.get(key, set()))


@each_translation
def test_every_text_is_translated(catalogue: Catalogue, language: str) -> None:
    translated = translations(catalogue, language)
    texts_of_ours = catalogue.messages.keys() | catalogue.plurals.keys()
    assert texts_of_ours - catalogue.labels.keys() <= translated.keys() <= texts_of_ours
    for key, messages in translated.items():
        if key in catalogue.labels:
            continue  # declared in the protos, and in English until somebody translates it
        for message in messages:
            texts = [message.string] if isinstance(message.string, str) else message.string
            assert all(texts) and not message.fuzzy, key


@each_translation
def test_translation_has_the_same_placeholders(catalogue: Catalogue, language: str) -> None:
    for key, messages in translations(catalogue, language).items():
        for message in messages:
            english = [message.id] if isinstance(message.id, str) else message.id
            texts = [message.string] if isinstance(message.string, str) else message.string
            for text in filter(None, texts):
                assert places(text, key) == places(english[-1], key), key


@each_translation
def test_plural_forms_are_complete(catalogue: Catalogue, language: str) -> None:
    translated = translations(catalogue, language)
    for key in catalogue.plurals:
        counts = [m for m in translated[key] if isinstance(m.id, tuple)]
        assert [len(message.string) for message in counts] == [PLURAL_FORMS[language]], key


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda catalogue: catalogue.domain)
def test_label_precedes_its_value(catalogue: Catalogue) -> None:
    for language in LANGUAGES:
        assert catalogue.texts(language)["colon"].endswith("{1}")


@pytest.mark.parametrize("language", SCRIPTS)
def test_translations_are_in_the_script_of_their_language(language: str) -> None:
    signs = {
        "colon", "comma", "semicolon", "brackets", "first-day", "decimal-point", "day",
        "day-same-year", "month", "span", "clock-span", "clock-span-days",
    }  # fmt: skip
    for key, text in feeds.CATALOGUE.texts(language).items():
        words = re.sub(r"\{\w*\}", "", text)
        if text == feeds.CATALOGUE.labels.get(key):
            continue
        assert key in signs or re.search(SCRIPTS[language], words), key
        assert not re.search("[A-Za-z]", words), key


def test_french_has_one_apostrophe_and_spaces_before_colons() -> None:
    for catalogue in CATALOGUES:
        for key, text in catalogue.texts("fr").items():
            assert "'" not in text and not re.search(r"[^\u00a0][:;]", text), key


def test_catalogues_contain_all_current_texts() -> None:
    assert update_catalogues(["--check"]) == 0, "run `make messages`"


def test_uncompiled_catalogue_error_names_the_make_target() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        load("no-such-domain", "fr")
    assert "make messages" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["agreement", "1 agreement", "2 agreements", "5 agreements", "21 agreements"]),
        ("fr", ["accord", "1 accord", "2 accords", "5 accords", "21 accords"]),
        ("ru", ["соглашение", "1 соглашение", "2 соглашения", "5 соглашений", "21 соглашение"]),
        ("zh", ["协定", "1 项协定", "2 项协定", "5 项协定", "21 项协定"]),
        ("es", ["acuerdo", "1 acuerdo", "2 acuerdos", "5 acuerdos", "21 acuerdos"]),
        ("ar", ["اتفاق", "1 اتفاق", "2 اتفاقان", "5 اتفاقات", "21 اتفاقًا"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_outcome_has_the_plural_form_of_its_count(language: str, expected: list[str]) -> None:
    kind = OutcomeKind.OUTCOME_KIND_AGREEMENT
    outcomes = [Outcome(kind=kind, count=count) for count in (None, 1, 2, 5, 21)]
    assert [outcome_text(outcome, language) for outcome in outcomes] == expected


@pytest.mark.parametrize(("language", "text"), [("en", "0 agreements"), ("ru", "0 соглашений")])
def test_outcome_of_which_there_is_none_says_so(language: str, text: str) -> None:
    outcome = Outcome(kind=OutcomeKind.OUTCOME_KIND_AGREEMENT, count=0)
    assert outcome_text(outcome, language) == text


@pytest.mark.parametrize(
    ("count", "form"),
    [(11, "соглашений"), (12, "соглашений"), (14, "соглашений"), (22, "соглашения"),
     (101, "соглашение"), (111, "соглашений"), (112, "соглашений")],
)  # fmt: skip
def test_russian_plural_form(count: int, form: str) -> None:
    assert counted("ru", "OUTCOME_KIND_AGREEMENT", count) == f"{count} {form}"


@pytest.mark.parametrize(
    ("count", "form"),
    [(3, "اتفاقات"), (10, "اتفاقات"), (11, "اتفاقًا"), (99, "اتفاقًا"), (100, "اتفاق"),
     (102, "اتفاق"), (103, "اتفاقات")],
)  # fmt: skip
def test_arabic_plural_form(count: int, form: str) -> None:
    assert counted("ar", "OUTCOME_KIND_AGREEMENT", count) == f"{count} {form}"


@pytest.mark.parametrize(("count", "text"), [(1, "et 1 autre"), (2, "et 2 autres")])
def test_french_plural_of_others(count: int, text: str) -> None:
    assert counted("fr", "others", count) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "quarter 3 of 2027"), ("fr", "3e trimestre 2027"), ("es", "tercer trimestre de 2027")],
)
def test_quarter_in_words(make: Any, language: str, text: str) -> None:
    record = make("meetings/m", time={"partial": {"edtf": "2027-35"}})
    assert say_time(record.time, language).startswith(text)


@pytest.mark.parametrize(
    ("end", "text"),
    [
        ("2024-07-04T23:59", "du 2 juillet 2024 à 00:01 au 4 juillet à 23:59 (Asia/Almaty)"),
        ("2025-01-01T08:00", "du 2 juillet 2024 à 00:01 au 1er janvier 2025 à 08:00 (Asia/Almaty)"),
        ("2024-07-02T23:59", "2 juillet 2024, 00:01 à 23:59 (Asia/Almaty)"),
    ],
    ids=["same-year", "next-year", "same-day"],
)
def test_french_hours_over_several_days(end: str, text: str) -> None:
    zone = "Asia/Almaty"
    start = TimePoint(civil_time="2024-07-02T00:01:00", time_zone=zone)
    span = TimedSpan(start=start, end=TimePoint(civil_time=f"{end}:00", time_zone=zone))
    assert say_time(EventTime(timed=span), "fr") == text


@pytest.mark.parametrize(
    ("language", "day", "month"),
    [
        ("en", "3 July 2024", "October 2023, day not known"),
        ("fr", "3 juillet 2024", "octobre 2023, jour à préciser"),
        ("ru", "3 июля 2024 г.", "октябрь 2023 г., день уточняется"),
        ("zh", "2024年7月3日", "2023年10月，具体日期待定"),
        ("es", "3 de julio de 2024", "octubre de 2023, día por confirmar"),
        ("ar", "3 يوليو 2024", "أكتوبر 2023، اليوم يحدد لاحقًا"),
    ],
    ids=LANGUAGES,
)
def test_day_and_month_in_words(make: Any, language: str, day: str, month: str) -> None:
    assert say_day("2024-07-03", language) == day
    record = make("meetings/m", time={"partial": {"edtf": "2023-10"}})
    assert say_time(record.time, language) == month


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "17 agreements, 629 M USD"),
        ("fr", "17 accords, 629 M USD"),
        ("ru", "17 соглашений, 629 млн USD"),
        ("zh", "17 项协定，629百万 USD"),
        ("es", "17 acuerdos, 629 M USD"),
        ("ar", "17 اتفاقًا، 629 مليون USD"),
    ],
    ids=LANGUAGES,
)
def test_outcome_with_count_and_amount_in_words(make: Any, language: str, text: str) -> None:
    amount = {"currency_code": "USD", "units": 629_000_000}
    facts = {"kind": "OUTCOME_KIND_AGREEMENT", "count": 17, "amount": amount}
    (outcome,) = make("meetings/m", outcomes=[facts]).outcomes
    assert outcome_text(outcome, language) == text
    assert say_money(outcome.amount, language) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_feed_is_valid_in_each_language(desk: Any, events: Any, language: str) -> None:
    data = render_calendar(
        desk.calendar, desk.records, language=language, partial="span", profile="rich"
    )
    assert lint(data) == []
    events_by_uid = events(data)
    cancelled = str(events_by_uid["meetings-called-off@example.org"]["SUMMARY"])
    assert cancelled.startswith(f"[{feeds.word(language, 'EVENT_STATUS_CANCELLED')}] ")
    for event in events_by_uid.values():
        assert (
            event["DESCRIPTION"].params["LANGUAGE"]
            == event["CATEGORIES"].params["LANGUAGE"]
            == language
        )


TITLES = ("en", "fr", "fr-CA", "zh-Hans", "zh-Hant", "pt-BR", "sr-Latn-RS")


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        ("fr-CA", "fr-CA"), ("fr-ca", "fr-CA"), ("FR_CA", "fr-CA"), ("fr-CH", "fr"), ("fr", "fr"),
        ("zh", "zh-Hans"), ("zh-CN", "zh-Hans"), ("zh-TW", "zh-Hant"), ("zh-HK", "zh-Hant"),
        ("zh-Hant-TW", "zh-Hant"), ("pt", "pt-BR"), ("pt-PT", "pt-BR"), ("sr-Latn", "sr-Latn-RS"),
        ("sr", "sr-Latn-RS"), ("en-GB", "en"), ("ru", "en"), ("", "en"), ("x", "en"),
        ("fr-x-private", "fr"), ("fra", "en"),
    ],
)  # fmt: skip
def test_requested_language_gets_the_best_match(requested: str, expected: str) -> None:
    texts = [LocalizedText(text=tag, language_code=tag) for tag in reversed(TITLES)]
    if requested == "zh":
        texts.reverse()  # nothing decides between scripts but their order
    text = pick(texts, requested)
    assert text is not None and text.text == expected


def test_first_text_is_used_without_english() -> None:
    texts = [LocalizedText(text=tag, language_code=tag) for tag in ("ru", "kk", "")]
    text = pick(texts, "fr")
    assert text is not None and text.text == "ru"
    assert pick([], "fr") is None
