"""Hours, offsets and zones as real sources print them, one test per case."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.errors import InvalidArgumentError
from summitry.v1.event_time_pb2 import TimeAuthority


def start_text(record: Any) -> str:
    text: str = record.time.resolved.start_text
    return text


def test_n18_agenda_of_one_local_day_lists_events_of_five_countries(desk: Any, make: Any) -> None:
    stops = {
        "thailand": ("Asia/Bangkok", "07:00", "+07:00"),
        "vietnam": ("Asia/Ho_Chi_Minh", "10:00", "+08:00"),
        "pakistan": ("Asia/Karachi", "16:00", "+05:00"),
        "italy": ("Europe/Rome", "17:30", "+01:00"),
        "vatican": ("Europe/Vatican", "20:00", "+01:00"),
    }
    for id, (zone, clock, offset) in reversed(stops.items()):
        meeting = desk.put(f"meetings/{id}", make.timed(f"1967-12-23T{clock}", zone))
        assert start_text(meeting) == f"1967-12-23T{clock}:00{offset}[{zone}]"
    assert desk.agenda_ids("1967-12-23", zone="Asia/Bangkok") == list(stops)[:-1], (
        "20:00 in Rome is later"
    )
    assert desk.agenda_ids("1967-12-23", zone="Europe/Rome") == list(stops)
    with pytest.raises(InvalidArgumentError) as caught:
        desk.agenda_ids("1967-12-23", zone="")
    assert caught.value.field == "window.dates.time_zone"


def test_n18_stays_without_hours_are_listed_by_leg(desk: Any, make: Any) -> None:
    johnson = make.person("lyndon-johnson", "Lyndon B. Johnson")
    stops = ["Khorat", "Cam Ranh", "Karachi", "Rome", "Vatican City"]
    for leg, town in reversed(list(enumerate(stops, 1))):
        places = [make.town(town, "")]
        day = make.dates("1967-12-23", "1967-12-23")
        desk.put(
            f"visits/{town.lower().replace(' ', '-')}",
            day,
            places=places,
            principals=[johnson],
            leg=leg,
        )
    assert desk.towns_of("lyndon-johnson", "1967-12-23") == stops


def test_n28_session_takes_the_zone_of_its_own_place(desk: Any, make: Any) -> None:
    places = [make.town("Fortaleza", "BR"), make.town("Brasília", "BR")]
    desk.put("summits/brics-6", make.dates("2014-07-14", "2014-07-16"), places=places)
    texts = []
    for month in ("07", "01"):
        for place in places:
            time = {"timed": {"start": {"civil_time": f"2014-{month}-15T10:00"}}}
            session = desk.put(
                f"meetings/{place['localities'][0]['text'][0].lower()}{month}", time, places=[place]
            )
            texts.append(start_text(session)[16:])
    fortaleza = ":00-03:00[America/Fortaleza]"
    july, january = (f":00-0{hours}:00[America/Sao_Paulo]" for hours in (3, 2))
    assert texts == [fortaleza, july, fortaleza, january]


def test_n28_segment_takes_the_zone_of_its_own_place(desk: Any, make: Any) -> None:
    noon = {"timed": {"start": {"civil_time": "2014-01-15T12:00"}}}
    segments = [
        {"time": noon, "places": [place]}
        for place in (make.town("Brasília", "BR"), make.town("Fortaleza", "BR"))
    ]
    visit = desk.put(
        "visits/v", places=[make.town("Brasília", "BR")], segments=[*segments, {"time": noon}]
    )
    zones = [segment.time.timed.start.time_zone for segment in visit.segments]
    assert zones == ["America/Sao_Paulo", "America/Fortaleza", "America/Sao_Paulo"]


def test_n31_fixed_offset_is_stored_without_a_zone(desk: Any, make: Any) -> None:
    start = {"civil_time": "2024-07-03T07:00", "utc_offset": "+01:00"}
    time = {"timed": {"start": start}, "source_text": "3 Juillet 2024 07:00 (UTC+01:00)"}
    meeting = desk.put("meetings/m", time, places=[make.town("Paris", "FR", "Europe/Paris")])
    assert meeting.time.resolved.authority == TimeAuthority.TIME_AUTHORITY_OFFSET
    assert start_text(meeting) == "2024-07-03T07:00:00+01:00"
    assert meeting.time.resolved.interval.start_time.ToJsonString() == "2024-07-03T06:00:00Z"
    assert meeting.time.timed.start.time_zone == ""
    assert desk.time_lines("m") == ["DTSTART:20240703T060000Z"]
    source = {"id": "s", "published": "2024-07-03T07:00+01:00"}
    (stored_source,) = desk.put("summits/s", sources=[source]).sources
    assert (stored_source.published, stored_source.publish_time.ToJsonString()) == (
        "2024-07-03T07:00+01:00", "2024-07-03T06:00:00Z",
    )  # fmt: skip


NEARLY = {
    "civil": (("timed", "2018-03-5T16:00", "UTC"), "timed.start.civil_time", "INVALID_TIME"),
    "date": (("dates", "2018-03-5"), "dates.first_date", "INVALID_DATE"),
    "edtf": (("partial", "2018-03-5"), "partial.edtf", "INVALID_PARTIAL_DATE"),
}


@pytest.mark.parametrize(("time", "field", "reason"), NEARLY.values(), ids=NEARLY)
def test_n34_nearly_iso_time_is_rejected_with_field_and_value(
    desk: Any, make: Any, time: tuple[str, ...], field: str, reason: str
) -> None:
    error = desk.rejection(getattr(make, time[0])(*time[1:]))
    assert (error.field, error.reason) == (f"meeting.time.{field}", reason)
    assert "2018-03-5" in error.metadata["value"] and "2018-03-5" in str(error)


def test_n34_nearly_iso_publication_date_is_rejected(desk: Any) -> None:
    error = desk.rejection(None, sources=[{"id": "s", "published": "2018-03-5T16:00Z"}])
    assert error.field == "meeting.sources[0].published"
    assert (error.reason, error.metadata["value"]) == ("INVALID_TIME", "2018-03-5T16:00Z")


def test_n46_zone_comes_from_the_town_before_the_coordinates(desk: Any, make: Any) -> None:
    centroid = {"position": {"latitude": -10.33, "longitude": -53.20}}  # in the zone of Cuiabá
    place = {**make.town("Brasília", "BR"), **centroid}
    meeting = desk.put(
        "meetings/m", {"timed": {"start": {"civil_time": "2025-03-28T10:00"}}}, places=[place]
    )
    assert start_text(meeting) == "2025-03-28T10:00:00-03:00[America/Sao_Paulo]"
    assert meeting.places[0].position.latitude == -10.33


def test_n48_zone_ids_are_stored_unchanged_and_sorted_by_offset(desk: Any, make: Any) -> None:
    ids = {
        "Asia/Bangkok": "+07:00", "Asia/Ho_Chi_Minh": "+07:00", "Asia/Saigon": "+07:00",
        "Asia/Samarkand": "+05:00", "Asia/Tashkent": "+05:00", "Africa/Lubumbashi": "+02:00",
    }  # fmt: skip
    for number, (zone, offset) in enumerate(ids.items()):
        meeting = desk.put(f"meetings/m{number}", make.timed("2024-09-12T10:00", zone))
        assert meeting.time.timed.start.time_zone == zone
        assert start_text(meeting) == f"2024-09-12T10:00:00{offset}[{zone}]"
        assert desk.time_lines(f"m{number}") == [f"DTSTART;TZID={zone}:20240912T100000"]
    starts = [
        item.viewer_start[:19] for item in desk.agenda_items("2024-09-12", zone="Asia/Bangkok")
    ]
    assert starts == ["2024-09-12T10:00:00"] * 3 + ["2024-09-12T12:00:00"] * 2 + [
        "2024-09-12T15:00:00"
    ]


@pytest.mark.parametrize(
    ("time", "field", "reason"),
    [
        (("dates", "2011-12-30", "2011-12-31", "Pacific/Apia"), "dates.first_date", "INVALID_DATE"),
        (("dates", "2011-12-28", "2011-12-30", "Pacific/Apia"), "dates.last_date", "INVALID_DATE"),
        (("partial", "2011-12-30", "Pacific/Apia"), "partial.edtf", "INVALID_DATE"),
        (("timed", "2011-12-30T10:00", "Pacific/Apia"), "timed.start", "LOCAL_TIME_IN_GAP"),
    ],
    ids=["first", "last", "edtf", "hour"],
)  # fmt: skip
def test_n49_day_that_samoa_skipped_is_rejected(
    desk: Any, make: Any, time: tuple[str, ...], field: str, reason: str
) -> None:
    error = desk.rejection(getattr(make, time[0])(*time[1:]))
    assert error.reason == reason and error.field.startswith(f"meeting.time.{field}")
    assert "2011-12-30" in str(error) and "Pacific/Apia" in str(error)
    assert error.metadata["time_zone"] == "Pacific/Apia"


def test_n49_interval_over_the_skipped_day_is_one_day_shorter(desk: Any, make: Any) -> None:
    visit = desk.put("visits/v", make.dates("2011-12-29", "2012-01-01", "Pacific/Apia"))
    interval = visit.time.resolved.interval
    assert interval.end_time.seconds - interval.start_time.seconds == 3 * 86_400
    assert start_text(desk.put("visits/w", make.dates("2011-12-30", "2011-12-30"))) == "2011-12-30"
    agendas = [
        desk.agenda_ids(day, zone="Pacific/Apia")
        for day in ("2011-12-29", "2011-12-31", "2012-01-02")
    ]
    assert agendas == [["v"], ["v"], []]


def test_n57_clock_time_without_a_zone_stays_text_or_is_rejected(desk: Any, make: Any) -> None:
    words = "(4h00 - et 22)"
    meeting = desk.put("meetings/tokyo", make.dates("2025-05-30", "2025-05-30", text=words))
    assert (meeting.time.source_text, start_text(meeting)) == (words, "2025-05-30")
    error = desk.rejection({"timed": {"start": {"civil_time": "2025-05-30T04:00"}}})
    assert error.reason == "REQUIRED_FIELD_MISSING", "whose clock is not guessed"
    assert error.field == "meeting.time.timed.start.time_zone"
