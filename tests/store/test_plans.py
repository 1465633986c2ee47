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
from summitry_server.store.sqlite import log_sql, sql
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


@pytest.fixture(scope="module")
def values():
    names = "kind calendar after limit scope axis start end low_start low_name high_start high_name"
    return dict.fromkeys(names.split(), 0)


of_calendars = pytest.mark.parametrize("of_calendar", [True, False], ids=["calendar", "all"])
in_orders = pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
of_certainties = pytest.mark.parametrize("possible", [True, False], ids=["possible", "certain"])
SPANS_BETWEEN = "(scope=? AND axis=? AND (starts,name)>(?,?) AND (starts,name)<(?,?))"
SPANS_OF_LEVEL = (
    "SEARCH spans USING COVERING INDEX spans_by_level "
    "(scope=? AND axis=? AND level=? AND starts>? AND starts<?)"
)


@pytest.mark.parametrize("condition", SHAPES)
class TestStatements:
    @of_calendars
    @in_orders
    def test_a_page_is_a_range_in_order(self, plan, values, condition, of_calendar, descending):
        statement = sql.page(
            sql.shape_of(condition),
            of_calendar=of_calendar,
            show_deleted=False,
            descending=descending,
        )
        index = "calendar_kind (calendar=? AND kind=?" if of_calendar else "kind (kind=?"
        bound = "name<?" if descending else "name>?"
        assert plan(statement, values | sql.values_of(condition)) == [
            f"SEARCH records USING INDEX records_by_{index} AND {bound})"
        ]

    @of_calendars
    @pytest.mark.parametrize("show_deleted", [False, True], ids=["live", "all"])
    def test_a_count_reads_the_rows_of_a_kind(
        self, plan, values, condition, of_calendar, show_deleted
    ):
        shape = sql.shape_of(condition)
        statement = sql.count(shape, of_calendar=of_calendar, show_deleted=show_deleted)
        index = "calendar_kind (calendar=? AND kind=?" if of_calendar else "kind (kind=?"
        assert plan(statement, values | sql.values_of(condition)) == [
            "CO-ROUTINE found",
            f"SEARCH records USING INDEX records_by_{index})",
            "SCAN found",
        ]

    @of_certainties
    @in_orders
    def test_spans_that_begin_are_a_range_in_order(
        self, plan, values, condition, possible, descending
    ):
        shape = sql.shape_of(condition)
        statement = sql.beginning(shape, possible=possible, descending=descending)
        assert plan(statement, values | sql.values_of(condition)) == [
            f"SEARCH spans USING PRIMARY KEY {SPANS_BETWEEN}",
            "SEARCH records USING INTEGER PRIMARY KEY (rowid=?)",
        ]

    @of_certainties
    @in_orders
    def test_spans_in_progress_are_a_range_of_each_level(
        self, plan, values, condition, possible, descending
    ):
        shape = sql.shape_of(condition)
        statement = sql.begun(shape, possible=possible, descending=descending)
        steps = plan(statement, values | sql.values_of(condition))
        assert SPANS_OF_LEVEL in steps
        assert [step for step in steps if step.startswith("SCAN")] == ["SCAN levels", "SCAN found"]

    @of_certainties
    def test_counts_of_spans_read_the_same_ranges(self, plan, values, condition, possible):
        shape = sql.shape_of(condition)
        bound = values | sql.values_of(condition)
        of_contents = condition.facets or condition.words or condition.without
        joined = ["SEARCH records USING INTEGER PRIMARY KEY (rowid=?)"] if of_contents else []
        assert plan(sql.count_beginning(shape, possible=possible), bound) == [
            "CO-ROUTINE found",
            f"SEARCH spans USING PRIMARY KEY {SPANS_BETWEEN}",
            *joined,
            "SCAN found",
        ]
        assert plan(sql.count_begun(shape, possible=possible), bound) == [
            "CO-ROUTINE found",
            "SCAN levels",
            SPANS_OF_LEVEL,
            *joined,
            "SCAN found",
        ]


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
            pytest.param(sql.READINGS_OF_RECORD, 1, ["readings by record"], id="of a record"),
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
        assert plan(statement, (0,) * values) == [f"SEARCH {lookups[step]}" for step in steps]


VERSION_OF_RECORD = "revisions_by_record (record=? AND revision<?)"
RECORD = "records USING INTEGER PRIMARY KEY (rowid=?)"
LOGGED = "logged USING INTEGER PRIMARY KEY (rowid=?)"


class TestLog:
    @pytest.mark.parametrize("of_calendar", [True, False], ids=["calendar", "all"])
    def test_changes_are_a_range_in_order(self, plan, of_calendar):
        """The range is walked twice, the first time in the index alone, to find where it ends."""
        ranged = "INDEX sqlite_autoindex_revisions_1 (revision>? AND revision<?)"
        if of_calendar:
            ranged = "INDEX revisions_by_calendar (calendar=? AND revision>? AND revision<?)"
        values = dict.fromkeys(("after", "revision", "limit", "calendar"), 0)
        assert searches(plan(log_sql.changes(of_calendar=of_calendar), values)) == [
            f"logged USING {ranged}",
            f"bound USING COVERING {ranged}",
            RECORD,
            "before USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN",
            f"older USING COVERING INDEX {VERSION_OF_RECORD}",
        ]

    @pytest.mark.parametrize(
        ("of_kind", "of_calendar", "ranged"),
        [
            (False, False, "INDEX sqlite_autoindex_records_1 (name>?)"),
            (True, False, "INDEX records_by_kind (kind=? AND name>?)"),
            (False, True, "INDEX records_by_calendar_name (calendar=? AND name>?)"),
            (
                True,
                True,
                "COVERING INDEX records_by_calendar_kind (calendar=? AND kind=? AND name>?)",
            ),
        ],
        ids=["all", "kind", "calendar", "both"],
    )
    def test_the_past_is_a_range_of_names(self, plan, of_kind, of_calendar, ranged):
        statement = log_sql.snapshot_at(of_kind=of_kind, of_calendar=of_calendar)
        values = dict.fromkeys(("revision", "kind", "calendar", "limit"), 0) | {"after": ""}
        assert searches(plan(statement, values)) == [
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
                    "revisions USING INTEGER PRIMARY KEY (rowid=?)",
                    "newer USING INDEX sqlite_autoindex_revisions_1 (revision>? AND revision<?)",
                    f"older USING COVERING INDEX {VERSION_OF_RECORD}",
                ],
                id="compact",
            ),
            pytest.param(
                log_sql.VERSION_AT,
                {"name": "", "revision": 1},
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
                    "logged USING INDEX revisions_by_record "
                    "(record=? AND revision>? AND revision<?)",
                    f"bound USING COVERING INDEX {VERSION_OF_RECORD}",
                ],
                id="versions page",
            ),
            pytest.param(
                log_sql.REVISION_AT,
                (1, 1),
                ["revisions USING COVERING INDEX revisions_by_time (time<?)"],
                id="revision at",
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
            "SELECT * FROM records WHERE text = ''",
            "SELECT name FROM records WHERE revision > 7",
            "SELECT max(ends) FROM spans",
            "SELECT name FROM readings WHERE until > 7",
            "UPDATE records SET deleted = 1 WHERE modified = 7",
            "DELETE FROM revisions WHERE actor = 'desk'",
        ):
            with pytest.raises(AssertionError, match="no index serves"):
                connection.execute(statement)
