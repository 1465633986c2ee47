"""The five most common calls from stubs that protoc made, without the client library.

Prints what came as one line of JSON. Usage: python calls.py HOST:PORT
"""

import json
import sys

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from summitry.v1 import (
    agenda_service_pb2,
    agenda_service_pb2_grpc,
    calendar_service_pb2,
    calendar_service_pb2_grpc,
    change_service_pb2,
    change_service_pb2_grpc,
    meeting_pb2,
    meeting_service_pb2,
    meeting_service_pb2_grpc,
    record_view_pb2,
    summit_service_pb2,
    summit_service_pb2_grpc,
)

CALENDAR = "calendars/astana-2024"


def refusal(channel: grpc.Channel, name: str) -> str:
    """Return the reason why there is no such summit."""
    stub = summit_service_pb2_grpc.SummitServiceStub(channel)
    info = ErrorInfo()
    try:
        stub.GetSummit(summit_service_pb2.GetSummitRequest(name=name))
    except grpc.RpcError as error:
        status = rpc_status.from_call(error)
        for detail in status.details if status else ():
            detail.Unpack(info)
    return info.reason


def records(channel: grpc.Channel) -> int:
    """Return how many records a watch sends before it has caught up."""
    stub = change_service_pb2_grpc.ChangeServiceStub(channel)
    view = change_service_pb2.ChangeView(parent=CALENDAR)
    request = change_service_pb2.WatchChangesRequest(view=view, initial={})
    count = 0
    for message in stub.WatchChanges(request):
        count += len(message.changes.changes)
        if message.HasField("caught_up"):
            break
    return count


def main(address: str) -> None:
    """Make the calls."""
    channel = grpc.insecure_channel(address)
    calendars = calendar_service_pb2_grpc.CalendarServiceStub(channel).ListCalendars(
        calendar_service_pb2.ListCalendarsRequest()
    )
    summit = summit_service_pb2_grpc.SummitServiceStub(channel).GetSummit(
        summit_service_pb2.GetSummitRequest(name=f"{CALENDAR}/summits/sco-24")
    )
    query = agenda_service_pb2.QueryAgendaRequest(parent=CALENDAR, time_zone="Europe/Paris")
    query.window.dates.first_date = "2024-07-03"
    query.window.dates.time_zone = "Asia/Almaty"
    query.order_by, query.include_total_size = "time desc", True
    query.view = record_view_pb2.RECORD_VIEW_BASIC
    agenda = agenda_service_pb2_grpc.AgendaServiceStub(channel).QueryAgenda(query)
    request = meeting_service_pb2.CreateMeetingRequest(
        parent=CALENDAR, meeting_id="talks-of-a-client"
    )
    request.meeting.titles.add(text="Talks", language_code="en")
    request.meeting.time.timed.start.civil_time = "2024-07-04T09:30"
    request.meeting.time.timed.start.time_zone = "Asia/Almaty"
    request.meeting.kind = meeting_pb2.MEETING_KIND_BILATERAL
    created = meeting_service_pb2_grpc.MeetingServiceStub(channel).CreateMeeting(request)
    out = {
        "calendars": [calendar.name for calendar in calendars.calendars],
        "summit": summit.summit.time.resolved.start_text,
        "refusal": refusal(channel, f"{CALENDAR}/summits/none"),
        "agenda": [item.viewer_start for item in agenda.items],
        "total": agenda.total_size if agenda.HasField("total_size") else None,
        "meeting": created.meeting.time.resolved.start_text,
        "records": records(channel),
    }
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
