"""How SQLite answers: every statement of a page comes from an index, most in its order."""

import sqlite3
from contextlib import closing

import pytest

from summitry_server.store import sql
from summitry_server.store.contract import Condition, Reading
from summitry_server.store.sqlite import SqliteStore

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
        rules = [Reading("Asia/Almaty", "start", 50, 0, 32, f"{n}", 100) for n in range(20)]
        put(
            store,
            *(row(f"calendars/a/summits/{n}", readings=(rules[n % 20],)) for n in range(500)),
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
        statement = sql.readings(of_calendar=of_calendar)
        assert plan(statement, values) == [READINGS_OF_RULE, *joined]

    def test_rules_in_use_are_a_step_each(self, plan):
        """The lowest above the last one is the first of a range; nothing else is looked at."""
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
        found = {
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
        assert plan(statement, (0,) * values) == [f"SEARCH {found[step]}" for step in steps]


class Counting(sqlite3.Connection):
    """Counts the steps of SQLite's machine, which are the same on every computer."""

    steps = 0

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.set_progress_handler(self.count, 1)

    def count(self):
        Counting.steps += 1


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda reader: reader.rules(), id="rules"),
        pytest.param(lambda reader: reader.readings("Asia/Almaty", 0, None, 10), id="a page"),
        pytest.param(
            lambda reader: reader.readings("Asia/Almaty", 0, None, 10, except_fingerprint="0"),
            id="a page of what is left",
        ),
    ],
)
def test_readings_cost_what_is_asked_for(tmp_path, row, put, ask):
    """Not what there is: a thousand cost no more than a hundred, of two rules."""

    def steps(count):
        readings = [Reading("Asia/Almaty", "start", 50, 0, 32, f"{n % 2}", n) for n in range(count)]
        with closing(SqliteStore(tmp_path / f"{count}.db", factory=Counting)) as store:
            put(
                store,
                *(row(f"calendars/a/summits/{one.until}", readings=(one,)) for one in readings),
            )
            with store.read() as reader:
                before = Counting.steps
                assert ask(reader)
                return Counting.steps - before

    assert 0 < steps(1000) <= steps(100)


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
