"""TransferService: many records in, many out."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.descriptor import ServiceDescriptor

from summitry_server.context import Backend, Rpc, StreamRpc
from summitry_server.parsers.pool import Parsers
from summitry_server.services.calendar_files import parse_calendar
from summitry_server.services.exports import export_records
from summitry_server.services.imports import import_records


class TransferService:
    """Imports and exports over all kinds of records."""

    def __init__(self, service: ServiceDescriptor, backend: Backend, parsers: Parsers) -> None:
        self.service = service
        self.backend = backend
        self.parsers = parsers

    def methods(self) -> Mapping[str, Rpc | StreamRpc]:
        """Return the rpcs of the service by name."""
        return {
            "ImportRecords": lambda requests, call: import_records(self.backend, requests, call),
            "ParseCalendar": lambda request, call: parse_calendar(
                self.backend, self.parsers, request, call
            ),
            "ExportRecords": lambda request, call: export_records(self.backend, request, call),
        }
