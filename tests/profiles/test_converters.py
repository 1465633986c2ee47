"""Converting research data by profiles: each peculiarity is stored and nothing is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.errors import FileFormatError
from summitry.fields import identifier
from summitry.v1 import event_status_pb2, participant_pb2, party_pb2, visit_pb2

# Facts of the White House's and the SCO's own announcements, in the form of the data.
VISIT: Mapping[str, Any] = {
    "id": "example-visit-1",
    "record": "visit",
    "host": {"iso2": "US"},
    "sending": {
        "label": "India",
        "slug": "india",
        "iso2": "IN",
        "iso3166_3": None,
        "polity_at_the_time": None,
    },
    "visitors": [{"title": "Prime Minister", "name": "Narendra Modi"}],
    "visitor_raw": "Prime Minister Narendra Modi",
    "kinds": ["state_visit"],
    "start": "2023-06-21",
    "end": "2023-06-24",
    "text_dates": [],
    "description": "State visit.",
    "irregular": [],
    "source": "https://example.org/visits",
    "source_file": "visits.xml",
    "license": "CC0-1.0",
    "original": {"id": "1", "visitor": "Prime Minister Narendra Modi", "note": "é"},
}
SUMMIT: Mapping[str, Any] = {
    "id": "example-summit-1",
    "record": "summit",
    "series": "SCO Council of Heads of State",
    "edition": 22,
    "name": "22nd SCO summit, Samarkand 2022",
    "places": [{"name": "Samarkand", "iso2": "UZ", "tz": "Asia/Samarkand"}],
    "host": "UZ",
    "start": "2022-09-15",
    "end": "2022-09-16",
    "status": "held",
    "format": "in_person",
    "source": "https://example.org/sco (2022-09-16, communique)",
    "sources": ["https://example.org/sco (2022-09-16, communique)"],
    "claims": [],
    "irregular": [],
    "license": "fact, source as cited",
}

# The journey of a president to NATO in 1957, and who came to Chicago in 2012, as the registers have it.
TRAVEL: Mapping[str, Any] = {
    "id": "example-att-1",
    "record": "summit_attendance",
    "series": "NATO summit",
    "direction": "abroad",
    "host": {
        "label": "France",
        "slug": "france",
        "iso2": "FR",
        "iso3166_3": None,
        "polity_at_the_time": None,
    },
    "places": [{"name": "Paris", "match": {"name": "Paris", "iso2": "FR", "tz": "Europe/Paris"}}],
    "tz": ["Europe/Paris"],
    "present_from": "1957-12-14",
    "present_to": "1957-12-19",
    "meaning": "days in that country",
    "attendee": {
        "office": "president",
        "name": "Dwight D. Eisenhower",
        "slug": "eisenhower-dwight-d",
    },
    "text": "Attended meeting of NATO Heads of Government.",
    "from": "hsg-travel-2746",
    "license": "CC0-1.0",
    "source": "https://example.org/travels",
}
RECEIVED: Mapping[str, Any] = {
    "id": "example-att-2",
    "record": "summit_attendance",
    "series": "NATO summit",
    "direction": "in_usa",
    "host": {"iso2": "US"},
    "usual_from": "2012-05-20",
    "usual_to": "2012-05-21",
    "texts": ["Attended the NATO Summit in Chicago."],
    "delegations": [
        {
            "visit": "hsg-visit-1",
            "from": "Poland",
            "iso2": "PL",
            "start": "2012-05-19",
            "end": "2012-05-21",
            "visitors": [
                {"title": "President", "name": "Bronisław Komorowski"},
                {"title": None, "name": "A. N. Other"},
            ],
        },
        {
            "visit": "hsg-visit-2",
            "from": "Ruritania",
            "iso2": None,
            "start": "2012-05-20",
            "end": "2012-05-20",
            "visitors": [],
        },
    ],
    "license": "CC0-1.0",
    "source": "https://example.org/visits",
}

Convert = Callable[..., Any]


def sending(**changes: Any) -> dict[str, Any]:
    return {**VISIT["sending"], **changes}


class TestVisits:
    def test_entry_is_converted_completely(self, converted: Convert) -> None:
        visit = converted(VISIT)
        assert visit.name == "calendars/us-visits/visits/example-visit-1"
        assert visit.titles[0].text == "India: Prime Minister Narendra Modi in the US"
        assert (visit.guest.region_code, visit.host.region_code) == ("IN", "US")
        assert visit.principals[0].names[0].text == "Narendra Modi"
        assert visit.principals[0].offices[0].text == "Prime Minister"
        assert not visit.principals[0].id
        assert json.loads(visit.original) == VISIT["original"]

    def test_days_without_a_known_town_have_no_zone(self, converted: Convert) -> None:
        visit = converted(VISIT)
        assert visit.time.dates.first_date == "2023-06-21"
        assert visit.time.dates.last_date == "2023-06-24"
        assert not visit.time.dates.time_zone
        assert not visit.places[0].time_zone

    @pytest.mark.parametrize(
        ("kinds", "expected"),
        [
            pytest.param([], [], id="not stated"),
            pytest.param(
                ["state_visit", "private_visit"],
                [visit_pb2.VISIT_KIND_STATE, visit_pb2.VISIT_KIND_PRIVATE],
                id="two kinds, two segments",
            ),
            pytest.param(
                ["funeral_attendance"], [visit_pb2.VISIT_KIND_CEREMONIAL], id="ceremonial"
            ),
        ],
    )
    def test_kinds_become_segments(
        self, converted: Convert, kinds: list[str], expected: list[int]
    ) -> None:
        segments = converted(VISIT, kinds=kinds).segments
        assert [segment.kind for segment in segments] == expected
        assert [segment.kind_text for segment in segments] == kinds

    @pytest.mark.parametrize(
        ("changes", "flags", "kind", "region"),
        [
            pytest.param({}, [], party_pb2.PARTY_KIND_STATE, "IN", id="state"),
            pytest.param(
                {"label": "Upper Volta", "iso2": "BF", "iso3166_3": "HVBF"},
                ["RENAMED_STATE"],
                party_pb2.PARTY_KIND_FORMER_STATE,
                "HVBF",
                id="former state",
            ),
            pytest.param(
                {"label": "Hawaii", "iso2": None, "polity_at_the_time": "Kingdom of Hawaii"},
                ["HISTORIC_STATE"],
                party_pb2.PARTY_KIND_FORMER_STATE,
                "",
                id="state without a code",
            ),
            pytest.param(
                {"label": "Poland (government-in-exile)", "iso2": "PL"},
                ["GOVERNMENT_NOT_STATE"],
                party_pb2.PARTY_KIND_GOVERNMENT_IN_EXILE,
                "PL",
                id="government in exile",
            ),
            pytest.param(
                {"label": "Niue", "slug": "niue", "iso2": "NU"},
                ["NOT_A_UN_MEMBER"],
                party_pb2.PARTY_KIND_ASSOCIATED_STATE,
                "NU",
                id="associated state",
            ),
        ],
    )
    def test_sending_polity_sets_kind_and_region_of_the_guest(
        self, converted: Convert, changes: Any, flags: list[str], kind: int, region: str
    ) -> None:
        guest = converted(VISIT, sending=sending(**changes), irregular=flags).guest
        assert (guest.kind, guest.region_code) == (kind, region)
        assert guest.source_text == changes.get("label", "India")

    def test_date_in_the_text_is_a_claim_with_its_words(self, converted: Convert) -> None:
        visit = converted(VISIT, text_dates=[{"text": "Arrived June 20", "month": 6, "day": 20}])
        (claim,) = visit.claims
        assert (claim.field_path, claim.text) == ("time", "Arrived June 20")
        assert claim.source_id == visit.sources[0].id


class TestSummits:
    def test_entry_is_converted_completely(self, converted: Convert) -> None:
        summit = converted(SUMMIT)
        assert (summit.series, summit.edition) == ("sco-council-of-heads-of-state", 22)
        assert summit.level == party_pb2.LEVEL_HEAD_OF_STATE
        assert summit.time.dates.time_zone == "Asia/Samarkand"
        assert summit.sources[0].url == "https://example.org/sco"
        assert summit.sources[0].published == "2022-09-16"
        assert json.loads(summit.original) == SUMMIT

    @pytest.mark.parametrize(
        ("changes", "when"),
        [
            pytest.param({"start": "1964-01", "end": None}, "1964-01", id="month"),
            pytest.param({"start": "1991", "end": None}, "1991", id="year"),
            pytest.param({"start": "2019-03-31", "end": None}, ("2019-03-31", ""), id="open end"),
            pytest.param(
                {"start": "2011", "end": None, "end_known": "2011-11-04"},
                ("", "2011-11-04"),
                id="open start",
            ),
            pytest.param({"start": "after 2020-12-31", "end": None}, "2021-01-01/..", id="after"),
            pytest.param({"start": "2022-autumn", "end": None}, "2022-23", id="season"),
        ],
    )
    def test_incomplete_days_are_open_or_partial(
        self, converted: Convert, changes: Any, when: Any
    ) -> None:
        time = converted(SUMMIT, **changes).time
        dates = time.partial.edtf or (time.dates.first_date, time.dates.last_date)
        assert dates == when

    @pytest.mark.parametrize(
        ("places", "zone"),
        [
            pytest.param([("Fortaleza", "America/Fortaleza")], "America/Fortaleza", id="one"),
            pytest.param(
                [("Fortaleza", "America/Fortaleza"), ("Brasília", "America/Sao_Paulo")],
                "",
                id="two zones",
            ),
            pytest.param([(None, None)], "", id="no town"),
        ],
    )
    def test_days_have_the_zone_common_to_all_places(
        self, converted: Convert, places: Any, zone: str
    ) -> None:
        entries = [{"name": name, "iso2": "BR", "tz": tz} for name, tz in places]
        assert converted(SUMMIT, places=entries).time.dates.time_zone == zone

    def test_zone_outside_the_country_is_left_out(self, converted: Convert) -> None:
        places = [{"name": "Montebello", "iso2": "CA", "tz": "America/Halifax"}]
        assert not converted(SUMMIT, places=places).places[0].time_zone

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            ("held", event_status_pb2.EVENT_STATUS_CONCLUDED),
            ("planned", event_status_pb2.EVENT_STATUS_ANNOUNCED),
            ("cancelled", event_status_pb2.EVENT_STATUS_CANCELLED),
            ("withdrawn_by_host", event_status_pb2.EVENT_STATUS_WITHDRAWN_BY_HOST),
        ],
    )
    def test_status_is_converted_with_its_text(
        self, converted: Convert, status: str, expected: int
    ) -> None:
        summit = converted(SUMMIT, status=status)
        assert (summit.status, summit.status_text) == (expected, status)

    def test_disagreeing_source_is_a_second_claim(self, converted: Convert) -> None:
        second_claim = {
            "start": "2022-09-14",
            "end": None,
            "source": "https://example.net/",
            "note": "?",
        }
        summit = converted(SUMMIT, claims=[second_claim])
        assert [source.url for source in summit.sources] == [
            "https://example.org/sco",
            "https://example.net/",
        ]
        assert [(claim.source_id, claim.time.dates.first_date) for claim in summit.claims] == [
            ("s1", "2022-09-15"),
            ("s2", "2022-09-14"),
        ]

    def test_earlier_plans_are_previous_times_or_claims(self, converted: Convert) -> None:
        """Those with days are previous times; those with only a place are claims about it."""
        previous = [
            {"place": "Kinshasa", "status": "planned first"},
            {"start": "2022-06", "announced": "2022-01-10"},
        ]
        summit = converted(SUMMIT, previous=previous)
        assert [(c.field_path, c.text) for c in summit.claims] == [("places", "Kinshasa")]
        (before,) = summit.previous_times
        assert before.time.partial.edtf == "2022-06"
        assert before.reason == "announced 2022-01-10"

    def test_sessions_are_claims_about_the_time(self, converted: Convert) -> None:
        sessions = [
            {"start": "2022-09-15", "end": "2022-09-16", "place": "Samarkand"},
            {"start": "2022-11", "place": "Tashkent", "status": "resumed"},
        ]
        claims = converted(SUMMIT, sessions=sessions).claims
        assert [claim.note for claim in claims] == [
            "",
            "session: Samarkand",
            "session: Tashkent; resumed",
        ]


class TestAttendance:
    def test_travel_is_a_visit_of_the_days_in_the_country(self, converted: Convert) -> None:
        visit = converted(TRAVEL)
        assert visit.name == "calendars/summit-attendance/visits/example-att-1"
        assert (visit.guest.region_code, visit.host.region_code) == ("US", "FR")
        assert visit.principals[0].id == "eisenhower-dwight-d"
        dates = visit.time.dates
        assert (dates.first_date, dates.last_date, dates.time_zone) == (
            "1957-12-14",
            "1957-12-19",
            "Europe/Paris",
        )
        assert visit.time.source_text == "days in that country"
        assert visit.segments[0].kind == visit_pb2.VISIT_KIND_MULTILATERAL_ATTENDANCE
        assert json.loads(visit.original) == TRAVEL

    def test_days_in_two_zones_have_no_zone(self, converted: Convert) -> None:
        assert not converted(TRAVEL, tz=["Europe/Paris", "Europe/London"]).time.dates.time_zone

    def test_former_state_has_its_own_name_and_code(self, converted: Convert) -> None:
        host = {**TRAVEL["host"], "iso2": "DE", "iso3166_3": "DDDE", "polity_at_the_time": "GDR"}
        visit = converted(TRAVEL, host=host)
        assert (visit.host.names[0].text, visit.host.region_code) == ("GDR", "DDDE")
        assert visit.host.kind == party_pb2.PARTY_KIND_FORMER_STATE

    def test_group_is_a_summit_with_a_delegation_for_each_guest(self, convert: Convert) -> None:
        calendar, summit, poland, former_state = convert(RECEIVED)
        assert summit.name == f"{calendar.name}/summits/example-att-2"
        assert summit.time.start_unconfirmed and summit.time.end_unconfirmed
        assert json.loads(summit.original) == RECEIVED
        (engagement,) = poland.engagements
        assert engagement.event == summit.name
        assert engagement.presence.dates.first_date == "2012-05-19"
        roles = [(m.role, m.person.names[0].text, m.person.offices) for m in poland.members]
        assert [role[:2] for role in roles] == [
            (participant_pb2.DELEGATION_ROLE_HEAD, "Bronisław Komorowski"),
            (participant_pb2.DELEGATION_ROLE_HEAD, "A. N. Other"),
        ]
        assert json.loads(poland.original) == RECEIVED["delegations"][0]
        assert (poland.party.kind, former_state.party.kind) == (
            party_pb2.PARTY_KIND_STATE,
            party_pb2.PARTY_KIND_FORMER_STATE,
        )
        assert not former_state.members

    def test_reversed_usual_days_are_swapped(self, convert: Convert) -> None:
        entry = {**RECEIVED, "usual_from": "2012-05-21", "usual_to": "2012-05-20"}
        dates = convert(entry)[1].time.dates
        assert (dates.first_date, dates.last_date) == ("2012-05-20", "2012-05-21")

    def test_unknown_direction_is_rejected(self, converted: Convert) -> None:
        with pytest.raises(FileFormatError, match="unknown direction 'sideways'"):
            converted(TRAVEL, direction="sideways")


class TestIds:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("summit-sommet-de-la-francophonie-18", "summit-sommet-de-la-francophonie-18"),
            ("Côte d'Ivoire", "cote-d-ivoire"),
            ("U.S.S.R.", "u-s-s-r"),
        ],
    )
    def test_identifier_is_readable(self, text: str, expected: str) -> None:
        assert identifier(text) == expected

    @given(st.text())
    def test_identifier_of_any_text_is_valid(self, text: str) -> None:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", identifier(text))

    def test_long_texts_with_equal_beginnings_have_distinct_identifiers(self) -> None:
        first, second = (identifier("x" * 80 + end) for end in "ab")
        assert first != second


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("{", "line 2: ", id="no JSON"),
        pytest.param("[]", "line 2: ", id="no object"),
        pytest.param('{"record": "parade"}', "is a 'parade', not a 'visit'", id="unknown record"),
        pytest.param('{"record": "visit"}', "the entry has no 'id'", id="missing field"),
        pytest.param(
            json.dumps({**VISIT, "kinds": ["boat_trip"]}), "'boat_trip'", id="unknown kind"
        ),
    ],
)
def test_unknown_entry_is_rejected_with_its_line(convert: Convert, line: str, message: str) -> None:
    with pytest.raises(FileFormatError, match=re.escape(message)) as caught:
        convert(VISIT, line)
    assert caught.value.position == 2


def test_unknown_date_is_rejected(converted: Convert) -> None:
    with pytest.raises(FileFormatError, match="unknown date 'soon'"):
        converted(SUMMIT, start="soon")


def test_calendar_precedes_its_records(convert: Convert) -> None:
    names = [record.name for record in convert(VISIT, {**VISIT, "id": "example-visit-2"})]
    assert names == [
        "calendars/us-visits",
        "calendars/us-visits/visits/example-visit-1",
        "calendars/us-visits/visits/example-visit-2",
    ]


@pytest.mark.parametrize(
    ("file", "count"), [("visits.ndjson", 3264), ("summits.ndjson", 186)], ids=["visits", "summits"]
)
def test_shared_data_is_converted_completely_and_accepted(
    shared_data: Path, convert: Convert, admit: Any, file: str, count: int
) -> None:
    lines = (shared_data / file).read_text("utf-8").splitlines()
    calendar, *messages = convert(*lines)
    assert len(messages) == len(lines) == count
    assert len({message.name for message in messages}) == count
    assert len({message.ical_uid for message in messages}) == count
    for line, message in zip(lines, messages, strict=True):
        entry = json.loads(line)
        assert json.loads(message.original) == entry.get("original", entry)
        assert message.name.startswith(f"{calendar.name}/")
        assert message.time.WhichOneof("when")
        admit(message)
