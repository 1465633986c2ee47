"""Windows: what a store finds, against sets of seconds."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summitry_server.store.contract import (
    EARLIEST,
    LATEST,
    LEVELS,
    Axis,
    Condition,
    Span,
    Window,
    WindowMatch,
    level_of,
)

EVERY = Condition()
# All drawn times lie in here; an open end reaches beyond.
HORIZON = 400


class TestLevel:
    @given(st.integers(EARLIEST, LATEST - 1), st.integers(1, 4**LEVELS))
    def test_is_the_smallest_that_fits(self, start, length):
        level = level_of(start, start + length)
        assert 4**level >= length
        assert level == 0 or 4 ** (level - 1) < length

    @pytest.mark.parametrize(
        ("length", "level"), [(1, 0), (2, 1), (4, 1), (5, 2), (16, 2), (17, 3), (86_400, 9)]
    )
    def test_of_some_lengths(self, length, level):
        assert level_of(-7, length - 7) == level

    def test_the_widest_span_has_the_last_level(self):
        assert level_of(EARLIEST, LATEST) == LEVELS


@pytest.fixture
def find(store, row, put):
    """Puts one span; tells whether a window finds it possibly, certainly."""

    def ask(span, start, end):
        put(store, row(spans=(span,)), new=False)
        with store.read() as reader:
            answers = []
            for possible in (True, False):
                window = Window(span.axis, start, end, possible)
                matches = reader.within(window, "calendars/a", None, 10, EVERY)
                assert matches == reader.within(window, None, None, 10, EVERY)
                answers.append([item.certain for item in matches])
            return answers

    return ask


NOTHING = [[], []]
POSSIBLE = [[False], []]
CERTAIN = [[True], [True]]


class TestEdges:
    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            pytest.param(0, 100, NOTHING, id="ends as the span starts"),
            pytest.param(0, 101, CERTAIN, id="has its first second"),
            pytest.param(199, 300, CERTAIN, id="has its last second"),
            pytest.param(200, 300, NOTHING, id="starts as the span ends"),
            pytest.param(100, 200, CERTAIN, id="the same"),
            pytest.param(150, 160, CERTAIN, id="inside"),
            pytest.param(0, 300, CERTAIN, id="around"),
            pytest.param(150, 150, NOTHING, id="empty"),
            pytest.param(160, 150, NOTHING, id="backwards"),
            pytest.param(EARLIEST, LATEST, CERTAIN, id="all of time"),
        ],
    )
    def test_of_a_sure_span(self, find, start, end, expected):
        assert find(Span(Axis.INSTANT, 100, 200, 100, 200), start, end) == expected

    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            pytest.param(0, 101, POSSIBLE, id="has some of it"),
            pytest.param(100, 199, POSSIBLE, id="has all but a second"),
            pytest.param(100, 200, CERTAIN, id="has all of it"),
            pytest.param(0, 100, NOTHING, id="before"),
        ],
    )
    def test_of_a_span_that_is_somewhere(self, find, start, end, expected):
        assert find(Span(Axis.LABEL, 100, 200, None, None), start, end) == expected

    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            pytest.param(100, 140, POSSIBLE, id="before the sure part"),
            pytest.param(100, 141, CERTAIN, id="touches the sure part"),
            pytest.param(159, 170, CERTAIN, id="leaves the sure part"),
            pytest.param(160, 170, POSSIBLE, id="after the sure part"),
        ],
    )
    def test_of_a_span_with_a_sure_part(self, find, start, end, expected):
        assert find(Span(Axis.PLACE, 100, 200, 140, 160), start, end) == expected

    @pytest.mark.parametrize("level", range(LEVELS - 2))
    def test_of_the_longest_spans_of_a_level(self, find, level):
        """A span is farthest from its start at its last second."""
        for length in {max(4**level - 1, 1), 4**level, 4**level + 1}:
            span = Span(Axis.LABEL, 100, 100 + length, 100, 100 + length)
            assert find(span, span.end - 1, span.end) == CERTAIN
            assert find(span, span.end, span.end + 1) == NOTHING

    @pytest.mark.parametrize("axis", Axis)
    def test_axes_are_apart(self, store, row, put, axis):
        put(store, row(spans=(Span(axis, 0, 10, 0, 10),)))
        with store.read() as reader:
            for queried in Axis:
                matches = reader.within(Window(queried, 0, 10, True), None, None, 10, EVERY)
                assert bool(matches) == (queried == axis)

    def test_match_has_the_fields_of_its_row(self, store, row, put):
        put(store, row(spans=(Span(Axis.LABEL, 5, 9, 6, 7),), kind=4, frame=b"f"))
        with store.read() as reader:
            matches = reader.within(Window(Axis.LABEL, 0, 6, True), None, None, 10, EVERY)
            assert matches == [WindowMatch(5, row().name, 4, 9, False, b"f")]

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            (Condition(kinds=(3,)), ["y"]),
            (Condition(facets=(("region:TJ",),)), ["y"]),
            (Condition(words=("forum",)), ["x"]),
            (Condition((2, 3), (("region:TJ", "region:KZ"),), ("f",)), ["x", "y"]),
            (Condition(words=("nowhere",)), []),
        ],
    )
    @pytest.mark.parametrize("start", [0, 150], ids=["starts in the window", "in progress"])
    def test_keeps_the_condition(self, store, row, put, condition, expected, start):
        put(store, row(text="forum"))
        put(store, row("calendars/a/visits/y", kind=3, facets=("region:TJ",), text="of"))
        with store.read() as reader:
            matches = reader.within(
                Window(Axis.INSTANT, start, 300, True), None, None, 9, condition
            )
            assert [item.name[-1] for item in matches] == expected


@st.composite
def spans(draw):
    """Draw a span by axis and ends, some open; its certain part is anything inside, or none."""
    start, end = sorted(
        draw(st.lists(st.integers(-HORIZON, HORIZON), min_size=2, max_size=2, unique=True))
    )
    sure = draw(st.none() | st.tuples(st.integers(start, end - 1), st.integers(start + 1, end)))
    if sure and sure[0] >= sure[1]:
        sure = None
    start = draw(st.sampled_from([start, start, start, EARLIEST]))
    end = draw(st.sampled_from([end, end, end, LATEST]))
    return Span(
        draw(st.sampled_from([Axis.INSTANT, Axis.LABEL])), start, end, *sure or (None, None)
    )


rows = st.lists(
    st.tuples(
        st.lists(spans(), max_size=2, unique_by=lambda span: span.axis),
        st.sampled_from(["a", "a-b"]),  # calendar
        st.sampled_from([2, 3]),  # kind
        st.booleans(),  # deleted
    ),
    min_size=12,
    max_size=30,
)
windows = st.lists(
    st.tuples(
        st.sampled_from([Axis.INSTANT, Axis.LABEL]),
        st.tuples(st.integers(-HORIZON, HORIZON), st.integers(-HORIZON, HORIZON)).map(sorted),
        st.booleans(),
        st.sampled_from([None, "calendars/a", "calendars/a-b"]),
        st.sampled_from([(), (2,), (2, 3)]),
        st.integers(1, 7),  # limit
    ),
    min_size=5,
    max_size=15,
)


def seconds(start, end):
    return set(range(max(start, -2 * HORIZON), min(end, 2 * HORIZON)))


def model(stored, window, calendar, kinds):
    """Return the expected matches (start, name, certain), by counting seconds."""
    searched = seconds(window.start, window.end)
    for row in stored:
        for span in row.spans:
            touched = searched & seconds(span.start, span.end)
            if row.deleted or span.axis != window.axis or not touched:
                continue
            if calendar not in (None, row.calendar) or (kinds and row.kind not in kinds):
                continue
            sure = span.sure_start is not None and seconds(span.sure_start, span.sure_end)
            certain = bool(sure and searched & sure) or seconds(span.start, span.end) <= searched
            if certain or window.possible:
                yield span.start, row.name, certain


def scaled(span, scale):
    ends = (end if end in (None, EARLIEST, LATEST) else end * scale for end in span[1:])
    return Span(span.axis, *ends)


@given(drawn=rows, queries=windows, scale=st.sampled_from([1, 61, 86_400 * 30]))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_matches_equal_a_count_of_seconds(new_store, row, put, drawn, queries, scale):
    """Times are drawn small, counted as they are, and stored at several scales."""
    stored = [
        row(f"calendars/{c}/summits/{n}", spans=tuple(spans), kind=kind, deleted=deleted)
        for n, (spans, c, kind, deleted) in enumerate(drawn)
    ]
    with new_store() as store:
        at_scale = [
            row(
                drawn_row.name,
                kind=drawn_row.kind,
                deleted=drawn_row.deleted,
                spans=tuple(scaled(span, scale) for span in drawn_row.spans),
            )
            for drawn_row in stored
        ]
        put(store, *at_scale)
        with store.read() as reader:
            for axis, (start, end), possible, calendar, kinds, limit in queries:
                expected = sorted(
                    (start if start == EARLIEST else start * scale, name, certain)
                    for start, name, certain in model(
                        stored, Window(axis, start, end, possible), calendar, kinds
                    )
                )
                window = Window(axis, start * scale, end * scale, possible)
                condition = Condition(kinds=kinds)
                matches = reader.within(window, calendar, None, 1000, condition)
                assert [(f.start, f.name, f.certain) for f in matches] == expected
                for descending in (False, True):
                    ordered = matches[::-1] if descending else matches
                    assert ordered == joined(reader, window, calendar, limit, condition, descending)
                for most in (limit, 1000):
                    counted = reader.count_within(window, calendar, most, condition)
                    assert counted == min(most, len(matches))


def joined(reader, window, calendar, limit, condition, descending):
    """Return the same result read by pages."""
    matches, after = [], None
    while page := reader.within(window, calendar, after, limit, condition, descending=descending):
        assert len(page) <= limit
        matches += page
        after = (page[-1].start, page[-1].name)
    return matches
