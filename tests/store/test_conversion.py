"""Conversion of records to a newer format: the one change of versions in the log."""

import pytest

from summitry_server.store.contract import (
    Axis,
    Condition,
    ConvertedRecord,
    LocalTimeEntry,
    Span,
    Window,
)

NAME = "calendars/a/summits/x"
LOCAL_TIME = LocalTimeEntry("Asia/Almaty", "start", 50, 0, 32, "0" * 64, 10**12)


def newer(frame):
    return b"newer " + frame


def convert(store, entry, *records):
    store.write(lambda writer: writer.convert(records), entry)


@pytest.fixture
def versions(store, row, put):
    """Three versions of a record, and another record between them."""
    put(store, row(NAME, frame=b"1"))
    put(store, row("calendars/a/summits/y", frame=b"other"))
    put(store, row(NAME, frame=b"2"), new=False)
    put(store, row(NAME, frame=b"3", deleted=True), new=False)
    with store.read() as reader:
        return reader.versions(NAME)


def converted(row, versions, **changes):
    rows = {
        (version.revision, version.position): row(
            NAME,
            revision=version.revision,
            deleted=version.deleted,
            frame=newer(version.frame),
            **changes,
        )
        for version in versions
    }
    return ConvertedRecord(list(rows.values())[-1], rows)


def test_row_and_all_versions_have_their_new_frames(store, row, entry, versions):
    convert(store, entry, converted(row, versions))
    with store.read() as reader:
        assert reader.get(NAME).frame == b"newer 3"
        assert [version.frame for version in reader.versions(NAME)] == [
            b"newer 1",
            b"newer 2",
            b"newer 3",
        ]
        assert [
            (change.name[-1], change.before, change.frame) for change in reader.changes(0, 9)
        ] == [
            ("x", b"", b"newer 1"),
            ("y", b"", b"other"),
            ("x", b"newer 1", b"newer 2"),
            ("x", b"newer 2", b"newer 3"),
        ]


def test_revision_chain_and_entries_stay(store, row, entry, versions):
    with store.read() as reader:
        before = reader.point(), [version.entry for version in reader.versions(NAME)]
    convert(store, entry, converted(row, versions))
    with store.read() as reader:
        assert (reader.point(), [v.entry for v in reader.versions(NAME)]) == before


def test_index_entries_are_those_of_the_new_row(store, row, put, entry):
    put(store, row(NAME, facets=("region:KZ",)))
    facets, word = ("region:KZ", "series:sco"), "summit"
    record = row(NAME, revision=1, facets=facets, text=word, local_times=(LOCAL_TIME,))
    convert(store, entry, ConvertedRecord(record, {}))
    condition = Condition(facets=(("series:sco",),), words=(word,))
    with store.read() as reader:
        assert [row.name for row in reader.page(2, None, "", 9, condition)] == [NAME]
        times = reader.local_times("Asia/Almaty", 0, None, 9)
    assert [(time.name, time.entry) for time in times] == [(NAME, LOCAL_TIME)]


def test_earlier_versions_are_found_by_what_the_conversion_says(store, row, entry, versions):
    """Each for the revisions at which it was the latest."""
    words = {"1": "council", "2": "forum", "3": ""}
    rows = {
        (version.revision, version.position): row(
            NAME,
            revision=version.revision,
            deleted=version.deleted,
            text=words[version.frame.decode()],
            spans=(Span(Axis.LABEL, version.revision, 10, None, None),),
        )
        for version in versions
    }
    convert(store, entry, ConvertedRecord(list(rows.values())[-1], rows))
    window = Window(Axis.LABEL, 0, 20, possible=True)
    with store.read() as reader:
        for word, starts in (("council", [1, 1]), ("forum", [3])):
            matches = [
                match.start
                for revision in range(reader.revision + 1)
                for match in reader.at(revision).within(
                    window, None, None, 9, Condition(words=(word,))
                )
            ]
            assert matches == starts


def test_log_is_append_only_again_after_a_conversion(store, row, put, entry, versions):
    convert(store, entry, converted(row, versions))
    put(store, row(NAME, frame=b"4"), new=False)
    with store.read() as reader:
        assert reader.versions(NAME)[-1].frame == b"4"


@pytest.mark.parametrize("fault", ["unknown record", "unknown version", "other calendar"])
def test_refused_conversion_changes_nothing(store, row, entry, versions, fault):
    good = converted(row, versions)
    bad = {
        "unknown record": ConvertedRecord(row("calendars/a/summits/z", revision=1), {}),
        "unknown version": ConvertedRecord(good.row, {(99, 0): good.row}),
        "other calendar": converted(row, versions, calendar="calendars/b"),
    }[fault]
    with pytest.raises(ValueError, match=r"."):
        convert(store, entry, good, bad)
    with store.read() as reader:
        assert reader.versions(NAME) == versions
