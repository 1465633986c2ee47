"""Any history, with compactions between its writes, against a list that is never compacted."""

from hypothesis import given
from hypothesis import strategies as st

from summitry_server.store.contract import LogEntry, Request
from summitry_server.store.log_time import LogTime

PLACES = {
    f"calendars/{calendar}/{collection}/{n}": (kind, f"calendars/{calendar}")
    for calendar in ("a", "a-b")
    for kind, collection in ((2, "summits"), (3, "visits"))
    for n in "xé"
}
CALENDARS = ["calendars/a", "calendars/a-b", None]

puts = st.tuples(st.sampled_from(sorted(PLACES)), st.booleans(), st.binary(max_size=2))
requests = st.tuples(st.sampled_from("rst"), st.binary(max_size=2), st.binary(max_size=2))
# One write: its time, what it puts, what it remembers, and whether it fails in the end.
writes = st.tuples(
    st.integers(0, 20),
    st.lists(puts, max_size=3),
    st.lists(requests, max_size=2),
    st.sampled_from([False, False, False, True]),
)
# Beside writes: compaction before a revision, and forgetting before a time.
steps = st.one_of(
    writes,
    writes,
    writes,
    st.tuples(st.just("compact"), st.integers(0, 8)),
    st.tuples(st.just("expire_requests"), st.integers(0, 20)),
)


class Model:
    """Every version ever written, as (revision, position, name, deleted, frame, time)."""

    def __init__(self):
        self.log, self.requests, self.earliest, self.time = [], {}, 1, 0
        self.times = LogTime()

    @property
    def head(self):
        return self.log[-1][0] if self.log else 0

    def write(self, time, puts, requests):
        revision, proposed, time = self.head + 1, time, self.times.of(time, self.time)
        self.log += [(revision, position, *put, time) for position, put in enumerate(puts)]
        if puts:
            self.times = self.times.after(proposed, self.time)
            self.time = time
        for request_id, digest, response in requests:
            self.requests[request_id] = Request(digest, response, time)

    def expire_requests(self, before):
        remaining = {
            key: request for key, request in self.requests.items() if request.time >= before
        }
        count, self.requests = len(self.requests) - len(remaining), remaining
        return count

    def compact(self, before):
        size = len(self.remaining_versions())
        self.earliest = max(self.earliest, min(before, self.head + 1))
        return size - len(self.remaining_versions())

    def remaining_versions(self):
        """Return the log without the versions superseded before the earliest revision."""
        return [
            version
            for number, version in enumerate(self.log)
            if not any(
                later[2] == version[2] and later[0] < self.earliest
                for later in self.log[number + 1 :]
            )
        ]

    def state_at(self, revision):
        """Return the version of each record at a revision, by replay of the log."""
        return {version[2]: version for version in self.log if version[0] <= revision}


def run(store, model, row, step):
    """Run one step on both, and check that they agree on its answer."""
    if step[0] in ("compact", "expire_requests"):
        assert getattr(store, step[0])(step[1]) == getattr(model, step[0])(step[1])
        return
    time, puts, requests, fails = step

    def operation(writer):
        for name, deleted, frame in puts:
            kind, calendar = PLACES[name]
            fields = {"kind": kind, "calendar": calendar, "deleted": deleted, "frame": frame}
            writer.put(row(name, revision=writer.next_revision, **fields), new=False)
        for request in requests:
            writer.remember(*request)
        if fails:
            raise LookupError("meant")

    try:
        store.write(operation, LogEntry("desk", "", "", time))
    except LookupError:
        return
    model.write(time, puts, requests)


def paged(ask, key, start, limit):
    """Return all results, page by page; check that only the last page is short."""
    result = []
    while page := ask(start, limit):
        result += page
        if len(page) < limit:
            break
        start = key(page[-1])
    assert not page or not ask(key(page[-1]), limit)
    return result


def plain(version):
    return (
        version.revision,
        version.position,
        version.name,
        version.deleted,
        version.frame,
        version.entry.time,
    )


@given(history=st.lists(steps, max_size=14), limit=st.integers(1, 4))
def test_reads_equal_those_of_a_plain_list(new_store, row, history, limit):
    model, heads = Model(), []
    with new_store() as store:
        store.subscribe(heads.append)
        for step in history:
            run(store, model, row, step)
        assert heads == list(range(1, model.head + 1))
        with store.read() as reader:
            assert reader.earliest() == model.earliest
            assert {
                request_id: reader.request(request_id) for request_id in model.requests
            } == model.requests
            assert [request_id for request_id in "rst" if reader.request(request_id)] == sorted(
                model.requests
            )
            agree_on_changes(reader, model, limit)
            agree_on_versions(reader, model, limit)
            agree_on_the_past(reader, model, limit)


def agree_on_changes(reader, model, limit):
    """Page by page or whole; complete since the earliest, each with what it changed."""
    for calendar in CALENDARS:
        expected = [
            change
            for change in model.remaining_versions()
            if calendar in (None, PLACES[change[2]][1])
        ]
        whole = reader.changes(0, 10**6, calendar)
        assert list(map(plain, whole)) == expected
        assert [(change.kind, change.calendar) for change in whole] == [
            PLACES[change.name] for change in whole
        ]
        ends = {change.revision: change.position for change in whole}
        assert {change.revision: change.position for change in whole if change.last} == ends
        assert sum(change.last for change in whole) == len(ends)

        def page(after, limit, calendar=calendar):
            return reader.changes(after, limit, calendar)

        assert paged(page, lambda change: change.revision, 0, limit) == whole
    since = [change for change in whole if change.revision >= model.earliest]
    assert list(map(plain, since)) == [
        change for change in model.log if change[0] >= model.earliest
    ]
    for change in since:
        before = [old for old in model.log if old[2] == change.name and old[:2] < change[:2]]
        assert (change.before_deleted, change.before) == (
            before[-1][3:5] if before else (False, b"")
        )


def agree_on_versions(reader, model, limit):
    for name in PLACES:
        expected = [version for version in model.remaining_versions() if version[2] == name]
        assert list(map(plain, reader.versions(name))) == expected

        def page(before, limit, name=name):
            return reader.versions_page(name, before, limit)

        backward = paged(page, lambda version: version.revision, None, limit)
        # Positions within a revision go back too.
        assert list(map(plain, backward)) == expected[::-1]


def agree_on_the_past(reader, model, limit):
    """Exact from the revision before the earliest on: nothing that a state needs is gone."""
    for revision in range(model.earliest - 1, model.head + 2):
        state = model.state_at(revision)
        for name in PLACES:
            version = reader.version_at(name, revision)
            assert (version and plain(version)) == state.get(name)
        for calendar in CALENDARS:
            for kind in (None, 2):

                def page(after, limit, revision=revision, calendar=calendar, kind=kind):
                    return reader.snapshot_at(kind, calendar, revision, after, limit)

                result = paged(page, lambda entry: entry.name, "", limit)
                assert list(map(plain, result)) == [
                    state[name]
                    for name in sorted(state)
                    if kind in (None, PLACES[name][0]) and calendar in (None, PLACES[name][1])
                ]
    for time in range(-1, 22):
        at = max((entry[0] for entry in model.log if entry[5] <= time), default=0)
        if at >= model.earliest - 1:
            assert reader.revision_at(time) == at
        else:
            assert reader.revision_at(time) <= at
