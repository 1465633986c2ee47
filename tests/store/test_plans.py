"""How SQLite answers: every statement of a page comes from an index, most in its order."""

import sqlite3
from contextlib import closing

import pytest

from summitry_server.store.contract import (
    EARLIEST,
    LATEST,
    Axis,
    Condition,
    LocalTimeEntry,
    Span,
    Window,
)
from summitry_server.store.sqlite import log_sql, search_sql, sql
from summitry_server.store.sqlite.engine import SqliteStore

SHAPES = [
    pytest.param(Condition(), id="every row"),
    pytest.param(Condition(kinds=(2, 3)), id="kinds"),
    pytest.param(Condition(facets=(("a", "b"), ("c",)), words=("d",)), id="facets and words"),
    pytest.param(Condition(since=7, without=("e",)), id="since and without"),
    pytest.param(Condition((2,), (("a",),), ("d",), 7, ("e", "f")), id="each sort"),
]


@pytest.fixture(scope="module")
def plan(tmp_path_factory, row, put):
    """Explains a statement on a store with statistics, which may mislead a planner."""
    path = tmp_path_factory.mktemp("plans") / "p.db"
    with closing(SqliteStore(path)) as store:
        rules = [LocalTimeEntry("Asia/Almaty", "start", 50, 0, 32, f"{n}", 100) for n in range(20)]
        put(
            store,
            *(row(f"calendars/a/summits/{n}", local_times=(rules[n % 20],)) for n in range(500)),
        )
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ANALYZE")

        def explain(statement, values):
            steps = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            return [step for *_, step in steps]

        yield explain


in_orders = pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
at_revisions = pytest.mark.parametrize("past", [False, True], ids=["now", "past"])
RECORD = "records USING INTEGER PRIMARY KEY (rowid=?)"
VERSION = "version USING INTEGER PRIMARY KEY (rowid=?)"
VERSION_OF_RECORD = "versions_by_record (record=? AND version<?)"
POSTINGS = "posting USING PRIMARY KEY (term=? AND live=? AND lane=? AND starts>? AND starts<?)"
SPANS = "span USING PRIMARY KEY (live=? AND lane=? AND starts>? AND starts<?)"
SPAN = "span USING PRIMARY KEY (live=? AND lane=? AND starts=? AND record=?)"
CHECK = "own USING PRIMARY KEY (term=? AND live=? AND lane=? AND starts=? AND record=?)"


class AnyValue(dict):
    """Values of a statement, all of them zero."""

    def __missing__(self, key):
        return 0


@at_revisions
@in_orders
@pytest.mark.parametrize("condition", SHAPES)
class TestStatements:
    @pytest.mark.parametrize("terms", [0, 1, 3], ids="{} terms".format)
    @pytest.mark.parametrize("ranges", [1, 8], ids="{} ranges".format)
    def test_a_window_is_a_merge_of_ranges_in_order(
        self, plan, condition, descending, past, terms, ranges
    ):
        checks = () if past else (1, 2)
        arms = search_sql.Arms(ranges, ranges > 1, terms, checks, past, True, True, descending)
        steps = plan(search_sql.within(arms, search_sql.shape_of(condition)), AnyValue())
        lookups = [step.removeprefix("SEARCH ") for step in steps if step.startswith("SEARCH")]
        count = ranges * max(terms, 1) * (2 if past else 1)
        assert lookups.count(POSTINGS if terms else SPANS) == count
        span = SPAN.replace("record=?", "record=? AND since<?") if past else SPAN
        assert lookups.count(span) == (count if terms else 0)
        assert lookups.count(CHECK) == count * len(checks)
        at = f"at USING COVERING INDEX {VERSION_OF_RECORD}"
        assert set(lookups) <= {POSTINGS, SPANS, span, CHECK, RECORD, VERSION, at}
        assert [step for step in steps if "ORDER BY" in step] == [
            "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"
        ] * count, "rows of the same start alone are sorted"
        assert not [step for step in steps if step.startswith("SCAN")]

    @pytest.mark.parametrize("of_calendar", [True, False], ids=["calendar", "all"])
    def test_a_page_is_a_range_of_names_in_order(
        self, plan, condition, descending, past, of_calendar
    ):
        listed = search_sql.List(past, False, of_calendar, show_deleted=False)
        statement = search_sql.page(listed, search_sql.shape_of(condition), descending=descending)
        bounds = ["name<?"] if descending and not of_calendar else ["name>?"]
        bounds += ["name<?"] if of_calendar else []
        at = ["at USING COVERING INDEX " + VERSION_OF_RECORD] if past else []
        assert searches(plan(statement, AnyValue())) == [
            f"records USING INDEX records_by_kind ({' AND '.join(['kind=?', *bounds])})",
            VERSION,
            *at,
        ]

    def test_a_page_by_postings_reads_those_of_its_terms(self, plan, condition, descending, past):
        listed = search_sql.List(past, True, True, show_deleted=False)
        statement = search_sql.page(listed, search_sql.shape_of(condition), descending=descending)
        steps = plan(statement, AnyValue(terms="[]", lanes="[]"))
        assert "SEARCH postings USING PRIMARY KEY (term=? AND live=? AND lane=?)" in steps
        assert {step.split()[1] for step in steps if step.startswith("SCAN")} == {
            *("candidate", "chosen", "listed")
        }


READINGS_OF_RULE = (
    "SEARCH readings USING PRIMARY KEY (live=? AND rule=? AND (until,name,field)>(?,?,?))"
)


class TestReadings:
    @pytest.mark.parametrize("of_calendar", [True, False], ids=["calendar", "all"])
    def test_of_a_rule_are_a_range_in_order(self, plan, of_calendar):
        values = dict.fromkeys(("rule", "until", "name", "field", "limit", "calendar"), 0)
        joined = ["SEARCH records USING INTEGER PRIMARY KEY (rowid=?)"] if of_calendar else []
        statement = sql.local_times(of_calendar=of_calendar)
        assert plan(statement, values) == [READINGS_OF_RULE, *joined]

    def test_rules_in_use_are_a_step_each(self, plan):
        """Each step reads the lowest rule above the last one, and no other row."""
        steps = plan(sql.RULES, ())
        assert [step for step in steps if step.startswith("SCAN")] == ["SCAN found"] * 2
        assert [step for step in steps if step.startswith("SEARCH")] == [
            "SEARCH readings USING PRIMARY KEY (live=?)",
            "SEARCH readings USING PRIMARY KEY (live=? AND rule>?)",
            "SEARCH rules USING INTEGER PRIMARY KEY (rowid=?)",
        ]

    @pytest.mark.parametrize(
        ("statement", "values", "steps"),
        [
            pytest.param(sql.RULES_OF_ZONE, 1, ["rules by zone"], id="rules of a zone"),
            pytest.param(sql.RULE, 2, ["rules by zone and fingerprint"], id="one rule"),
            pytest.param(sql.SETTLE, 2, ["rules to change"], id="settle"),
            pytest.param(sql.SETTLED, 1, ["rules by zone", "readings by rule"], id="count"),
            pytest.param(sql.READINGS_OF_RECORDS, 1, ["readings by record"], id="of a record"),
            pytest.param(sql.DROP_READING, 5, ["readings by key"], id="drop"),
        ],
    )
    def test_others_are_found_by_their_keys(self, plan, statement, values, steps):
        lookups = {
            "rules by zone": "rules USING COVERING INDEX rules_by_zone (zone=?)",
            "rules by zone and fingerprint": (
                "rules USING COVERING INDEX rules_by_zone (zone=? AND fingerprint=?)"
            ),
            "rules to change": "rules USING INDEX rules_by_zone (zone=?)",
            "readings by rule": "readings USING PRIMARY KEY (live=? AND rule=?)",
            "readings by record": "readings USING INDEX readings_by_record (record=?)",
            "readings by key": (
                "readings USING PRIMARY KEY (live=? AND rule=? AND until=? AND name=? AND field=?)"
            ),
        }
        searched = [step for step in plan(statement, ("0",) * values) if "SEARCH" in step]
        assert searched == [f"SEARCH {lookups[step]}" for step in steps]


LOGGED = "logged USING INTEGER PRIMARY KEY (rowid=?)"


class TestLog:
    @pytest.mark.parametrize("of_calendar", [True, False], ids=["calendar", "all"])
    def test_changes_are_a_range_in_order(self, plan, of_calendar):
        """The range is walked twice, the first time in the index alone, to find where it ends."""
        ranged = "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"
        bound, term = ranged, []
        if of_calendar:
            ranged = "INDEX versions_by_calendar (calendar=? AND version>? AND version<?)"
            bound = f"COVERING {ranged}"
            term = ["terms USING COVERING INDEX sqlite_autoindex_terms_1 (term=?)"]
        statement = log_sql.changes(of_calendar=of_calendar)
        assert searches(plan(statement, AnyValue(calendar=""))) == [
            f"logged USING {ranged}",
            *term,
            f"bound USING {bound}",
            *term,
            RECORD,
            "before USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN",
            f"older USING COVERING INDEX {VERSION_OF_RECORD}",
        ]

    @pytest.mark.parametrize(
        ("of_kind", "of_calendar", "ranged"),
        [
            (False, False, "INDEX sqlite_autoindex_records_1 (name>?)"),
            (True, False, "INDEX records_by_kind (kind=? AND name>?)"),
            (False, True, "INDEX sqlite_autoindex_records_1 (name>? AND name<?)"),
            (True, True, "INDEX records_by_kind (kind=? AND name>? AND name<?)"),
        ],
        ids=["all", "kind", "calendar", "both"],
    )
    def test_the_past_is_a_range_of_names(self, plan, of_kind, of_calendar, ranged):
        statement = log_sql.snapshot_at(of_kind=of_kind, of_calendar=of_calendar)
        assert searches(plan(statement, AnyValue(after="", end=""))) == [
            f"records USING {ranged}",
            LOGGED,
            f"at USING COVERING INDEX {VERSION_OF_RECORD}",
        ]

    @pytest.mark.parametrize(
        ("statement", "values", "expected"),
        [
            pytest.param(
                log_sql.COMPACT,
                (1, 9),
                [
                    "versions USING INTEGER PRIMARY KEY (rowid=?)",
                    "newer USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
                    f"older USING COVERING INDEX {VERSION_OF_RECORD}",
                ],
                id="compact",
            ),
            pytest.param(
                log_sql.VERSION_AT,
                {"name": "", "bound": 1},
                [
                    "records USING INDEX sqlite_autoindex_records_1 (name=?)",
                    LOGGED,
                    f"at USING COVERING INDEX {VERSION_OF_RECORD}",
                ],
                id="version at",
            ),
            pytest.param(
                log_sql.VERSIONS_PAGE,
                {"name": "", "before": 1, "limit": 1},
                [
                    "records USING INDEX sqlite_autoindex_records_1 (name=?)",
                    "logged USING INDEX versions_by_record (record=? AND version>? AND version<?)",
                    f"bound USING COVERING INDEX {VERSION_OF_RECORD}",
                ],
                id="versions page",
            ),
            pytest.param(
                log_sql.NEWEST_BELOW,
                (1,),
                ["versions USING INTEGER PRIMARY KEY (rowid<?)"],
                id="newest of a revision",
            ),
            pytest.param(
                log_sql.FORGET,
                (1,),
                ["requests USING INDEX requests_by_time (time<?)"],
                id="forget",
            ),
        ],
    )
    def test_others_are_found_by_their_keys(self, plan, statement, values, expected):
        assert searches(plan(statement, values)) == expected


def searches(steps):
    """Return the lookups of a plan, after checking that it neither scans nor sorts."""
    verbs = ("SEARCH ", "SCALAR ", "CORRELATED ", "LIST SUBQUERY")
    assert [step for step in steps if not step.startswith(verbs)] == []
    return [step.removeprefix("SEARCH ") for step in steps if step.startswith("SEARCH ")]


SUMMIT = "calendars/0/summits/00"
ALL_TIME = Window(Axis.INSTANT, EARLIEST, LATEST, True)


class Counting(sqlite3.Connection):
    """Counts the steps of SQLite's machine, which are the same on every computer."""

    steps = 0

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        super().set_progress_handler(self.count, 1)

    def set_progress_handler(self, *arguments):
        """Keep the count: a connection has one handler, and the store sets its own."""

    def count(self):
        Counting.steps += 1


def cost(path, ask):
    """Return the number of SQLite steps that a query takes on a store."""
    with closing(SqliteStore(path, factory=Counting)) as store, store.read() as reader:
        before = Counting.steps
        assert ask(reader)
        return Counting.steps - before


@pytest.fixture(scope="module")
def local_times(tmp_path_factory, row, put):
    """Stores with a hundred and a thousand readings, of two rules."""
    paths = {}
    for count in (100, 1000):
        paths[count] = tmp_path_factory.mktemp("readings") / f"{count}.db"
        entries = [
            LocalTimeEntry("Asia/Almaty", "start", 50, 0, 32, f"{n % 2}", n) for n in range(count)
        ]
        rows = [
            row(f"calendars/a/summits/{entry.until}", local_times=(entry,)) for entry in entries
        ]
        with closing(SqliteStore(paths[count])) as store:
            put(store, *rows)
    return paths


@pytest.fixture(scope="module")
def logs(tmp_path_factory, row, put):
    """Stores with a hundred and a thousand revisions."""
    paths = {}
    for count in (100, 1000):
        paths[count] = tmp_path_factory.mktemp("logs") / f"{count}.db"
        with closing(SqliteStore(paths[count])) as store:
            for number in range(count):
                name = f"calendars/{number % 2}/summits/{number % 50:02}"
                put(store, row(name), new=False)
    return paths


@pytest.fixture(scope="module")
def calendars(tmp_path_factory, row, put):
    """Stores with a hundred and a thousand events, one after the other."""
    paths = {}
    for count in (100, 1000):
        paths[count] = tmp_path_factory.mktemp("calendars") / f"{count}.db"
        spans = [(Span(Axis.INSTANT, 10 * n, 10 * n + 9, None, None),) for n in range(count)]
        rows = [row(f"calendars/a/summits/{n:04}", spans=span) for n, span in enumerate(spans)]
        with closing(SqliteStore(paths[count])) as store:
            put(store, *rows)
    return paths


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(
            lambda reader: reader.within(ALL_TIME, None, None, 1, Condition(), descending=True),
            id="the last event",
        ),
        pytest.param(
            lambda reader: reader.within(
                ALL_TIME, "calendars/a", (500, ""), 5, Condition(), descending=True
            ),
            id="those before an event",
        ),
        pytest.param(
            lambda reader: reader.page(2, None, "", 5, Condition(), descending=True),
            id="the last names",
        ),
        pytest.param(lambda reader: reader.count(2, None, 50, Condition()), id="a bounded count"),
        pytest.param(
            lambda reader: reader.count_within(ALL_TIME, None, 50, Condition()),
            id="a bounded count of a window",
        ),
    ],
)
def test_events_cost_what_is_asked_for(calendars, ask):
    """Not what there is: nothing is sorted, and nothing is counted beyond the limit."""
    assert 0 < cost(calendars[1000], ask) <= cost(calendars[100], ask)


COUNCIL, DESK = ("council",), (("label:desk=a",),)
RARE = (("person:rare",),)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory, row, put):
    """Stores with 1,000 and 8,000 events; one in ten is of the desk and of the council.

    Somebody rare is in two of them, whatever the number.
    """
    paths = {}
    for count in (1000, 8000):
        paths[count] = tmp_path_factory.mktemp("worlds") / f"{count}.db"
        with closing(SqliteStore(paths[count])) as store:
            put(store, *(event(row, number, count) for number in range(count)))
    return paths


def event(row, number, count):
    facets = ["region:KZ"]
    facets += ["label:desk=a"] * (number % 10 == 0)
    facets += ["person:rare"] * (number in (count // 3, count // 2))
    start = 86_400 * number
    span = Span(Axis.INSTANT, start, start + (7200 if number % 9 else 86_400 * 30), None, None)
    return row(
        f"calendars/{'ab'[number % 3 == 0]}/summits/{number * 7919 % count:04}",
        kind=2 if number % 7 else 3,
        facets=tuple(sorted(facets)),
        text="council of the desk" if number % 10 == 0 else "meeting",
        spans=(span,),
    )


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param(Condition(), id="none"),
        pytest.param(Condition(facets=RARE), id="somebody rare"),
        pytest.param(Condition(facets=DESK), id="a label"),
        pytest.param(Condition(facets=(("region:KZ",),)), id="what all have"),
        pytest.param(Condition(facets=(*RARE, ("region:KZ",))), id="a rare facet and a common one"),
        pytest.param(Condition(facets=(("person:rare", "label:desk=a"),)), id="either of two"),
        pytest.param(Condition(words=COUNCIL), id="a word"),
        pytest.param(Condition(words=("ounc",)), id="a part of a word"),
        pytest.param(Condition(words=("council", "desk")), id="two words"),
        pytest.param(Condition(words=("desk",), facets=DESK, kinds=(2,)), id="each sort"),
        pytest.param(Condition(words=("nowhere",)), id="what no row has"),
    ],
)
@pytest.mark.parametrize("calendar", [None, "calendars/b"], ids=["all", "calendar"])
@pytest.mark.parametrize("descending", [False, True], ids=["first", "last"])
class TestPages:
    """A page reads at most four rows for each that it returns, and a bounded number besides.

    Counted in steps of SQLite's machine, beside the steps of a page of as many rows without a
    condition.
    """

    @pytest.mark.parametrize("past", [False, True], ids=["now", "past"])
    def test_of_a_window_cost_what_they_return(self, worlds, condition, calendar, descending, past):
        def ask(reader, condition=condition, limit=10):
            records = reader.at(1) if past else reader
            return records.within(ALL_TIME, calendar, None, limit, condition, descending=descending)

        with closing(SqliteStore(worlds[8000])) as store, store.read() as reader:
            returned = len(ask(reader))
        plain = cost(worlds[8000], lambda reader: ask(reader, Condition(), max(returned, 1)))
        steps = {size: cost(path, lambda reader: (ask(reader), 1)) for size, path in worlds.items()}
        assert steps[8000] <= 4 * plain + 6000
        assert steps[8000] <= 1.5 * steps[1000] + 2000

    def test_of_a_list_grow_less_than_the_store(self, worlds, condition, calendar, descending):
        def ask(reader):
            return reader.page(2, calendar, "", 10, condition, descending=descending), 1

        steps = {size: cost(path, ask) for size, path in worlds.items()}
        assert steps[8000] <= 4 * steps[1000] + 2000


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda reader: reader.zone_fingerprints(), id="rules"),
        pytest.param(lambda reader: reader.local_times("Asia/Almaty", 0, None, 10), id="a page"),
        pytest.param(
            lambda reader: reader.local_times("Asia/Almaty", 0, None, 10, except_fingerprint="0"),
            id="a page of what is left",
        ),
    ],
)
def test_readings_cost_what_is_asked_for(local_times, ask):
    """Not what there is: a thousand cost no more than a hundred."""
    assert 0 < cost(local_times[1000], ask) <= cost(local_times[100], ask)


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda reader: reader.changes(40, 10), id="changes"),
        pytest.param(lambda reader: reader.changes(40, 10, "calendars/0"), id="of a calendar"),
        pytest.param(lambda reader: reader.changes(reader.revision - 1, 10), id="the newest"),
        pytest.param(lambda reader: reader.snapshot_at(2, None, 50, "", 10), id="the past"),
        pytest.param(lambda reader: reader.versions_page(SUMMIT, 90, 10), id="versions"),
        pytest.param(lambda reader: [reader.version_at(SUMMIT, 90)], id="a version"),
        pytest.param(lambda reader: [reader.revision_at(1_720_000_000)], id="a time"),
    ],
)
def test_the_log_costs_what_is_asked_for(logs, ask):
    """A log of a thousand revisions costs no more than one of a hundred.

    A revision more or less may be in the way of the search, and no more.
    """
    assert 0 < cost(logs[1000], ask) <= cost(logs[100], ask) + 50


def test_the_check_of_plans_finds_a_scan(tmp_path, plan_checked):
    path = tmp_path / "p.db"
    SqliteStore(path).close()
    with closing(sqlite3.connect(path, factory=plan_checked)) as connection:
        for statement in (
            "SELECT * FROM versions WHERE text = ''",
            "SELECT name FROM records WHERE latest > 7",
            "SELECT max(ends) FROM spans",
            "SELECT name FROM readings WHERE until > 7",
            "UPDATE records SET kind = 1 WHERE latest = 7",
            "DELETE FROM versions WHERE actor = 'desk'",
        ):
            with pytest.raises(AssertionError, match="no index serves"):
                connection.execute(statement)


def test_holders_below_a_uid_come_from_its_index_in_order(plan):
    (step,) = plan(sql.HOLDERS_BELOW, ("u", "u", 10))
    assert step == "SEARCH records USING INDEX sqlite_autoindex_records_2 (uid>? AND uid<?)"
