"""All engines give the same answers to the same history."""

from contextlib import closing
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from summitry_server.store.contract import Axis, Condition, LogEntry, Span, Window
from summitry_server.store.errors import StoreError
from summitry_server.store.memory.engine import MemoryStore

NAMES = [f"calendars/{calendar}" for calendar in ("a", "a-b")]
NAMES += [f"{calendar}/summits/{n}" for calendar in NAMES for n in "xyz"]
UIDS = ["u", "v", "U", "%"]


@st.composite
def changes(draw):
    """Draw the names to write and their contents."""
    name = draw(st.sampled_from(NAMES))
    start = draw(st.integers(-50, 50))
    return name, {
        "kind": 2 if "/summits/" in name else 1,
        "uid": draw(st.sampled_from([*UIDS, f"uid of {name}", f"uid of {name}"])),
        "modified": draw(st.integers(0, 9)),
        "deleted": draw(st.booleans()),
        "facets": draw(st.sampled_from([(), ("a",), ("a", "b"), ("ab",)])),
        "text": draw(st.sampled_from(["", "a", "b a", "\u00e9"])),
        "spans": (Span(Axis.LABEL, start, start + draw(st.integers(1, 80)), None, None),),
        "frame": draw(st.binary(max_size=3)),
    }


# One write: what it puts, whether as new, and whether it fails in the end.
writes = st.tuples(st.lists(changes(), max_size=3), st.booleans(), st.sampled_from([0, 0, 0, 1]))


def outcome(store, row, write, time):
    """Return the answer of a write, or its error."""
    puts, new, fails = write

    def operation(writer):
        for name, content in puts:
            stored = row(name, revision=writer.next_revision)
            writer.put(replace(stored, **content), new=new)
        if fails:
            raise LookupError("meant")
        return writer.revision, writer.next_revision, [writer.get(name) for name, _ in puts]

    try:
        return store.write(operation, LogEntry("a", "r", "q", time))
    except (StoreError, LookupError) as error:
        return type(error), str(error)


def answers(store):
    """Yield all that can be read of a store."""
    conditions = [Condition(), Condition(facets=(("a",),)), Condition(words=("a",))]
    conditions += [Condition(since=5), Condition(without=("a",))]
    with store.read() as reader:
        yield reader.revision, store.head()
        yield reader.get_many(NAMES)
        yield [reader.holder(uid) for uid in UIDS]
        yield [reader.versions(name) for name in NAMES]
        for calendar in ("calendars/a", "calendars/a-b"):
            yield reader.contents(calendar)
            yield reader.state(calendar)
        for calendar in (None, "calendars/a"):
            for condition in conditions:
                for show_deleted in (True, False):
                    options = {"show_deleted": show_deleted}
                    yield reader.page(2, calendar, "", 5, condition, **options)
                    yield reader.page(2, calendar, "", 5, condition, **options, descending=True)
                    yield reader.count(2, calendar, 4, condition, **options)
                for possible in (True, False):
                    window = Window(Axis.LABEL, -20, 30, possible)
                    yield reader.within(window, calendar, None, 3, condition)
                    yield reader.within(window, calendar, None, 3, condition, descending=True)
                    yield reader.count_within(window, calendar, 4, condition)


@given(history=st.lists(writes, max_size=12))
def test_agree_with_the_reference(new_store, row, history):
    with new_store() as store, closing(MemoryStore()) as reference:
        for time, write in enumerate(history):
            expected = outcome(reference, row, write, time)
            assert outcome(store, row, write, time) == expected
        for got, expected in zip(answers(store), answers(reference), strict=True):
            assert got == expected
