"""The words of our own in six languages, and which of several texts a reader gets."""

from __future__ import annotations

import re
from typing import Any

import pytest
from google.type.localized_text_pb2 import LocalizedText

from summitry.ical import render_calendar
from summitry.ical.facts import outcome_text, say_money
from summitry.ical.languages import pick
from summitry.ical.lint import lint
from summitry.ical.phrases import say_day, say_time
from summitry.ical.words import LANGUAGES, MONTHS, MONTHS_ALONE, TABLES, counted

SCRIPTS = {"ru": "[\u0400-\u04ff]", "zh": "[\u4e00-\u9fff]", "ar": "[\u0600-\u06ff]"}


def test_there_are_the_six_languages_of_the_united_nations() -> None:
    assert set(LANGUAGES) == {"en", "fr", "ru", "zh", "es", "ar"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_all_words(language: str) -> None:
    assert TABLES[language].keys() == TABLES["en"].keys()
    assert len(MONTHS[language]) == len(MONTHS_ALONE[language]) == len(set(MONTHS[language])) == 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_phrase_has_the_same_places_to_fill(language: str) -> None:
    for key, text in TABLES[language].items():
        places = sorted(re.findall(r"\{\w*\}", text))
        assert places == sorted(re.findall(r"\{\w*\}", TABLES["en"][key])), key
    assert TABLES[language]["colon"].endswith("{1}"), "what is labelled comes last"


@pytest.mark.parametrize("language", SCRIPTS)
def test_words_are_in_the_script_of_their_language(language: str) -> None:
    signs = {"colon", "first-day", "decimal-point", "day", "month", "span", "clock-span"}
    for key, text in TABLES[language].items():
        words = re.sub(r"\{\w*\}", "", text)
        assert key in signs or re.search(SCRIPTS[language], words), key
        assert not re.search("[A-Za-z]", words), key


FORMS = {"en": 2, "fr": 2, "es": 2, "ru": 3, "zh": 2, "ar": 4}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_outcome_has_all_forms_of_its_number(language: str) -> None:
    for key, text in TABLES[language].items():
        if key.startswith("OUTCOME_KIND_"):
            forms = text.split("|")
            assert len(forms) == FORMS[language] and all(
                form.strip() == form != "" for form in forms
            )


@pytest.mark.parametrize(
    ("language", "written"),
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
def test_counted(language: str, written: list[str]) -> None:
    forms = TABLES[language]["OUTCOME_KIND_AGREEMENT"]
    assert [counted(language, forms, count) for count in (0, 1, 2, 5, 21)] == written


@pytest.mark.parametrize(
    ("count", "form"), [(11, 2), (12, 2), (14, 2), (22, 1), (101, 0), (111, 2), (112, 2)]
)
def test_russian_numbers(count: int, form: int) -> None:
    assert counted("ru", "0|1|2", count) == f"{count} {form}"


@pytest.mark.parametrize(
    "count, form", [(3, 2), (10, 2), (11, 3), (99, 3), (100, 0), (102, 0), (103, 2)]
)
def test_arabic_numbers(count: int, form: int) -> None:
    assert counted("ar", "0|1|2|3", count) == f"{count} {form}"


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
def test_dates(make: Any, language: str, day: str, month: str) -> None:
    assert say_day("2024-07-03", language) == day
    record = make("meetings/m", time={"partial": {"edtf": "2023-10"}})
    assert say_time(record.time, language) == month


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "17 agreements, 629 M USD"),
        ("fr", "17 accords, 629 M USD"),
        ("ru", "17 соглашений, 629 млн USD"),
        ("zh", "17 项协定, 629百万 USD"),
        ("es", "17 acuerdos, 629 M USD"),
        ("ar", "17 اتفاقًا, 629 مليون USD"),
    ],
    ids=LANGUAGES,
)
def test_outcomes(make: Any, language: str, text: str) -> None:
    amount = {"currency_code": "USD", "units": 629_000_000}
    facts = {"kind": "OUTCOME_KIND_AGREEMENT", "count": 17, "amount": amount}
    (outcome,) = make("meetings/m", outcomes=[facts]).outcomes
    assert outcome_text(outcome, language) == text
    assert say_money(outcome.amount, language) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_feed_in_each_language(desk: Any, events: Any, language: str) -> None:
    data = render_calendar(
        desk.calendar, desk.records, language=language, partial="span", profile="rich"
    )
    assert lint(data) == []
    found = events(data)
    cancelled = str(found["meetings-called-off@example.org"]["SUMMARY"])
    assert cancelled.startswith(f"[{TABLES[language]['EVENT_STATUS_CANCELLED']}] ")
    for event in found.values():
        assert (
            event["DESCRIPTION"].params["LANGUAGE"]
            == event["CATEGORIES"].params["LANGUAGE"]
            == language
        )


TITLES = ("en", "fr", "fr-CA", "zh-Hans", "zh-Hant", "pt-BR", "sr-Latn-RS")


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("fr-CA", "fr-CA"), ("fr-ca", "fr-CA"), ("FR_CA", "fr-CA"), ("fr-CH", "fr"), ("fr", "fr"),
        ("zh", "zh-Hans"), ("zh-CN", "zh-Hans"), ("zh-TW", "zh-Hant"), ("zh-HK", "zh-Hant"),
        ("zh-Hant-TW", "zh-Hant"), ("pt", "pt-BR"), ("pt-PT", "pt-BR"), ("sr-Latn", "sr-Latn-RS"),
        ("sr", "sr-Latn-RS"), ("en-GB", "en"), ("ru", "en"), ("", "en"), ("x", "en"),
        ("fr-x-private", "fr"), ("fra", "en"),
    ],
)  # fmt: skip
def test_best_match(wanted: str, got: str) -> None:
    texts = [LocalizedText(text=tag, language_code=tag) for tag in reversed(TITLES)]
    if wanted == "zh":
        texts.reverse()  # nothing decides between scripts but their order
    found = pick(texts, wanted)
    assert found is not None and found.text == got


def test_without_english_it_is_the_first() -> None:
    texts = [LocalizedText(text=tag, language_code=tag) for tag in ("ru", "kk", "")]
    found = pick(texts, "fr")
    assert found is not None and found.text == "ru"
    assert pick([], "fr") is None
