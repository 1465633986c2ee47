"""The facts that `get` prints for each kind, in their order."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

XI = {"id": "xi", "names": [{"text": "Xi Jinping"}], "offices": [{"text": "President"}]}
RECORDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "summits": (
        {
            "series": "brics", "edition": 15, "level": "LEVEL_HEAD_OF_STATE",
            "organization": {"names": [{"text": "BRICS"}]}, "format": "EVENT_FORMAT_HYBRID",
            "hosts": [{"region_code": "ZA"}, {"source_text": "a second host"}],
            "participants": [{
                "party": {"region_code": "RU"}, "person": {"source_text": "Lavrov"},
                "level": "LEVEL_FOREIGN_MINISTER", "mode": "ATTENDANCE_MODE_IN_PERSON",
                "on_behalf_of": {"source_text": "Putin"}, "status": "PARTICIPATION_STATUS_ATTENDED",
            }],
            "outcomes": [{"kind": "OUTCOME_KIND_AGREEMENT", "count": 17, "amount":
                          {"units": "629", "currency_code": "USD"}}],
        },
        [
            "series   brics, edition 15", "organisation  BRICS", "level    head-of-state",
            "format   hybrid", "host     ZA", "host     a second host",
            "with     Lavrov, RU, for Putin, foreign-minister, in-person, attended",
            "outcome  17 agreement, 629 USD",
        ],
    ),
    "visits": (
        {
            "guest": {"names": [{"text": "China"}]}, "host": {"region_code": "KZ"},
            "principals": [XI], "trip": "xi-2024-07", "leg": 1,
            "segments": [
                {"kind": "VISIT_KIND_PRIVATE", "kind_text": "as written"},
                {"kind": "VISIT_KIND_OTHER", "kind_text": "pilgrimage"},
                {"kind": "VISIT_KIND_STATE", "time": {
                    "dates": {"first_date": "2024-07-02", "open_end": True}}},
            ],
        },
        [
            "kind     state", "guest    China", "host     KZ", "who      Xi Jinping, President",
            "segment  private", "segment  pilgrimage", "segment  state, 2024-07-02 to ...", "trip     xi-2024-07, leg 1",
        ],
    ),
    "meetings": (
        {"kind": "MEETING_KIND_OTHER", "kind_text": "toast", "format": "EVENT_FORMAT_VIRTUAL"},
        ["kind     toast", "format   virtual"],
    ),
    "delegations": (
        {
            "party": {"region_code": "CN"}, "party_status": "PARTY_STATUS_MEMBER",
            "members": [
                {"person": {"source_text": "No Rank"}, "role_text": "porte-parole"},
                {"person": {"source_text": "Second"}, "rank_order": 2, "role": "DELEGATION_ROLE_SPOUSE"},
                {"person": XI, "rank_order": 1, "role": "DELEGATION_ROLE_HEAD",
                 "arrival": {"timed": {"start": {"civil_time": "2024-07-02T18:00", "time_zone": "Asia/Almaty"}}},
                 "departure": {"timed": {"start": {"instant": "2024-07-04T10:00:00Z"}}}},
            ],
        },
        [
            "party    CN, member",
            "member   Xi Jinping, President, head, arrives 2024-07-02 18:00 +05:00, leaves 2024-07-04 10:00 Z",
            "member   Second, spouse", "member   No Rank, porte-parole",
        ],
    ),
    "notices": (
        {"kind": "NOTICE_KIND_SECURITY_LEVEL", "code": "yellow", "scheme": "threat level",
         "measures": [{"titles": [{"text": "checks"}]}], "issuer": {"region_code": "KZ"}},
        ["kind     security-level", "issued by  KZ", "code     yellow, threat level", "measure  checks"],
    ),
}  # fmt: skip


def columns(lines: list[str]) -> list[str]:
    """Return lines with labels of equal width: the longest label of a record sets the width."""
    return [re.sub("  +", "  ", line) for line in lines]


@pytest.mark.parametrize("group", RECORDS)
def test_get_shows_the_facts_of_each_kind_in_order(cli: Any, desk: Any, group: str) -> None:
    facts, lines = RECORDS[group]
    title = [{"text": "A longer label", "language_code": "en"}]
    text = json.dumps({**facts, "titles": title, "time": {"partial": {"edtf": "2024-07"}}})
    outcome = cli(group, "create", "-", "--calendar", "desk", "--id", "x", stdin=text)
    assert outcome.code == 0, outcome.err
    output, lines = columns(cli(group, "get", "desk/x").out.splitlines()), columns(lines)
    first = output.index(next(line for line in output if line.split()[0] == lines[0].split()[0]))
    assert output[first : first + len(lines)] == lines


def test_get_shows_the_summit_that_a_visit_is_for(cli: Any, desk: Any) -> None:
    when = ("--time", "2024-07-03", "--calendar", "desk")
    assert cli("summits", "create", "--id", "s", "--title", "S", *when).code == 0
    name = "calendars/desk/summits/s"
    visit = ("visits", "create", "--id", "v", "--title", "V", "--set", f"summit={name}", *when)
    assert cli(*visit).code == 0
    assert f"summit  {name}" in columns(cli("visits", "get", "desk/v").out.splitlines())
    listed = cli("visits", "list", "--calendar", "desk", "--part-of", "desk/summits/s").out
    assert "desk/visits/v" in listed


def test_get_shows_what_sources_claim(cli: Any, desk: Any) -> None:
    claims = {
        "places": {"place": {"localities": [{"text": "Almaty"}], "region_code": "KZ"}},
        "guest": {"party": {"names": [{"text": "China"}]}},
        "principals": {"person": {"names": [{"text": "Han Zheng"}], "offices": [{"text": "VP"}]}},
        "status": {"status": "EVENT_STATUS_CANCELLED"},
    }
    record = {
        "sources": [{"id": "wire"}],
        "claims": [
            {"source_id": "wire", "field_path": path, **value} for path, value in claims.items()
        ],
    }
    stored = json.dumps(record)
    assert cli("visits", "create", "-", "--calendar", "desk", "--id", "x", stdin=stored).code == 0
    lines = columns(cli("visits", "get", "desk/x").out.splitlines())
    assert [line.split("  ")[1] for line in lines if line.startswith("claim ")] == [
        "wire says places: Almaty",
        "wire says guest: China",
        "wire says principals: Han Zheng, VP",
        "wire says status: cancelled",
    ]
