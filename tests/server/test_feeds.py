"""FeedService: what a feed may be, and its tokens, the secrets of which are told once."""

from __future__ import annotations

import re
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from summitry.v1.feed_service_pb2 import IssueFeedTokenRequest, IssueFeedTokenResponse
from summitry.visibility import is_expired
from summitry.zones import rfc3339
from summitry_server.services import feed_tokens

FEED = "calendars/c/feeds/f"
SECRET = "VISIBILITY_SECRET"
REQUEST = "6f1c2a50-5f0e-4c6b-9a54-0d6c1f7e2b11"


@pytest.fixture
def feed(api: Any) -> Any:
    return api.create("feeds", "f", titles=[{"text": "Press"}], visibility="VISIBILITY_INTERNAL")


def issue(api: Any, **fields: Any) -> Any:
    return api("IssueFeedToken", name=FEED, **fields)


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"max_visibility": "VISIBILITY_INTERNAL"}, "FEED_TOO_OPEN", "max_visibility"),
        (
            {"visibility": SECRET, "max_visibility": "VISIBILITY_RESTRICTED"},
            "FEED_TOO_OPEN",
            "max_visibility",
        ),
        ({"languages": ["fr", "not a tag"]}, "INVALID_VALUE", "languages[1]"),
        ({"languages": ["fr"] * 17}, "TOO_MANY_VALUES", "languages"),
        ({"color": "#ff0000"}, "INVALID_VALUE", "color"),
        ({"max_events": 10_001}, "INVALID_VALUE", "max_events"),
        ({"max_events": -1}, "INVALID_VALUE", "max_events"),
        ({"max_bytes": 100}, "INVALID_VALUE", "max_bytes"),
        (
            {"window": {"days_before": -1, "time_zone": "UTC"}},
            "INVALID_VALUE",
            "window.days_before",
        ),
        (
            {"window": {"days_after": 36_601, "time_zone": "UTC"}},
            "INVALID_VALUE",
            "window.days_after",
        ),
        (
            {"filter": {"kinds": ["RECORD_KIND_CALENDAR"]}},
            "INVALID_VALUE",
            "filter.kinds[0]",
        ),
        ({"fixed_window": {}}, "REQUIRED_FIELD_MISSING", "fixed_window.span"),
        ({"window": {}}, "REQUIRED_FIELD_MISSING", "window.time_zone"),
        ({"window": {"time_zone": "Asia/Almaty"}}, "INVALID_VALUE", "window.time_zone"),
        (
            {"window": {"time_zone": "UTC", "date_matching": "DATE_MATCHING_BY_PLACE"}},
            "INVALID_VALUE",
            "window.date_matching",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_contradictory_feed_is_refused(
    api: Any, fields: dict[str, Any], reason: str, field: str
) -> None:
    refusal = api.refusal("CreateFeed", parent="calendars/c", feed_id="f", feed=fields)
    assert (refusal.code, refusal.reason, refusal.field) == (
        "INVALID_ARGUMENT",
        reason,
        f"feed.{field}",
    )


def test_a_feed_is_in_no_agenda(api: Any) -> None:
    api.create("feeds", "f")
    window = {"dates": {"first_date": "2024-07-03", "time_zone": "UTC"}}
    assert not api("QueryAgenda", parent="calendars/c", window=window).items


def test_a_token_is_issued_and_redeemed(api: Any, feed: Any, clock: Any) -> None:
    issued = issue(api, label="desk", expire_time=rfc3339(clock.time + 60))
    assert re.fullmatch("[a-z2-7]{32}", issued.secret)
    assert issued.path == f"/s/{issued.secret}.ics"
    assert issued.token.name.startswith(f"{FEED}/tokens/")
    assert (issued.token.label, issued.token.create_time.seconds) == ("desk", clock.time)
    assert (issued.feed.live_tokens, issued.feed.etag == feed.etag) == (1, False)
    assert api("GetFeed", name=FEED).feed == issued.feed
    redeemed = api("RedeemFeedToken", secret=issued.secret)
    assert (redeemed.feed, redeemed.expire_time.seconds) == (FEED, clock.time + 60)
    assert issue(api).secret != issued.secret


def test_the_secret_and_its_digest_are_nowhere_else(
    start: Any, api_class: Any, tmp_path: Any
) -> None:
    path = tmp_path / "s.db"
    service = start("--store", f"sqlite:///{path}", "--http", "off")
    api = api_class(service.channel)
    api.create("calendars", "c")
    api.create("feeds", "f")
    issued = issue(api)
    api("RedeemFeedToken", secret=issued.secret)
    store = service.application._store
    tokens = service.application._feed_tokens
    digest = tokens._secrets.digest(issued.secret)
    answers = [
        api("GetFeed", name=FEED),
        api("ListFeeds", parent="calendars/c"),
        api("ListFeedTokens", parent=FEED),
        api("ListChanges", view={"parent": "calendars/-"}, log_start={}),
        api("ListRevisions", name=FEED),
        api("DiffRevisions", name=FEED, from_snapshot=api.snapshot(2), to_snapshot=api.snapshot(3)),
    ]
    with store.read() as reader:
        logged = [repr(change).encode() for change in reader.changes(0, 99)]
    for output in (*(answer.SerializeToString() for answer in answers), *logged):
        assert issued.secret.encode() not in output and digest not in output
    files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert issued.secret.encode() not in files
    assert digest in files, "the keyed hash is what is stored"


@pytest.mark.parametrize("how", ["revoked", "expired", "deleted"])
def test_expired_token_has_another_error_than_an_unknown_one(
    api: Any, feed: Any, clock: Any, how: str
) -> None:
    expires = {"expire_time": rfc3339(clock.time + 60)} if how == "expired" else {}
    issued = issue(api, **expires)
    if how == "revoked":
        revoked = api("RevokeFeedToken", name=issued.token.name)
        assert revoked.token.revoke_time.seconds == clock.time
        assert revoked.feed.live_tokens == 0
    elif how == "deleted":
        api("DeleteFeed", name=FEED)
    clock.time += 60
    refusal = api.refusal("RedeemFeedToken", secret=issued.secret)
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "FEED_TOKEN_GONE")
    refusal = api.refusal("RedeemFeedToken", secret=issued.secret[::-1])
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "FEED_TOKEN_NOT_FOUND")


def test_second_revocation_changes_nothing(api: Any, feed: Any, clock: Any) -> None:
    name = issue(api).token.name
    once = api("RevokeFeedToken", name=name)
    clock.time += 60
    again = api("RevokeFeedToken", name=name)
    assert (again.token, again.feed) == (once.token, once.feed)
    assert again.header.revision == once.header.revision
    assert list(api("ListFeedTokens", parent=FEED).tokens) == [once.token]


@pytest.mark.parametrize(
    ("rpc", "request_", "reason", "field"),
    [
        ("IssueFeedToken", {"name": "calendars/c/feeds/none"}, "RECORD_NOT_FOUND", "name"),
        ("IssueFeedToken", {"name": "calendars/c"}, "INVALID_NAME", "name"),
        ("IssueFeedToken", {"name": FEED, "expire_time": "2001-01-01T00:00:00Z"}, "INVALID_VALUE", "expire_time"),
        ("IssueFeedToken", {"name": FEED, "label": "x" * 256}, "TEXT_TOO_LONG", "label"),
        ("RevokeFeedToken", {"name": FEED}, "INVALID_NAME", "name"),
        ("RevokeFeedToken", {"name": f"{FEED}/tokens/none"}, "FEED_TOKEN_NOT_FOUND", "name"),
        ("ListFeedTokens", {"parent": "calendars/c/feeds/none"}, "RECORD_NOT_FOUND", "parent"),
        ("RedeemFeedToken", {"secret": "x" * 256}, "TEXT_TOO_LONG", "secret"),
        ("RedeemFeedToken", {}, "FEED_TOKEN_NOT_FOUND", "secret"),
        ("GetCalendarState", {"name": "calendars/none"}, "RECORD_NOT_FOUND", "name"),
    ],
)  # fmt: skip
def test_invalid_request_is_refused(
    api: Any, feed: Any, rpc: str, request_: dict[str, str], reason: str, field: str
) -> None:
    refusal = api.refusal(rpc, **request_)
    assert (refusal.reason, refusal.field) == (reason, field)


def test_tokens_come_in_pages_from_the_oldest(api: Any, feed: Any, clock: Any) -> None:
    issued = []
    for number in range(5):
        clock.time += number % 2  # some in one second
        issued.append(issue(api, label=str(number)).token)
    names = [name for _, name in sorted((t.create_time.seconds, t.name) for t in issued)]
    pages = [api("ListFeedTokens", parent=FEED, page_size=2)]
    while token := pages[-1].next_page_token:
        pages.append(api("ListFeedTokens", parent=FEED, page_size=2, page_token=token))
    assert [[token.name for token in page.tokens] for page in pages] == [
        names[:2],
        names[2:4],
        names[4:],
    ]
    whole = api("ListFeedTokens", parent=FEED)
    assert (len(whole.tokens), whole.next_page_token) == (5, "")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"page_size": -1}, "INVALID_VALUE"), ({"page_token": "x"}, "INVALID_PAGE_TOKEN")],
    ids=["size", "token"],
)
def test_impossible_page_of_tokens_is_refused(
    api: Any, feed: Any, fields: dict[str, Any], reason: str
) -> None:
    refusal = api.refusal("ListFeedTokens", parent=FEED, **fields)
    assert (refusal.reason, refusal.field) == (reason, *fields)


def test_repeated_request_makes_no_second_token_and_is_refused(
    api: Any, feed: Any, clock: Any
) -> None:
    request = {"label": "phone", "reason": "new desk", "request_id": REQUEST}
    first = issue(api, **request)
    clock.time += 60
    refusal = api.refusal("IssueFeedToken", name=FEED, **request)
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "FEED_TOKEN_ISSUED")
    assert (refusal.field, refusal.metadata["name"]) == ("request_id", first.token.name)
    assert list(api("ListFeedTokens", parent=FEED).tokens) == [first.token]
    assert api("RedeemFeedToken", secret=first.secret).feed == FEED
    entry = api("ListRevisions", name=FEED).revisions[0].entry
    assert (entry.method, entry.request_id, entry.reason) == ("IssueFeedToken", REQUEST, "new desk")
    reused = api.refusal("IssueFeedToken", name=FEED, request_id=REQUEST)
    assert reused.reason == "REQUEST_ID_REUSED"


def test_stored_answer_has_no_secret(start: Any, api_class: Any) -> None:
    service = start("--http", "off")
    api = api_class(service.channel)
    api.create("calendars", "c")
    api.create("feeds", "f")
    issued = issue(api, request_id=REQUEST)
    with service.application._store.read() as reader:
        stored = zlib.decompress(reader.request(REQUEST).response)
    assert issued.secret and issued.secret.encode() not in stored
    assert IssueFeedTokenResponse.FromString(stored).token == issued.token


def test_concurrent_requests_with_one_id_make_one_token(api: Any, feed: Any) -> None:
    barrier = threading.Barrier(4)

    def attempt(_: int) -> str:
        barrier.wait()
        try:
            return str(issue(api, request_id=REQUEST).secret)
        except grpc.RpcError:
            return ""

    with ThreadPoolExecutor(4) as pool:
        secrets = [secret for secret in pool.map(attempt, range(4)) if secret]
    assert len(secrets) == len(api("ListFeedTokens", parent=FEED).tokens) == 1


def test_repeated_revocation_gets_the_same_answer(api: Any, feed: Any, clock: Any) -> None:
    request = {"name": issue(api).token.name, "reason": "lost", "request_id": REQUEST}
    first = api("RevokeFeedToken", **request)
    clock.time += 60
    again = api("RevokeFeedToken", **request)
    assert first.SerializeToString() == again.SerializeToString()
    assert api("ListRevisions", name=FEED).revisions[0].entry.reason == "lost"


def test_tokens_of_a_feed_are_bounded(api: Any, feed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_tokens, "MAX_TOKENS", 2)
    issue(api), issue(api)
    refusal = api.refusal("IssueFeedToken", name=FEED)
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_FEED_TOKENS")
    assert len(api("ListFeedTokens", parent=FEED).tokens) == 2


def test_uses_are_noted_in_one_write_without_a_revision(
    start: Any, api_class: Any, clock: Any
) -> None:
    service = start("--http", "off")
    api = api_class(service.channel)
    api.create("calendars", "c")
    api.create("feeds", "f")
    issued = issue(api)
    revision = api.revision()
    for _ in range(3):
        clock.time += 60
        api("RedeemFeedToken", secret=issued.secret)
    (token,) = api("ListFeedTokens", parent=FEED).tokens
    assert not token.HasField("use_time"), "not a write for each use"
    service.application._feed_tokens.flush()
    (token,) = api("ListFeedTokens", parent=FEED).tokens
    assert token.use_time.seconds == clock.time
    assert api.revision() == revision


def test_calendar_state_has_revision_and_time_of_its_last_change(
    api: Any, feed: Any, clock: Any
) -> None:
    clock.time += 60
    api("DeleteFeed", name=FEED)
    clock.time -= 3600
    api.create("calendars", "other")
    state = api("GetCalendarState", name="calendars/c")
    assert (state.revision, state.modify_time.seconds) == (3, clock.time + 3600)
    api.create("summits", "s")
    state = api("GetCalendarState", name="calendars/c")
    assert (state.revision, state.modify_time.seconds) == (5, clock.time + 3601), "never back"


@pytest.mark.parametrize(
    "expires",
    [{}, {"seconds": 1}, {"seconds": -1}, {"nanos": 1}],
    ids=["zero", "1970", "before-1970", "nanos-alone"],
)
def test_token_that_ends_before_now_is_refused(api: Any, feed: Any, expires: Any) -> None:
    request = IssueFeedTokenRequest(name=FEED, expire_time=Timestamp(**expires))
    refusal = api.refusal("IssueFeedToken", request)
    assert (refusal.reason, refusal.field) == ("INVALID_VALUE", "expire_time")
    assert not api("ListFeedTokens", parent=FEED).tokens


def test_token_that_ends_now_is_refused(api: Any, feed: Any, clock: Any) -> None:
    refusal = api.refusal("IssueFeedToken", name=FEED, expire_time=rfc3339(clock.time))
    assert (refusal.reason, refusal.field) == ("INVALID_VALUE", "expire_time")


@pytest.mark.parametrize(
    ("expires", "now", "over"),
    [(0, 100, False), (100, 99, False), (100, 100, True), (-1, 100, True), (-(2**40), 0, True)],
)
def test_expiry_fails_closed(expires: int, now: int, over: bool) -> None:
    assert is_expired(expires, now) is over
