"""Any history, with compactions between its writes, against a list that is never compacted."""

from hypothesis import given
from hypothesis import strategies as st

from summitry_server.store.contract import Entry, Request
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
        revision, asked, time = self.head + 1, time, self.times.of(time, self.time)
        self.log += [(revision, position, *put, time) for position, put in enumerate(puts)]
        if puts:
            self.times = self.times.after(asked, self.time)
            self.time = time
        for request_id, digest, response in requests:
            self.requests[request_id] = Request(digest, response, time)

    def expire_requests(self, before):
        kept = {key: one for key, one in self.requests.items() if one.time >= before}
        count, self.requests = len(self.requests) - len(kept), kept
        return count

    def compact(self, before):
        kept = len(self.kept())
        self.earliest = max(self.earliest, min(before, self.head + 1))
        return kept - len(self.kept())

    def kept(self):
        """What is in the log: all that nothing superseded before the earliest."""
        return [
            one
            for number, one in enumerate(self.log)
            if not any(
                later[2] == one[2] and later[0] < self.earliest for later in self.log[number + 1 :]
            )
        ]

    def state_at(self, revision):
        """By replay: the version of each record at a revision."""
        return {one[2]: one for one in self.log if one[0] <= revision}


def run(store, model, row, step):
    """One step on both; they agree on its answer."""
    if step[0] in ("compact", "expire_requests"):
        assert getattr(store, step[0])(step[1]) == getattr(model, step[0])(step[1])
        return
    time, puts, requests, fails = step

    def act(writer):
        for name, deleted, frame in puts:
            kind, calendar = PLACES[name]
            given = {"kind": kind, "calendar": calendar, "deleted": deleted, "frame": frame}
            writer.put(row(name, revision=writer.next_revision, **given), new=False)
        for request in requests:
            writer.remember(*request)
        if fails:
            raise LookupError("meant")

    try:
        store.write(act, Entry("desk", "", "", time))
    except LookupError:
        return
    model.write(time, puts, requests)


def paged(ask, key, start, limit):
    """All that is found, page by page; no page but the last is short."""
    found = []
    while page := ask(start, limit):
        found += page
        if len(page) < limit:
            break
        start = key(page[-1])
    assert not page or not ask(key(page[-1]), limit)
    return found


def plain(one):
    return one.revision, one.position, one.name, one.deleted, one.frame, one.entry.time


@given(history=st.lists(steps, max_size=14), limit=st.integers(1, 4))
def test_reads_what_a_plain_list_holds(new_store, row, history, limit):
    model, heads = Model(), []
    with new_store() as store:
        store.subscribe(heads.append)
        for step in history:
            run(store, model, row, step)
        assert heads == list(range(1, model.head + 1))
        with store.read() as reader:
            assert reader.earliest() == model.earliest
            assert {one: reader.request(one) for one in model.requests} == model.requests
            assert [one for one in "rst" if reader.request(one)] == sorted(model.requests)
            agree_on_changes(reader, model, limit)
            agree_on_versions(reader, model, limit)
            agree_on_the_past(reader, model, limit)


def agree_on_changes(reader, model, limit):
    """Page by page or whole; complete since the earliest, each with what it changed."""
    for calendar in CALENDARS:
        expected = [one for one in model.kept() if calendar in (None, PLACES[one[2]][1])]
        whole = reader.changes(0, 10**6, calendar)
        assert list(map(plain, whole)) == expected
        assert [(one.kind, one.calendar) for one in whole] == [PLACES[one.name] for one in whole]
        ends = {one.revision: one.position for one in whole}
        assert {one.revision: one.position for one in whole if one.last} == ends
        assert sum(one.last for one in whole) == len(ends)

        def page(after, limit, calendar=calendar):
            return reader.changes(after, limit, calendar)

        assert paged(page, lambda one: one.revision, 0, limit) == whole
    since = [one for one in whole if one.revision >= model.earliest]
    assert list(map(plain, since)) == [one for one in model.log if one[0] >= model.earliest]
    for one in since:
        before = [old for old in model.log if old[2] == one.name and old[:2] < one[:2]]
        assert (one.before_deleted, one.before) == (before[-1][3:5] if before else (False, b""))


def agree_on_versions(reader, model, limit):
    for name in PLACES:
        kept = [one for one in model.kept() if one[2] == name]
        assert list(map(plain, reader.versions(name))) == kept

        def page(before, limit, name=name):
            return reader.versions_page(name, before, limit)

        backward = paged(page, lambda one: one.revision, None, limit)
        # Positions within a revision go back too.
        assert list(map(plain, backward)) == kept[::-1]


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

                found = paged(page, lambda one: one.name, "", limit)
                assert list(map(plain, found)) == [
                    state[name]
                    for name in sorted(state)
                    if kind in (None, PLACES[name][0]) and calendar in (None, PLACES[name][1])
                ]
    for time in range(-1, 22):
        at = max((one[0] for one in model.log if one[5] <= time), default=0)
        if at >= model.earliest - 1:
            assert reader.revision_at(time) == at
        else:
            assert reader.revision_at(time) <= at
