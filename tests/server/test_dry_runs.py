"""validate_only on every write (AIP-163): the answer of the write, and nothing is stored."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from summitry._calls.methods import METHODS
from summitry.kinds import KINDS, Kind
from summitry.v1.transfer_service_pb2 import ImportOptions
from tests.server.lives import name_of_life, writes_of_a_life

FEED = "calendars/c/feeds/f"
SUMMIT = "calendars/c/summits/s"
ID = "6f1c2a50-5f0e-4c6b-9a54-0d6c1f7e2b11"
# test_request_ids.py proves that these are the unary rpcs that write.
WRITES = [method for method in METHODS if "request_id" in method.request.DESCRIPTOR.fields_by_name]
# Of a token, what is new each time beside its name.
SECRETS = ("secret", "path")


def rpc_of(method: Any) -> str:
    return str(method.path.rpartition("/")[2])


@pytest.mark.parametrize("method", WRITES, ids=rpc_of)
def test_each_write_takes_validate_only(method: Any) -> None:
    assert "validate_only" in method.request.DESCRIPTOR.fields_by_name


def test_import_options_have_validate_only() -> None:
    assert "validate_only" in ImportOptions.DESCRIPTOR.fields_by_name


def stored(api: Any) -> list[Any]:
    """Return all that can be read of the store: records, deleted ones too, changes and tokens."""
    lists = [
        api(f"List{kind.message.DESCRIPTOR.name}s", show_deleted=True, **parent_of(kind))
        for kind in KINDS
    ]
    changes = api("ListChanges", view={"parent": "calendars/-"}, log_start={}, page_size=1000)
    deleted = {feed.name for feed in lists[-1].feeds if feed.HasField("delete_time")}
    feeds = [feed.name for feed in lists[-1].feeds if feed.name not in deleted]
    return [*lists, list(changes.changes), [api("ListFeedTokens", parent=feed) for feed in feeds]]


def parent_of(kind: Kind) -> dict[str, str]:
    return {} if kind.collection == "calendars" else {"parent": "calendars/-"}


def check_dry_run(api: Any, service: Any, rpc: str, request: dict[str, Any]) -> Any:
    """Compare a dry run with the write; return the answer of the write."""
    before, id = stored(api), str(uuid.uuid4())
    dry = api(rpc, **request, request_id=id, validate_only=True)
    assert stored(api) == before
    assert dry.header == before[0].header
    with service.application.backend.store.read() as reader:
        assert reader.request(id) is None
    answer = api(rpc, **request, request_id=id)
    assert without_points(dry, dry) == without_points(answer, dry)
    return answer


def without_points(answer: Any, dry: Any) -> Any:
    """Return an answer without its header, and without what only a stored version has."""
    bare = type(answer)()
    bare.CopyFrom(answer)
    bare.ClearField("header")
    for field, value in bare.ListFields():
        for part in value if field.is_repeated else (value,):
            clear_point(part)
    for name in SECRETS:
        if name in bare.DESCRIPTOR.fields_by_name:
            assert not getattr(dry, name), "a secret that opens nothing is not shown"
            bare.ClearField(name)
    return bare


def clear_point(part: Any) -> None:
    fields = getattr(part, "DESCRIPTOR", None)
    if fields is None:
        return
    if "record" in fields.oneofs_by_name:  # AnyRecord
        part = getattr(part, part.WhichOneof("record"))
    if fields.name == "FeedToken":
        part.name = part.name.rpartition("/")[0]  # the id is made anew
    else:
        part.ClearField("etag")
        part.ClearField("revision")


def drive(api: Any, service: Any, make: Any, kind: Kind) -> set[str]:
    """Live the life of a kind, each write after its dry run; return the rpcs."""
    rpcs = set()
    for rpc, request in writes_of_a_life(kind, api, make):
        check_dry_run(api, service, rpc, request)
        rpcs.add(rpc)
    return rpcs


@pytest.fixture
def own_service(start: Any) -> Any:
    """Return the service that `api` speaks to."""
    return start("--http", "off")


@pytest.fixture
def api(own_service: Any, api_class: Any) -> Any:
    api = api_class(own_service.channel)
    api.create("calendars", "c", titles=[{"text": "A calendar", "language_code": "en"}])
    return api


LIVES = [kind.collection for kind in KINDS]


@pytest.mark.parametrize("kind", KINDS, ids=LIVES)
def test_dry_run_of_each_write_of_a_kind_answers_like_it(
    api: Any, own_service: Any, make: Any, kind: Kind
) -> None:
    rpcs = drive(api, own_service, make, kind)
    own = {rpc_of(method) for method in WRITES if of_record(method, kind)}
    assert rpcs == own


def of_record(method: Any, kind: Kind) -> bool:
    service = f"{kind.message.DESCRIPTOR.name}Service/"
    return service in method.path and "Token" not in method.path


def test_writes_of_no_kind_are_those_of_the_list() -> None:
    rpcs = {rpc_of(m) for m in WRITES if not any(of_record(m, kind) for kind in KINDS)}
    assert rpcs == {"IssueFeedToken", "RevokeFeedToken", "BatchWrite", "RebaseTimeZones"}


def test_dry_runs_of_tokens_make_and_end_none(api: Any, own_service: Any) -> None:
    api.create("feeds", "f", visibility="VISIBILITY_INTERNAL")
    issued = check_dry_run(api, own_service, "IssueFeedToken", {"name": FEED, "label": "desk"})
    assert issued.secret and issued.path
    check_dry_run(api, own_service, "RevokeFeedToken", {"name": issued.token.name})


def test_dry_run_of_a_batch_answers_like_it(api: Any, own_service: Any) -> None:
    writes = [
        {"create": {"summit": {"name": SUMMIT, "ical_uid": "s@example.org"}}},
        {"update": {"record": {"summit": {"name": SUMMIT, "series": "x"}}}},
    ]
    answer = check_dry_run(api, own_service, "BatchWrite", {"writes": writes})
    assert [record.summit.series for record in answer.records] == ["", "x"]


def test_dry_run_of_a_rebase_answers_like_it(api: Any, own_service: Any) -> None:
    check_dry_run(api, own_service, "RebaseTimeZones", {"parent": "calendars/-"})


def test_new_version_of_a_dry_run_has_no_etag_and_no_revision(api: Any) -> None:
    sent = {"parent": "calendars/c", "summit_id": "s", "summit": {"series": "x"}}
    tried = api("CreateSummit", **sent, validate_only=True).summit
    assert (tried.name, tried.series, tried.etag, tried.revision) == (SUMMIT, "x", "", 0)
    created = api("CreateSummit", **sent).summit
    same = {"summit": {"name": SUMMIT, "series": "x"}, "validate_only": True}
    assert api("UpdateSummit", **same).summit == created, "what is stored has both"


def test_dry_run_is_refused_as_the_write_is(api: Any) -> None:
    api.create("summits", "s")
    for rpc, request in [
        ("CreateSummit", {"parent": "calendars/c", "summit_id": "s", "summit": {}}),
        ("UpdateSummit", {"summit": {"name": SUMMIT, "etag": '"1-0"'}}),
        ("DeleteCalendar", {"name": "calendars/c"}),
        ("PurgeSummit", {"name": SUMMIT}),
        ("ReinstateSummit", {"name": SUMMIT}),
        ("RevokeFeedToken", {"name": f"{FEED}/tokens/t"}),
    ]:
        assert api.refusal(rpc, **request, validate_only=True) == api.refusal(rpc, **request), rpc


def test_dry_run_of_what_was_written_gets_its_answer(api: Any) -> None:
    """A write and its dry run are one request: that of an id which was used is not done again."""
    sent = {"parent": "calendars/c", "summit": {"series": "x"}, "request_id": ID}
    first = api("CreateSummit", **sent)
    assert api("CreateSummit", **sent, validate_only=True) == first
    refusal = api.refusal("DeleteSummit", name=SUMMIT, request_id=ID, validate_only=True)
    assert refusal.reason == "REQUEST_ID_REUSED"


def test_watchers_hear_nothing_of_a_dry_run(api: Any) -> None:
    view = {"parent": "calendars/c"}
    token = api("ListChanges", view=view, now={}).next_token
    api("CreateSummit", parent="calendars/c", summit={}, validate_only=True)
    assert not api("ListChanges", view=view, token=token).changes


@pytest.mark.parametrize("kind", KINDS, ids=LIVES)
def test_names_of_lives_are_those_of_their_kinds(kind: Kind) -> None:
    assert name_of_life(kind).rpartition("/")[0].endswith(kind.collection)
