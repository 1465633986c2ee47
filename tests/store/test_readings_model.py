"""Any history of puts and settlements, read back against a list that is searched end to end."""

from hypothesis import given
from hypothesis import strategies as st

from summitry_server.store.contract import LATEST, LocalTimeEntry, StoredLocalTime

OLD, NEW = "0" * 64, "f" * 64
NAMES = [f"calendars/{calendar}/summits/{n}" for calendar in ("a", "a-b") for n in "xyzé"]
CALENDARS = ["calendars/a", "calendars/a-b"]
ZONES = ["Asia/Almaty", "Europe/Paris", "UTC"]
UNTIL = st.sampled_from([-5, 10, 11, 20, LATEST])

local_times = st.builds(
    LocalTimeEntry,
    zone=st.sampled_from(ZONES),
    field=st.sampled_from(["end", "start", "start.", "time"]),
    wall=st.integers(0, 9),
    choice=st.integers(0, 2),
    instant=st.integers(0, 9),
    fingerprint=st.sampled_from([OLD, NEW, "7"]),
    until=UNTIL,
)
puts = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from([False, False, True]),  # deleted
    st.lists(local_times, max_size=3, unique_by=lambda reading: reading.field).map(tuple),
)
settlements = st.tuples(st.sampled_from(ZONES), st.sampled_from([OLD, NEW, "7"]))
# One write: what it does, and whether it fails in the end.
writes = st.tuples(
    st.lists(st.one_of(puts, puts, puts, settlements), max_size=5),
    st.sampled_from([False, False, False, True]),
)


def do(store, row, write, entry):
    """Carry out a write on a store; how many each settlement settled, or nothing if it failed."""
    steps, fails = write

    def operation(writer):
        settled = []
        for step in steps:
            if len(step) == 2:
                settled.append(writer.settle(*step))
            else:
                name, deleted, local_times = step
                rest = {
                    "revision": writer.next_revision,
                    "deleted": deleted,
                    "local_times": local_times,
                }
                writer.put(row(name, **rest), new=False)
        if fails:
            raise LookupError("meant")
        return settled

    try:
        return store.write(operation, entry)
    except LookupError:
        return None


def imagine(model, write):
    """Apply it to a list of (name, calendar, deleted, reading), searched end to end."""
    steps, fails = write
    entries, settled = list(model), []
    for step in steps:
        if len(step) == 2:
            zone, fingerprint = step
            settled.append(sum(entry[3].zone == zone for entry in entries))
            entries = [
                (
                    *rest,
                    local_time._replace(fingerprint=fingerprint)
                    if local_time.zone == zone
                    else local_time,
                )
                for *rest, local_time in entries
            ]
        else:
            name, deleted, local_times = step
            calendar = name.split("/summits/")[0]
            entries = [entry for entry in entries if entry[0] != name]
            entries += [(name, calendar, deleted, local_time) for local_time in local_times]
    return (model, None) if fails else (entries, settled)


def paged(reader, limit, zone, after_until, **options):
    """Yield all readings, page by page."""
    cursor = None
    while page := reader.local_times(zone, after_until, cursor, limit, **options):
        assert len(page) <= limit
        yield from page
        cursor = (page[-1].entry.until, page[-1].name, page[-1].entry.field)


@given(
    history=st.lists(writes, min_size=1, max_size=8),
    limit=st.integers(1, 5),
    after_until=UNTIL,
    except_fingerprint=st.sampled_from([None, OLD, NEW]),
)
def test_results_equal_those_of_a_plain_list(
    new_store, row, entry, history, limit, after_until, except_fingerprint
):
    model = []
    with new_store() as store:
        for write in history:
            model, settled = imagine(model, write)
            assert do(store, row, write, entry) == settled
        live = [
            (name, calendar, local_time)
            for name, calendar, deleted, local_time in model
            if not deleted
        ]
        with store.read() as reader:
            assert reader.zone_fingerprints() == sorted(
                {(local_time.zone, local_time.fingerprint) for *_, local_time in live}
            )
            for zone in ZONES:
                for calendar in (None, *CALENDARS):
                    expected = [
                        (local_time.until, name, local_time.field, local_time)
                        for name, where, local_time in live
                        if local_time.zone == zone
                        and local_time.until > after_until
                        and calendar in (None, where)
                        and local_time.fingerprint != except_fingerprint
                    ]
                    options = {"calendar": calendar, "except_fingerprint": except_fingerprint}
                    result = list(paged(reader, limit, zone, after_until, **options))
                    assert result == [
                        StoredLocalTime(name, local_time)
                        for _, name, _, local_time in sorted(expected)
                    ]
