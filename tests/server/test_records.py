"""The standard methods: what is written is read back, versions guard, lists page and filter."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.kinds import EVENTFUL, KINDS
from summitry.v1.meeting_pb2 import Meeting
from summitry_server.domain.records.masks import clear_output

KIND_IDS = [kind.collection for kind in KINDS[1:]]


@pytest.mark.parametrize("kind", KINDS[1:], ids=KIND_IDS)
def test_record_is_created_read_updated_and_deleted(
    api: Any, clock: Any, make: Any, kind: Any
) -> None:
    noun, message_name = kind.singular, kind.message.DESCRIPTOR.name
    title = [{"text": "Titre", "language_code": "fr"}]
    is_event = kind in EVENTFUL
    first, second = (
        {"time": make.dates(day)} if is_event else {"labels": {"day": day}}
        for day in ("2024-07-02", "2024-07-03")
    )
    created = api.create(kind.collection, "a", titles=title, **first)
    assert created.name == f"calendars/c/{kind.collection}/a"
    assert (created.sequence, created.revision) == (0, api.revision())
    assert created.ical_uid and created.etag and created.create_time == created.update_time
    assert getattr(api(f"Get{message_name}", name=created.name), noun) == created

    clock.time += 60
    sent = {"name": created.name, "etag": created.etag, **second}
    moved = getattr(api(f"Update{message_name}", **{noun: sent}), noun)
    assert moved.sequence == int(is_event), "the time moved"
    assert moved.ical_uid == created.ical_uid and moved.etag != created.etag
    assert moved.titles == created.titles, "what was not sent stays"
    assert moved.create_time == created.create_time
    assert moved.update_time.seconds == created.update_time.seconds + 60

    deleted = getattr(api(f"Delete{message_name}", name=created.name, etag=moved.etag), noun)
    assert deleted.HasField("delete_time")
    assert getattr(api(f"Get{message_name}", name=created.name), noun) == deleted
    assert not getattr(api(f"List{message_name}s", parent="calendars/c"), kind.collection)
    listing = api(f"List{message_name}s", parent="calendars/c", show_deleted=True)
    assert list(getattr(listing, kind.collection)) == [deleted]
    assert api.refusal(f"Delete{message_name}", name=created.name).reason == "RECORD_NOT_FOUND"
    again = api.refusal(
        f"Create{message_name}", parent="calendars/c", **{f"{noun}_id": "a", noun: {}}
    )
    assert again.reason == "RECORD_EXISTS"


def test_output_only_fields_are_ignored(api: Any) -> None:
    created = api.create(
        "summits", "s", sequence=9, revision=99, create_time="2001-01-01T00:00:00Z"
    )
    assert (created.sequence, created.revision) == (0, api.revision())
    assert created.create_time.ToJsonString() != "2001-01-01T00:00:00Z"


@pytest.mark.parametrize("mask", ["createTime", "createTime.seconds"])
def test_mask_that_names_an_output_only_field_is_ignored(api: Any, mask: str) -> None:
    created = api.create("summits", "s")
    sent = {"name": created.name, "series": "x"}
    updated = api("UpdateSummit", summit=sent, update_mask=f"{mask},series").summit
    assert (updated.series, updated.create_time) == ("x", created.create_time)


def test_replace_clears_what_is_not_sent(api: Any) -> None:
    created = api.create("summits", "s", series="old", titles=[{"text": "T"}])
    updated = api("UpdateSummit", summit={"name": created.name, "series": "new"}, replace=True)
    assert (updated.summit.series, len(updated.summit.titles)) == ("new", 0)
    assert updated.summit.visibility == created.visibility
    sent = {"record": {"summit": {"name": created.name, "level_text": "x"}}, "replace": True}
    (summit,) = (entry.summit for entry in api("BatchWrite", writes=[{"update": sent}]).records)
    assert (summit.series, summit.level_text) == ("", "x")


def test_replace_with_a_mask_is_refused(api: Any) -> None:
    name = api.create("summits", "s").name
    refusal = api.refusal("UpdateSummit", summit={"name": name}, update_mask="series", replace=True)
    assert (refusal.reason, refusal.field) == ("INVALID_VALUE", "replace")
    sent = {"record": {"summit": {"name": name}}, "update_mask": "series", "replace": True}
    refusal = api.refusal("BatchWrite", writes=[{"update": sent}])
    assert (refusal.reason, refusal.field) == ("INVALID_VALUE", "writes[0].update.replace")


def test_an_update_that_changes_nothing_writes_nothing(api: Any, make: Any) -> None:
    created = api.create("summits", "s", series="x", time=make.timed("2024-07-04T10:00"))
    before = api.revision()
    answer = api(
        "UpdateSummit", summit={"name": created.name, "time": make.timed("2024-07-04T10:00")}
    )
    assert answer.summit == created
    assert answer.header.revision == before == api.revision()


@pytest.mark.parametrize(
    ("mask", "sent", "series", "titles"),
    [
        ("", {"series": "new"}, "new", 1),
        ("series", {"series": "new", "titles": []}, "new", 1),
        ("titles", {"series": "new"}, "old", 0),
        ("series,titles", {}, "", 0),
        ("*", {"series": "new"}, "new", 0),
    ],
    ids=["set-fields", "one-path", "cleared-list", "cleared-both", "everything"],
)
def test_masks(api: Any, mask: str, sent: dict[str, Any], series: str, titles: int) -> None:
    created = api.create("summits", "s", series="old", titles=[{"text": "T"}])
    request = {"summit": {"name": created.name, **sent}, "update_mask": mask}
    changed = api("UpdateSummit", **request).summit
    assert (changed.series, len(changed.titles)) == (series, titles)
    assert changed.ical_uid == created.ical_uid


def test_a_nested_mask_changes_only_what_it_names(api: Any) -> None:
    created = api.create("summits", "s", organization={"id": "sco", "region_code": "KZ"})
    sent = {"name": created.name, "organization": {"id": "nato", "region_code": "BE"}}
    changed = api("UpdateSummit", summit=sent, update_mask="organization.id").summit
    assert (changed.organization.id, changed.organization.region_code) == ("nato", "KZ")


def test_allow_missing_creates_once(api: Any) -> None:
    sent = {"name": "calendars/c/summits/s", "series": "x"}
    first = api("UpdateSummit", summit=sent, allow_missing=True)
    second = api("UpdateSummit", summit=sent, allow_missing=True)
    assert first.summit == second.summit
    assert second.header.revision == first.header.revision == first.summit.revision


@pytest.mark.parametrize(
    ("field", "value", "rises"),
    [
        ("status", "EVENT_STATUS_ANNOUNCED", True),
        ("places", [{"region_code": "TJ"}], True),
        ("titles", [{"text": "other"}], False),
    ],
)
def test_sequence_rises_for_time_place_and_status(
    api: Any, field: str, value: Any, rises: bool
) -> None:
    created = api.create("summits", "s")
    changed = api("UpdateSummit", summit={"name": created.name, field: value}).summit
    assert changed.sequence == created.sequence + rises


def test_update_with_an_old_etag_is_refused(api: Any) -> None:
    created = api.create("summits", "s")
    api("UpdateSummit", summit={"name": created.name, "etag": created.etag, "series": "first"})
    late = {"name": created.name, "etag": created.etag, "series": "second"}
    refusal = api.refusal("UpdateSummit", summit=late)
    stored = api("GetSummit", name=created.name).summit
    assert (refusal.reason, stored.series) == ("ETAG_MISMATCH", "first")
    assert refusal.metadata["etag"] == stored.etag


def test_batch_get_keeps_the_order_of_names(api: Any) -> None:
    names = [api.create("summits", id).name for id in ("a", "b", "c")]
    requested = [names[2], names[0], names[1], names[0]]
    answer = api("BatchGetSummits", parent="calendars/c", names=requested)
    assert [summit.name for summit in answer.summits] == requested


@pytest.mark.parametrize("sizes", [[1], [2], [3, 1], [100]], ids=str)
def test_pages_joined_are_the_list(api: Any, sizes: list[int]) -> None:
    names = sorted(api.create("summits", f"s{n}").name for n in range(5))
    token, collected, turn = "", [], 0
    while True:
        page = api(
            "ListSummits",
            parent="calendars/c",
            page_size=sizes[turn % len(sizes)],
            page_token=token,
        )
        collected += [summit.name for summit in page.summits]
        token, turn = page.next_page_token, turn + 1
        if not token:
            break
    assert collected == names


def test_list_of_all_calendars_has_the_records_of_each(api: Any) -> None:
    api.create("calendars", "d")
    names = [api.create("summits", "s", parent=f"calendars/{c}").name for c in "cd"]
    assert [s.name for s in api("ListSummits", parent="calendars/-").summits] == names
    assert [s.name for s in api("ListSummits", parent="calendars/d").summits] == names[1:]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({"region_codes": ["KZ"]}, ["almaty", "astana"]),
        ({"region_codes": ["KZ", "FR"]}, ["almaty", "astana", "paris"]),
        ({"cities": ["Astana"]}, ["astana"]),
        ({"cities": ["АСТАНА"]}, ["astana"]),
        ({"persons": ["xi-jinping"]}, ["astana"]),
        ({"persons": ["Xi Jinping"]}, ["astana"]),
        ({"persons": ["Xi"]}, []),
        ({"organizations": ["SCO"]}, ["almaty"]),
        ({"statuses": ["EVENT_STATUS_CANCELLED"]}, ["paris"]),
        ({"text": "elysee DEJEUNER"}, ["paris"]),
        ({"text": "déjeuner astana"}, []),
        ({"labels": {"desk": "asia"}}, ["almaty"]),
        ({"labels": {"desk": "europe"}}, []),
        ({"region_codes": ["KZ"], "cities": ["paris"]}, []),
        ({"text": "%_"}, []),
    ],
    ids=str,
)
def test_filters(api: Any, filter: dict[str, Any], expected: list[str]) -> None:
    names = [{"text": "Astana"}, {"text": "Астана", "language_code": "ru"}]
    xi = {"id": "xi-jinping", "names": [{"text": "Xi Jinping"}]}
    api.create(
        "meetings", "astana", places=[{"region_code": "KZ", "localities": names}],
        participants=[{"person": xi}],
    )  # fmt: skip
    sco = {"kind": "PARTY_KIND_ORGANIZATION", "id": "sco"}
    api.create(
        "meetings", "almaty", places=[{"region_code": "KZ"}], labels={"desk": "asia"},
        participants=[{"party": sco}],
    )  # fmt: skip
    api.create(
        "meetings", "paris", places=[{"region_code": "FR", "localities": [{"text": "Paris"}]}],
        status="EVENT_STATUS_CANCELLED", titles=[{"text": "Déjeuner à l'Élysée"}],
    )  # fmt: skip
    answer = api("ListMeetings", parent="calendars/c", filter=filter)
    assert [meeting.name.rpartition("/")[2] for meeting in answer.meetings] == expected


def test_unknown_count_and_money_without_a_list(api: Any) -> None:
    outcome = {
        "kind": "OUTCOME_KIND_AGREEMENT",
        "count": 17,
        "amount": {"currency_code": "USD", "units": "629000000"},
    }
    created = api.create("meetings", "forum", outcomes=[outcome])
    assert (created.outcomes[0].count, created.outcomes[0].amount.units) == (17, 629_000_000)


def test_header_has_store_revision_and_time_zone_version(api: Any) -> None:
    header = api("ListSummits", parent="calendars/c").header
    assert header.store_id and header.tzdb_version[:2] == "20" and header.revision == 1


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ({"localities": [{"text": "Astana"}], "region_code": "KZ"}, "Asia/Almaty"),
        ({"localities": [{"text": "Астана"}]}, "Asia/Almaty"),
        ({"region_code": "FR"}, "Europe/Paris"),
        (
            {
                "localities": [{"text": "Nowhere"}],
                "position": {"latitude": 51.1, "longitude": 71.4},
            },
            "Asia/Almaty",
        ),
        ({"localities": [{"text": "Astana"}], "time_zone": "Asia/Qostanay"}, "Asia/Qostanay"),
    ],
    ids=["city", "other-script", "country", "coordinates", "as-given"],
)
def test_a_wall_time_without_a_zone_gets_that_of_its_place(api: Any, place: Any, zone: str) -> None:
    time = {"timed": {"start": {"civil_time": "2024-07-04T10:00"}}}
    created = api.create("meetings", "m", time=time, places=[place])
    assert created.time.timed.start.time_zone == zone
    assert created.places[0].time_zone == place.get("time_zone", ""), "the place stays as given"


def test_wall_time_without_a_zone_gets_that_of_the_main_place(api: Any) -> None:
    places = [
        {"position": {"latitude": 51.1, "longitude": 71.4}},
        {"position": {"latitude": 48.9, "longitude": 2.4}},
    ]
    time = {"timed": {"start": {"civil_time": "2024-07-04T10:00"}}}
    created = api.create("meetings", "m", time=time, places=places)
    assert created.time.timed.start.time_zone == "Asia/Almaty"


@pytest.mark.parametrize(
    ("place", "reason", "candidate"),
    [
        ({"localities": [{"text": "Nowhere"}]}, "UNKNOWN_PLACE", ""),
        (
            {"localities": [{"text": "Springfield"}], "region_code": "US"},
            "UNKNOWN_PLACE",
            "America/New_York",
        ),
        ({"localities": [{"text": "Santiago"}]}, "AMBIGUOUS_PLACE", "America/Santiago"),
    ],
    ids=["unknown", "of-the-country", "in-two-countries"],
)
def test_an_unclear_place_is_refused_with_candidates(
    api: Any, place: Any, reason: str, candidate: str
) -> None:
    time = {"timed": {"start": {"civil_time": "2024-07-04T10:00"}}}
    body = {"time": time, "places": [place]}
    refusal = api.refusal("CreateMeeting", parent="calendars/c", meeting_id="m", meeting=body)
    assert (refusal.reason, refusal.field) == (reason, "meeting.time.timed.start.time_zone")
    assert candidate in refusal.metadata["candidates"]


@pytest.mark.parametrize("url", ["HTTPS://Example.org/a", "Http://example.org", "https://x.org/"])
def test_scheme_of_an_address_is_read_in_any_case(api: Any, url: str) -> None:
    """RFC 3986 3.1: schemes are case-insensitive; the address is kept as it was written."""
    created = api.create("meetings", "m", links=[{"url": url}], sources=[{"id": "s", "url": url}])
    assert (created.links[0].url, created.sources[0].url) == (url, url)


def test_output_only_fields_are_cleared_at_any_depth() -> None:
    record = Meeting(name="calendars/c/meetings/m", revision=7)
    record.time.dates.first_date = "2024-07-03"
    record.time.resolved.start_text = "sent"
    record.claims.add(source_id="a").time.resolved.start_text = "sent"
    clear_output(record)
    assert record == Meeting(
        name="calendars/c/meetings/m",
        time={"dates": {"first_date": "2024-07-03"}},
        claims=[{"source_id": "a", "time": {}}],
    )
