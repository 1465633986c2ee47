"""Light calls whose statements run long: nobody waits for them in vain, and few go on at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest

from summitry_server.context import Call
from summitry_server.grpc_server import call_classes
from summitry_server.grpc_server.call_classes import COSTLY, LIGHT
from summitry_server.store.sqlite.engine import SqliteStore
from tests.waiting import LONGEST, wait_until

COUNTING = """
WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ?)
SELECT max(n) FROM counted"""
FOR_YEARS, A_MOMENT = 10**15, 100
COSTLY_RPC, SHORT_RPC = "ChangeService/ListChanges", "ChangeService/GetHead"
SECONDS = 0.2


@pytest.fixture
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "summitry.v1." + COSTLY_RPC.replace("/", ".")
    monkeypatch.setitem(call_classes.CLASS_OF_RPC, name, LIGHT._replace(seconds=SECONDS))


@pytest.fixture
def served(serve: Any, tmp_path: Path) -> Iterator[Any]:
    """Serve an rpc whose statement runs for years, and one that is done in a moment."""
    with closing(SqliteStore(tmp_path / "s.db")) as store:

        def counting_to(number: int) -> Any:
            def count(_: Any, call: Call) -> bytes:
                with store.read() as reader:
                    connection: Any = reader._connection  # type: ignore[attr-defined]
                    connection.execute(COUNTING, (number,)).fetchone()
                return b"counted"

            return count

        yield serve({"ListChanges": counting_to(FOR_YEARS), "GetHead": counting_to(A_MOMENT)})


def ask_for_years(served: Any) -> Any:
    return served.channel.unary_unary(f"/summitry.v1.{COSTLY_RPC}").future(b"")


def wait_until_no_statement_runs(served: Any) -> None:
    wait_until(lambda: len(served.server.open_calls) == 0, "a statement goes on")


def test_statement_ends_at_the_deadline_with_the_reason(
    short_deadline: None, served: Any, refusal_of: Any
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        ask_for_years(served).result(timeout=LONGEST)
    refusal = refusal_of(caught.value)
    assert (refusal.code, refusal.reason) == ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED")
    wait_until_no_statement_runs(served)


def test_statement_ends_when_the_client_has_gone(served: Any) -> None:
    question = ask_for_years(served)
    wait_until(lambda: len(served.server.open_calls) == 1)
    question.cancel()
    wait_until_no_statement_runs(served)


def test_few_may_be_costly_and_the_next_is_refused(
    served: Any, unary: Any, refusal_of: Any
) -> None:
    questions = [ask_for_years(served) for _ in range(COSTLY.share + 1)]
    wait_until(lambda: any(question.done() for question in questions))
    (refused,) = (question for question in questions if question.done())
    refusal = refusal_of(refused.exception())
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_HEAVY_CALLS")
    assert refusal.metadata == {"limit": str(COSTLY.share), "per": "caller"}
    assert unary(served.channel, SHORT_RPC) == b"counted", "what is short needs no place"
    for question in questions:
        question.cancel()
    wait_until_no_statement_runs(served)


def test_places_are_free_again_when_costly_calls_have_gone(served: Any) -> None:
    for _ in range(COSTLY.places + 1):
        question = ask_for_years(served)
        wait_until(lambda: len(served.server.open_calls) == 1)
        question.cancel()
        wait_until_no_statement_runs(served)
