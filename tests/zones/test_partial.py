import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.v1 import event_time_pb2
from summitry.zones import PartialDateError, Precision, format_date, parse_date, parse_partial

# text -> first day, last day, precision
DATES = {
    "2024-07-03": ("2024-07-03", "2024-07-03", "DAY"),
    "2023-10": ("2023-10-01", "2023-10-31", "MONTH"),
    "2024-02": ("2024-02-01", "2024-02-29", "MONTH"),
    "2024-12": ("2024-12-01", "2024-12-31", "MONTH"),
    "2024": ("2024-01-01", "2024-12-31", "YEAR"),
    "201X": ("2010-01-01", "2019-12-31", "DECADE"),
    "000X": ("0001-01-01", "0009-12-31", "DECADE"),
    "20XX": ("2000-01-01", "2099-12-31", "CENTURY"),
    "99XX": ("9900-01-01", "9999-12-31", "CENTURY"),
    "2024-XX": ("2024-01-01", "2024-12-31", "YEAR"),
    "2024-XX-XX": ("2024-01-01", "2024-12-31", "YEAR"),
    "2024-07-XX": ("2024-07-01", "2024-07-31", "MONTH"),
    "2022-21": ("2022-03-01", "2022-05-31", "SEASON"),
    "2022-22": ("2022-06-01", "2022-08-31", "SEASON"),
    "2022-23": ("2022-09-01", "2022-11-30", "SEASON"),
    "2023-24": ("2023-12-01", "2024-02-29", "SEASON"),
    "2023-28": ("2023-12-01", "2024-02-29", "SEASON"),
    "2022-25": ("2022-03-01", "2022-05-31", "SEASON"),
    "2022-29": ("2022-09-01", "2022-11-30", "SEASON"),
    "2022-30": ("2022-12-01", "2023-02-28", "SEASON"),
    "2022-32": ("2022-06-01", "2022-08-31", "SEASON"),
    "2024-33": ("2024-01-01", "2024-03-31", "QUARTER"),
    "2024-36": ("2024-10-01", "2024-12-31", "QUARTER"),
    "9999-36": ("9999-10-01", "9999-12-31", "QUARTER"),
    "2024-07-02/2024-07-06": ("2024-07-02", "2024-07-06", "DAYS"),
    "2024-07-02/2024-07": ("2024-07-02", "2024-07-31", "BETWEEN"),
    "2024-05/2024-07": ("2024-05-01", "2024-07-31", "BETWEEN"),
    "2024-10-21/": ("2024-10-21", None, "AFTER"),
    "2024-10-21/..": ("2024-10-21", None, "AFTER"),
    "/2024": (None, "2024-12-31", "BEFORE"),
    "../2024-05": (None, "2024-05-31", "BEFORE"),
    "[2024-05..2024-07]": ("2024-05-01", "2024-07-31", "BETWEEN"),
    "[2024-07-02..2024-07-06]": ("2024-07-02", "2024-07-06", "BETWEEN"),
    "[2024-07-02,2024-07-06]": ("2024-07-02", "2024-07-06", "DAYS"),
    "[2025,2024-06]": ("2024-06-01", "2025-12-31", "BETWEEN"),
    "[2024-01,2024-03..2024-05]": ("2024-01-01", "2024-05-31", "BETWEEN"),
    "[..2024-07]": (None, "2024-07-31", "BEFORE"),
    "[2020-11-04..]": ("2020-11-04", None, "AFTER"),
}  # fmt: skip


def day(text: str | None) -> int | None:
    return None if text is None else parse_date(text)


@pytest.mark.parametrize("text", DATES)
def test_bounds_and_precision(text: str) -> None:
    first, last, precision = DATES[text]
    parsed = parse_partial(text)
    assert parsed == (text, day(first), day(last), Precision(precision), False, False)


@pytest.mark.parametrize(
    ("text", "approximate", "uncertain"),
    [
        ("2023-10~", True, False),
        ("2023-10?", False, True),
        ("2023-10%", True, True),
        ("2022-23~", True, False),
        ("2024-07-XX?", False, True),
        ("2024-07-02~/2024-07-06?", True, True),
        ("[2024-05?..2024-07]", False, True),
    ],
)
def test_marks_do_not_widen_bounds(text: str, approximate: bool, uncertain: bool) -> None:
    parsed = parse_partial(text)
    bare = parse_partial(text.translate(str.maketrans("", "", "~?%")))
    assert (parsed.approximate, parsed.uncertain) == (approximate, uncertain)
    assert parsed[1:4] == bare[1:4]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("[2024-05, 2024-07]", "[2024-05,2024-07]"), ("[2024-05]", "2024-05"), ("[ 2024 ]", "2024")],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert parse_partial(text) == parse_partial(canonical)
    assert parse_partial(text).edtf == canonical


REFUSED = {
    "empty": ("", "give for example"),
    "words": ("octobre 2023", "give for example"),
    "30-february": ("2024-02-30", "no such"),
    "month-13": ("2024-13", "no such"),
    "month-00": ("2024-00", "no such"),
    "month-37": ("2024-37", "no such"),
    "year-0": ("0000", "no such"),
    "day-of-a-season": ("2024-21-05", "no such"),
    "day-of-no-month": ("2024-XX-05", "no such"),
    "month-of-a-decade": ("201X-07", "no such"),
    "winter-past-the-calendar": ("9999-24", "no such"),
    "lower-x": ("201x", "give for example"),
    "old-u": ("201u", "give for example"),
    "millennium": ("2XXX", "give for example"),
    "long-year": ("Y17000", "give for example"),
    "negative-year": ("-0044", "give for example"),
    "slashes-as-separators": ("03/07/2024", "give for example"),
    "date-time": ("2024-07-03T10:00", "give for example"),
    "two-marks": ("2024?~", "give for example"),
    "blank": ("2024-07 ", "give for example"),
    "arabic-digits": ("\u0662\u0660\u0662\u0664", "give for example"),
    "bidi": ("\u202e2024", "give for example"),
    "nothing-at-all": ("/", "open at both ends"),
    "open-twice": ("../..", "open at both ends"),
    "open-set": ("[..]", "open at both ends"),
    "open-set-in-two": ("[..2020,2022..]", "open at both ends"),
    "backwards": ("2024-07/2024-05", "ends before it starts"),
    "backwards-set": ("[2024-07..2024-05]", "ends before it starts"),
    "three-ends": ("2024/2025/2026", "give for example"),
    "unclosed": ("[2024", "not closed"),
    "empty-set": ("[]", "give for example"),
    "empty-item": ("[2024,]", "give for example"),
    "open-in-the-middle": ("[2020..,2024]", "only open the first"),
    "four-dots": ("[2020....]", "give for example"),
    "interval-in-a-set": ("[2020/2021]", "give for example"),
    "all-of-a-set": ("{2020,2021}", "give for example"),
    "endless": ("[" + "2020," * 10_000 + "2021]", "longer than"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_text_outside_the_subset_is_rejected(text: str, why: str) -> None:
    with pytest.raises(PartialDateError, match=why) as refusal:
        parse_partial(text)
    assert refusal.value.value == text
    assert str(refusal.value).isascii() and len(str(refusal.value)) < 300


def test_precisions_are_those_of_the_proto() -> None:
    names = event_time_pb2.DatePrecision.keys()
    assert [f"DATE_PRECISION_{name}" for name in Precision] == names[1:]


years = st.integers(1, 9998).map("{:04}".format)
months = st.integers(1, 12).map("{:02}".format)
codes = st.sampled_from([*range(21, 37)]).map("{:02}".format)
marks = st.sampled_from(["", "?", "~", "%"])
dates = st.one_of(
    st.dates().map(str),
    years,
    years.map(lambda year: year[:3] + "X"),
    years.map(lambda year: year[:2] + "XX"),
    st.builds("{}-{}".format, years, months | codes | st.just("XX")),
    st.builds("{}-{}-XX".format, years, months),
)
marked = st.builds("{}{}".format, dates, marks)
composites = st.one_of(
    marked,
    st.builds("{}/{}".format, marked, marked | st.sampled_from(["", ".."])),
    st.builds("{}/{}".format, st.sampled_from(["", ".."]), marked),
    st.lists(marked, min_size=1, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
    st.builds("[{}..{}]".format, marked, marked | st.just("")),
)


@given(composites)
def test_canonical_text_parses_to_itself(text: str) -> None:
    try:
        parsed = parse_partial(text)
    except PartialDateError as refusal:
        assert "ends before it starts" in refusal.why
        return
    assert parse_partial(parsed.edtf) == parsed
    assert (
        parsed.first_day is None or parsed.last_day is None or parsed.first_day <= parsed.last_day
    )


@given(st.lists(dates, min_size=2, max_size=4))
def test_bounds_of_a_set_contain_its_dates(items: list[str]) -> None:
    whole = parse_partial(f"[{','.join(items)}]")
    parts = [parse_partial(item) for item in items]
    assert whole.first_day == min(part.first_day for part in parts if part.first_day is not None)
    assert whole.last_day == max(part.last_day for part in parts if part.last_day is not None)


@given(st.dates())
def test_coarser_dates_contain_the_day(when: object) -> None:
    text = str(when)
    only = parse_date(text)
    for coarser in (text, text[:7], text[:7] + "-XX", text[:4], text[:3] + "X", text[:2] + "XX"):
        parsed = parse_partial(coarser)
        assert parsed.first_day is not None and parsed.last_day is not None
        assert parsed.first_day <= only <= parsed.last_day


@given(st.text("0123456789X-/.[],?~% ", max_size=30))
def test_any_text_parses_or_raises_partial_date_error(text: str) -> None:
    try:
        parsed = parse_partial(text)
    except PartialDateError:
        return
    assert (parsed.first_day, parsed.last_day) != (None, None)
    for bound in parsed[1:3]:
        assert bound is None or format_date(bound)
