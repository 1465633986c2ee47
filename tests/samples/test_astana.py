"""The Astana calendar: every document is a record, and the records agree with one another."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.message import Message

from summitry.formats.files import read_records
from summitry.v1 import event_status_pb2, participant_pb2, party_pb2, provenance_pb2

CALENDAR = "calendars/astana-2024"
FILES = ("calendar", "summits", "visits", "meetings", "delegations", "notices", "feeds")
FOUR_CITIES = ["almaty", "astana", "karaganda", "kokshetau"]


class PlainLoader(yaml.SafeLoader):
    """YAML without timestamps: an unquoted date stays text."""


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    return root / "samples" / "astana-2024"


@pytest.fixture(scope="module")
def records(folder: Path, parse: Any) -> dict[str, Any]:
    """Return the messages of all files by name, in the order in which they load."""
    records_by_name: dict[str, Any] = {}
    for file in FILES:
        for document in yaml.load_all((folder / f"{file}.yaml").read_text("utf-8"), PlainLoader):
            assert document["name"] not in records_by_name
            records_by_name[document["name"]] = parse(document)
    assert len(records_by_name) > 25
    return records_by_name


def of_kind(records: dict[str, Any], collection: str) -> list[Any]:
    return [record for name, record in records.items() if name.split("/")[-2] == collection]


def messages_within(message: Message) -> list[Message]:
    """Return the message and all messages in it."""
    messages = [message]
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for child in value if field.is_repeated else [value]:
            messages += messages_within(child)
    return messages


def test_every_file_is_read(folder: Path) -> None:
    assert sorted(path.stem for path in folder.glob("*.yaml")) == sorted(FILES)


def test_dates_are_the_same_for_a_loader_that_converts_dates(folder: Path) -> None:
    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [leaf for child in value.values() for leaf in leaves(child)]
        if isinstance(value, list):
            return [leaf for child in value for leaf in leaves(child)]
        return [value]

    for path in folder.glob("*.yaml"):
        for document in yaml.safe_load_all(path.read_text("utf-8")):
            assert not [leaf for leaf in leaves(document) if isinstance(leaf, (date, datetime))]


def test_files_equal_the_records_of_the_demo(folder: Path, records: dict[str, Any]) -> None:
    read = [record for file in FILES for _, record in read_records(folder / f"{file}.yaml")]
    assert read == list(records.values())


def test_server_accepts_every_record(records: dict[str, Any], admit: Any) -> None:
    for record in records.values():
        stored = type(record)()
        stored.CopyFrom(record)
        admit(stored)


def test_names_and_uids_are_well_formed_and_unique(records: dict[str, Any]) -> None:
    for name in records:
        assert re.fullmatch(rf"{CALENDAR}(/[a-z]+/[a-z0-9][a-z0-9-]{{0,62}})?", name)
    uids = [record.ical_uid for record in records.values()]
    assert len(set(uids)) == len(uids)
    assert all(uid.endswith("@astana-2024.summitry.example") for uid in uids)


def test_titles_are_in_english_and_french(records: dict[str, Any]) -> None:
    for name, record in records.items():
        assert [title.language_code for title in record.titles] == ["en", "fr"], name
        for texts in (record.titles, record.summaries):
            assert all(text.text.strip() == text.text != "" for text in texts), name


def test_claims_and_outcomes_name_sources_of_their_record(records: dict[str, Any]) -> None:
    for name, record in records.items():
        sources = [source.id for source in record.sources]
        assert sources or "/feeds/" in name, f"{name} has no source"
        assert len(set(sources)) == len(sources), name
        cited = [claim.source_id for claim in record.claims]
        cited += [
            outcome.source_id for outcome in getattr(record, "outcomes", []) if outcome.source_id
        ]
        assert set(cited) <= set(sources), name


def test_claims_name_existing_fields_and_have_a_value(records: dict[str, Any]) -> None:
    for name, record in records.items():
        for claim in record.claims:
            assert claim.field_path in record.DESCRIPTOR.fields_by_name, name
            assert claim.WhichOneof("value"), name


def test_records_refer_to_records_of_the_calendar(records: dict[str, Any]) -> None:
    for record in of_kind(records, "meetings") + of_kind(records, "notices"):
        assert not record.parent_event or record.parent_event in records
    for delegation in of_kind(records, "delegations"):
        assert delegation.engagements
        for engagement in delegation.engagements:
            assert engagement.event in records, delegation.name


def test_preferred_time_is_that_of_the_best_source(records: dict[str, Any]) -> None:
    """The first claim of the best rank gives the time of the record."""
    count = 0
    for name, record in records.items():
        ranks = {source.id: source.rank for source in record.sources}
        times = [claim for claim in record.claims if claim.field_path == "time"]
        if not times or getattr(record, "illustrative", False):
            continue
        best = min(times, key=lambda claim: ranks[claim.source_id])
        form = record.time.WhichOneof("when")
        assert getattr(best.time, form) == getattr(record.time, form), name
        count += 1
    assert count >= 5


def test_equal_ids_have_equal_names_in_every_record(
    records: dict[str, Any],
) -> None:
    """Expect the same names and region for an id in every record that has it."""
    known_facts: dict[tuple[str, str], Any] = {}
    for record in records.values():
        for message in messages_within(record):
            kind = message.DESCRIPTOR.name
            if kind not in ("Person", "Party", "Place"):
                continue
            key = (kind, message.id)
            facts = message.localities if kind == "Place" else message.names
            assert known_facts.setdefault(key, facts) == facts, key


def test_summit_has_a_claim_for_each_answer_about_its_days(records: dict[str, Any]) -> None:
    summit = records[f"{CALENDAR}/summits/sco-24"]
    assert (summit.edition, summit.time.dates.time_zone) == (24, "Asia/Almaty")
    days = {
        claim.source_id: (claim.time.dates.first_date, claim.time.dates.last_date)
        for claim in summit.claims
        if claim.field_path == "time"
    }
    assert days["akorda"] == ("2024-07-03", "2024-07-04")
    assert days["astana-times"] == ("2024-07-04", "2024-07-04")
    assert days["la-gazette"] == ("2024-07-02", "2024-07-06")
    counts = [claim.number for claim in summit.claims if claim.WhichOneof("value") == "number"]
    assert counts == [24, 25]


def test_trip_is_two_visits_with_one_key(records: dict[str, Any]) -> None:
    visits = of_kind(records, "visits")
    assert {visit.trip for visit in visits} == {"xi-2024-07"}
    assert [visit.host.region_code for visit in visits] == ["KZ", "TJ"]
    for visit in visits:
        for segment in visit.segments:
            assert visit.time.dates.first_date <= segment.time.dates.first_date
            assert segment.time.dates.last_date <= visit.time.dates.last_date


def test_beijing_meeting_has_a_month_without_a_day(records: dict[str, Any]) -> None:
    meeting = records[f"{CALENDAR}/meetings/xi-tokayev-beijing-2023"]
    assert meeting.time.partial.edtf == "2023-10"
    assert [outcome.count for outcome in meeting.outcomes] == [23, 1]


def test_forum_has_count_and_amount_without_a_list(records: dict[str, Any]) -> None:
    forum = records[f"{CALENDAR}/meetings/kazakhstan-china-forum-3"]
    (outcome,) = forum.outcomes
    assert (outcome.count, outcome.amount.currency_code, outcome.amount.units) == (
        17,
        "USD",
        629_000_000,
    )


def test_hours_are_either_sourced_or_labelled_illustrative(records: dict[str, Any]) -> None:
    """An hour that no source gives is marked in the field and in every title."""
    hours = {}
    for name, record in records.items():
        if record.time.WhichOneof("when") != "timed":
            continue
        sourced = any(claim.time.timed == record.time.timed for claim in record.claims)
        assert getattr(record, "illustrative", False) != sourced, name
        if not sourced:
            english, french = record.titles
            assert "illustrative" in english.text, name
            assert "exemple" in french.text, name
            hours[record.time.timed.start.civil_time[:10]] = record.places[0].id
    assert hours == {"2024-07-03": "astana", "2024-07-04": "astana"}


def test_yellow_level_covers_four_cities_with_measures(records: dict[str, Any]) -> None:
    notice = records[f"{CALENDAR}/notices/yellow-level"]
    assert (notice.code, sorted(place.id for place in notice.places)) == ("yellow", FOUR_CITIES)
    assert len(notice.measures) == 3
    assert {place.time_zone for place in notice.places} == {"Asia/Almaty"}


def test_article_has_its_printed_date(records: dict[str, Any]) -> None:
    printed = {
        source.published
        for record in records.values()
        for source in record.sources
        if source.id == "la-gazette"
    }
    assert printed == {"2024-07-03T07:00+01:00"}


def test_only_members_participate_in_the_council(records: dict[str, Any]) -> None:
    council = f"{CALENDAR}/meetings/sco-24-council"
    at_council = {
        record.party_status
        for record in of_kind(records, "delegations")
        if any(engagement.event == council for engagement in record.engagements)
    }
    assert at_council == {
        party_pb2.PARTY_STATUS_HOST,
        party_pb2.PARTY_STATUS_MEMBER,
        party_pb2.PARTY_STATUS_ACCEDING,
    }


def test_each_delegation_has_one_head_and_a_party(records: dict[str, Any]) -> None:
    delegations = of_kind(records, "delegations")
    assert len(delegations) == 17
    for record in delegations:
        heads = [m for m in record.members if m.role == participant_pb2.DELEGATION_ROLE_HEAD]
        assert len(heads) == 1, record.name
        assert heads[0].person.offices, record.name
        assert record.party.kind in (
            party_pb2.PARTY_KIND_STATE,
            party_pb2.PARTY_KIND_ORGANIZATION,
        )


def test_all_records_are_past_and_all_sources_ranked(records: dict[str, Any]) -> None:
    for name, record in records.items():
        if name != CALENDAR and "/feeds/" not in name:
            assert record.status == event_status_pb2.EVENT_STATUS_CONCLUDED, name
        for source in record.sources:
            assert source.rank != provenance_pb2.SOURCE_RANK_UNSPECIFIED, (name, source.id)
            assert source.url.startswith(("https://", "http://")), (name, source.id)


def test_visit_to_kazakhstan_is_made_for_the_summit(records: dict[str, Any]) -> None:
    visits = {name: record.summit for name, record in records.items() if "/visits/" in name}
    assert visits == {
        f"{CALENDAR}/visits/xi-kazakhstan": f"{CALENDAR}/summits/sco-24",
        f"{CALENDAR}/visits/xi-tajikistan": "",
    }
