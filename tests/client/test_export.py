"""Exports of both clients: formats and visibility."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from summitry import AsyncClient, Calendar, Client, Filter, Meeting, export_calendar
from summitry.v1.record_pb2 import Visibility
from summitry.visibility import is_public

NOW = 1_720_000_000


@pytest.mark.parametrize(
    ("visibility", "embargo", "public"),
    [
        ("UNSPECIFIED", None, True),
        ("PUBLIC", None, True),
        ("PUBLIC", NOW, True),
        ("PUBLIC", NOW + 1, False),
        ("INTERNAL", None, False),
        ("RESTRICTED", None, False),
        ("SECRET", NOW - 1, False),
    ],
)
def test_visibility_and_embargo_decide_what_is_public(
    visibility: str, embargo: int | None, public: bool
) -> None:
    meeting = Meeting(visibility=Visibility.Value(f"VISIBILITY_{visibility}"))
    if embargo is not None:
        meeting.embargo_until.CopyFrom(Timestamp(seconds=embargo))
    assert is_public(meeting, NOW) is public


def test_astana_calendar_is_exported_as_icalendar(astana: Any) -> None:
    with Client(astana.grpc) as client:
        data = export_calendar(client, "calendars/astana-2024", language="fr")
        assert data == client.export_calendar("calendars/astana-2024", language="fr")
        only = export_calendar(client, "calendars/astana-2024", filter=Filter(cities=["dushanbe"]))
    assert data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"UID:sco-24-2024@astana-2024.summitry.example" in data
    assert 0 < only.count(b"BEGIN:VEVENT") < data.count(b"BEGIN:VEVENT")


@pytest.mark.parametrize(
    ("format", "begin"), [("jcal", b'["vcalendar",['), ("jscalendar", b'{"@type":"Group",')]
)
def test_both_clients_export_other_formats(astana: Any, format: str, begin: bytes) -> None:
    async def exported() -> bytes:
        async with AsyncClient(astana.grpc) as client:
            return await client.export_calendar("calendars/astana-2024", format=format)

    with Client(astana.grpc) as client:
        data = client.export_calendar("calendars/astana-2024", format=format)
        with pytest.raises(ValueError, match="format must be one of ics, jcal, jscalendar"):
            export_calendar(client, "calendars/astana-2024", format="pdf")
    assert data.startswith(begin)
    assert asyncio.run(exported()) == data


def test_the_asynchronous_client_exports_the_same_bytes(astana: Any) -> None:
    async def exported() -> bytes:
        async with AsyncClient(astana.grpc) as client:
            return await client.export_calendar("calendars/astana-2024", language="fr")

    with Client(astana.grpc) as client:
        assert asyncio.run(exported()) == client.export_calendar(
            "calendars/astana-2024", language="fr"
        )


def test_hidden_records_are_exported_only_on_request(service: Any) -> None:
    with Client(service.grpc) as client:
        client.create(Calendar(name="calendars/c"))
        secret = Meeting(name="calendars/c/meetings/m", ical_uid="secret@c")
        secret.visibility = Visibility.VISIBILITY_SECRET
        secret.time.dates.first_date = secret.time.dates.last_date = "2024-07-03"
        client.create(secret)
        assert b"UID:secret@c" not in export_calendar(client, "calendars/c")
        assert b"UID:secret@c" in export_calendar(client, "calendars/c", include_hidden=True)
