"""Any store, question and page: every engine, now and as of each revision, against a plain search."""

from dataclasses import replace
from operator import attrgetter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summitry_server.store.contract import EARLIEST, LATEST, Axis, Condition, LogEntry, Span, Window
from summitry_server.store.index import MAX_RUN, MAX_WORDS
from summitry_server.store.matching import admits, found_in

DAY = 86_400
ENTRY = LogEntry("desk", "", "", 1_720_000_000)
CALENDARS = ["calendars/a", "calendars/a-b"]
NAMES = [f"{calendar}/summits/{n}" for calendar in CALENDARS for n in "xyz"]
FACETS = ["p:a", "p:b", "r:K", "r", "s:1"]
LONG = "x" * 40 + "needle" + "y" * 60
TEXTS = [
    "",
    "council of heads",
    "council, heads-of",
    "coun cil",
    "\u4e60\u8fd1\u5e73 a",
    LONG,
    "e1 e2",
]
WORDS = [
    "council",
    "cil",
    "of",
    "heads-of",
    "s",
    "needle",
    "y" * 50,
    ",",
    "\u8fd1\u5e73",
    "e1",
    "none",
]

axes = st.sampled_from([Axis.INSTANT, Axis.LABEL, Axis.STAY])
lengths = st.sampled_from([1, 3600, 5 * 3600, DAY, 5 * DAY, 400 * DAY, 4000 * DAY])


@st.composite
def spans(draw):
    start = draw(st.integers(-8, 8)) * DAY // 2
    end = start + draw(lengths)
    sure = draw(st.sampled_from([(None, None), (start, end), (start, start + 1)]))
    start = draw(st.sampled_from([start, start, start, EARLIEST]))
    end = draw(st.sampled_from([end, end, end, LATEST]))
    return Span(draw(axes), start, end, *sure)


changes = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "modified": st.integers(0, 3),
        "deleted": st.sampled_from([False, False, False, True]),
        "facets": st.lists(st.sampled_from(FACETS), unique=True).map(sorted).map(tuple),
        "text": st.sampled_from(TEXTS),
        "spans": st.lists(spans(), max_size=2, unique_by=lambda span: span.axis).map(tuple),
        "frame": st.binary(max_size=2),
    }
)
histories = st.lists(st.lists(changes, min_size=1, max_size=3), max_size=10)
conditions = st.builds(
    Condition,
    kinds=st.lists(st.sampled_from([2, 3]), max_size=2, unique=True).map(tuple),
    facets=st.lists(
        st.lists(st.sampled_from([*FACETS, "none"]), min_size=1, max_size=3).map(tuple), max_size=2
    ).map(tuple),
    words=st.lists(st.sampled_from(WORDS), max_size=2).map(tuple),
    since=st.sampled_from([None, None, 2]),
    without=st.sampled_from([(), (), ("p:a",)]),
    uids=st.sampled_from([(), (), (), tuple(f"uid of {name}" for name in NAMES[::3])]),
)
windows = st.builds(
    lambda axis, start, length, possible: Window(axis, start * DAY, start * DAY + length, possible),
    axes,
    st.integers(-5, 5),
    st.sampled_from([0, 1, DAY, 7 * DAY]),
    st.booleans(),
) | st.builds(Window, axes, st.just(EARLIEST), st.just(LATEST), st.just(True))
questions = st.lists(
    st.tuples(conditions, windows, st.sampled_from([None, *CALENDARS]), st.integers(1, 3)),
    min_size=1,
    max_size=4,
)


def kind_of(name):
    return 2 + NAMES.index(name) % 2


def put_history(store, row, history):
    """Put a history, and return the rows that each revision left, by revision and name."""
    states = [{}]
    for write in history:

        def operation(writer, write=write):
            rows = [
                row(**change, kind=kind_of(change["name"]), revision=writer.next_revision)
                for change in write
            ]
            for new_row in rows:
                writer.put(new_row, new=False)
            return rows

        rows = store.write(operation, ENTRY)
        states.append(states[-1] | {new_row.name: new_row for new_row in rows})
    return states


def joined(ask, key):
    """Return the answer page by page; check that each page is full but the last one."""
    answer, after = [], None
    while page := ask(after):
        answer += page
        after = key(page[-1])
    return answer


def agree(records, state, question):
    """Check that all answers of a state are those of a search of all its rows."""
    condition, window, calendar, limit = question
    rows = sorted(state.values(), key=attrgetter("name"))
    rows = [row for row in rows if calendar in (None, row.calendar) and admits(condition, row)]
    matches = sorted(match for row in rows if not row.deleted for match in found_in(row, window))
    for descending in (False, True):
        order = -1 if descending else 1

        def in_window(after, descending=descending):
            return records.within(window, calendar, after, limit, condition, descending=descending)

        assert joined(in_window, lambda match: match[:2]) == matches[::order]
        for deleted in (False, True):
            listed = [row for row in rows if row.kind == 2 and (deleted or not row.deleted)]

            def in_list(after, descending=descending, deleted=deleted):
                return records.page(
                    *(2, calendar, after or "", limit, condition),
                    show_deleted=deleted,
                    descending=descending,
                )

            assert joined(in_list, attrgetter("name")) == listed[::order]
            counted = records.count(2, calendar, 99, condition, show_deleted=deleted)
            assert counted == sum(not row.purged for row in listed)
    assert records.count_within(window, calendar, 99, condition) == len(matches)


@given(history=histories, queries=questions, before=st.integers(0, 10))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_questions_of_every_state_equal_a_search_of_its_rows(
    new_store, row, history, queries, before
):
    """Also after compaction, of the states that are left."""
    with new_store() as store:
        states = put_history(store, row, history)
        store.compact(min(before, len(history)))
        with store.read() as reader:
            for question in queries:
                agree(reader, states[-1], question)
                for revision in range(reader.earliest() - 1, len(states)):
                    records = reader.at(revision)
                    agree(records, states[revision], question)
                    assert records.get_many(NAMES) == [states[revision].get(name) for name in NAMES]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(" ".join(f"word{n}" for n in range(MAX_WORDS + 1)) + " needle", id="wordy"),
        pytest.param(LONG, id="a long run"),
        pytest.param("a-needle.", id="between marks"),
        pytest.param("pineneedles", id="within a word"),
    ],
)
@pytest.mark.parametrize("word", ["needle", "eedl", "ne", "needl"], ids=str)
def test_a_part_of_a_text_is_found_wherever_it_is(store, row, put, text, word):
    put(store, row("calendars/a/summits/x", text=text), row("calendars/a/summits/y", text="plain"))
    window = Window(Axis.INSTANT, 0, 1000, possible=True)
    with store.read() as reader:
        for records in (reader, reader.at(1)):
            matches = records.within(window, None, None, 9, Condition(words=(word,)))
            assert [match.name[-1] for match in matches] == ["x"]
            assert not records.within(window, None, None, 9, Condition(words=(word, "plain")))


def test_letters_of_very_many_words_are_found_in_the_texts(store, row, put):
    """More words than are looked up have these letters, and more terms than are merged."""
    rows = [row(f"calendars/a/summits/{n:03}", text=f"e{n:03}{'z' * (n % 3)}") for n in range(600)]
    put(store, *rows)
    window = Window(Axis.INSTANT, 0, 1000, possible=True)
    for word, count in (("e", 600), ("z", 400), ("e01", 10), ("zz", 200), ("q", 0)):
        condition = Condition(words=(word,))
        with store.read() as reader:
            for records in (reader, reader.at(1)):
                assert records.count_within(window, None, 999, condition) == count
                assert len(records.within(window, None, None, 999, condition)) == count
                assert len(records.page(2, None, "", 999, condition)) == count
    assert len("y" * 50) > MAX_RUN


def test_a_row_keeps_its_place_in_pages_when_it_changes_back(store, row, put):
    """An entry that was so before, and is so again, is there once."""
    original = row()
    changed = replace(original, facets=("person:li",), spans=(Span(Axis.INSTANT, 50, 60, 50, 60),))
    for version in (original, changed, original, changed, original):
        put(store, version, new=False)
    window = Window(Axis.INSTANT, 0, 1000, possible=True)
    with store.read() as reader:
        starts = [
            [
                match.start
                for match in reader.at(revision).within(window, None, None, 9, Condition())
            ]
            for revision in range(6)
        ]
    assert starts == [[], [100], [50], [100], [50], [100]]
