"""How SQLite answers: every statement of a page comes from an index, most in its order."""

import sqlite3
from contextlib import closing

import pytest

from summitry_server.store import sql
from summitry_server.store.contract import Condition
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
        put(store, *(row(f"calendars/a/summits/{n}") for n in range(500)))
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


def test_the_check_of_plans_finds_a_scan(tmp_path, plan_checked):
    path = tmp_path / "p.db"
    SqliteStore(path).close()
    with closing(sqlite3.connect(path, factory=plan_checked)) as connection:
        for statement in (
            "SELECT * FROM records WHERE text = ''",
            "SELECT name FROM records WHERE revision > 7",
            "SELECT max(ends) FROM spans",
            "UPDATE records SET deleted = 1 WHERE modified = 7",
            "DELETE FROM revisions WHERE time < 7",
        ):
            with pytest.raises(AssertionError, match="no index serves"):
                connection.execute(statement)
