"""The kinds of records, as the renderer and the feeds pass them about."""

from __future__ import annotations

from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.notice_pb2 import Notice
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit

Event = Summit | Visit | Meeting | Notice
Record = Event | Delegation
