"""Names and frames of a list: those of the rows of `page`, without what was purged."""

from dataclasses import replace

import pytest

from summitry_server.store.contract import Condition

KIND = 2
CONDITIONS = {
    "every": Condition(),
    "of a person": Condition(facets=(("person:xi-jinping",),)),
    "of nobody": Condition(facets=(("person:nobody",),)),
}


@pytest.fixture
def store(new_store, put, row, entry):
    """Make a store with two calendars, in which every third row is deleted and every fifth purged."""
    with new_store() as store:
        names = [f"calendars/{calendar}/summits/{n:02}" for calendar in "ab" for n in range(30)]
        facets = (("person:xi-jinping", "region:KZ"), ("region:KZ",))
        rows = [
            row(name, facets=facets[number % 2], frame=b"\x0a\x02%02d" % (number % 100))
            for number, name in enumerate(names)
        ]
        put(store, *rows)
        deleted_rows = [replace(row, deleted=True, spans=()) for row in rows[::3]]
        put(store, *deleted_rows, new=False)

        def purge(writer):
            for row in deleted_rows[::5]:
                tombstone = replace(row, facets=(), text="", revision=writer.next_revision)
                writer.purge(tombstone)

        store.write(purge, entry)
        yield store


@pytest.fixture(params=["now", "before the purge"])
def records(store, request):
    with store.read() as reader:
        yield reader if request.param == "now" else reader.at(reader.revision - 1)


@pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
@pytest.mark.parametrize("show_deleted", [False, True], ids=["live", "deleted too"])
@pytest.mark.parametrize("calendar", [None, "calendars/b"], ids=["all", "one calendar"])
@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=list(CONDITIONS))
def test_they_are_those_of_the_rows(records, condition, calendar, show_deleted, descending):
    order = {"show_deleted": show_deleted, "descending": descending}
    rows = records.page(KIND, calendar, "", 1000, condition, **order)
    expected = [(row.name, row.frame) for row in rows if not row.purged]
    for _ in ("read", "cached"):
        assert records.named_frames(KIND, calendar, "", 1000, condition, **order) == expected
    first = records.named_frames(KIND, calendar, "", 7, condition, **order)
    assert first == expected[:7], "a page is full though purged rows lie in between"
    if first:
        rest = records.named_frames(KIND, calendar, first[-1].name, 1000, condition, **order)
        assert rest == expected[7:]


def test_some_rows_are_purged_and_some_deleted(store):
    with store.read() as reader:
        rows = reader.page(KIND, None, "", 1000, Condition(), show_deleted=True)
    assert (len(rows), sum(row.deleted for row in rows), sum(row.purged for row in rows)) == (
        *(60, 20, 4),
    )


def test_frames_of_names_are_those_of_the_rows(records):
    rows = records.page(KIND, None, "", 1000, Condition(), show_deleted=True)
    names = [*(row.name for row in rows), "calendars/a/summits/nobody"][::-1]
    expected = [None, *(None if row.purged else row.frame for row in rows[::-1])]
    for _ in ("read", "cached"):
        assert records.frames_of(names) == expected
