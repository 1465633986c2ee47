"""How SQLite answers: every statement of a page comes from an index, most in its order."""

import sqlite3
from contextlib import closing

import pytest

from summitry_server.store.contract import Condition, LocalTimeEntry
from summitry_server.store.sqlite import log_sql, sql
from summitry_server.store.sqlite.engine import SqliteStore

SHAPES = [
    pytest.param(Condition(), id="every row"),
    pytest.param(Condition(kinds=(2, 3)), id="kinds"),
    pytest.param(Condition(facets=(("a", "b"), ("c",)), words=("d",)), id="facets and words"),
    pytest.param(Condition((2,), (("a",),), ("d",)), id="each sort"),
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
    names = "kind calendar after limit scope axis start end after_start after_name"
    return dict.fromkeys(names.split(), 0)


@pytest.mark.parametrize("condition", SHAPES)
class TestStatements:
    @pytest.mark.parametrize("of_calendar", [True, False], ids=["calendar", "all"])
    def test_a_page_is_a_range_in_order(self, plan, values, condition, of_calendar):
        shape = sql.shape_of(condition)
        statement = sql.page(shape, of_calendar=of_calendar, show_deleted=False)
        index = "calendar_kind (calendar=? AND kind=?" if of_calendar else "kind (kind=?"
        assert plan(statement, values | sql.values_of(condition)) == [
            f"SEARCH records USING INDEX records_by_{index} AND name>?)"
        ]

    @pytest.mark.parametrize("possible", [True, False], ids=["possible", "certain"])
    def test_spans_that_begin_are_a_range_in_order(self, plan, values, condition, possible):
        statement = sql.beginning(sql.shape_of(condition), possible=possible)
        assert plan(statement, values | sql.values_of(condition)) == [
            "SEARCH spans USING PRIMARY KEY "
            "(scope=? AND axis=? AND (starts,name)>(?,?) AND starts<?)",
            "SEARCH records USING INTEGER PRIMARY KEY (rowid=?)",
        ]

    @pytest.mark.parametrize("possible", [True, False], ids=["possible", "certain"])
    def test_spans_in_progress_are_a_range_of_each_level(self, plan, values, condition, possible):
        statement = sql.begun(sql.shape_of(condition), possible=possible)
        steps = plan(statement, values | sql.values_of(condition))
        assert "SCAN levels" in steps
        assert (
            "SEARCH spans USING COVERING INDEX spans_by_level "
            "(scope=? AND axis=? AND level=? AND starts>? AND starts<?)"
        ) in steps
        assert [step for step in steps if step.startswith("SCAN")] == ["SCAN levels", "SCAN found"]


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


class Counting(sqlite3.Connection):
    """Counts the steps of SQLite's machine, which are the same on every computer."""

    steps = 0

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.set_progress_handler(self.count, 1)

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
