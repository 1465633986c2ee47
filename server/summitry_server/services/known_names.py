"""The persons and parties that the records of a calendar name, and refusals of all others."""

from __future__ import annotations

from summitry_server.context import Call
from summitry_server.domain.people.attendees import CheckedAttendee
from summitry_server.domain.people.directory import (
    Directory,
    codes_of_party,
    is_known,
    make_directory,
)
from summitry_server.domain.search.territories import code_of
from summitry_server.services.prepared_answers import Prepared, calendar_key
from summitry_server.store.contract import Reader
from summitry_server.wire.refusals import RefusedError


class Names:
    """The names of a calendar, in one snapshot of the store."""

    def __init__(
        self, prepared: Prepared, reader: Reader, calendar: str | None, call: Call
    ) -> None:
        self._prepared = prepared
        self._reader = reader
        self._calendar = calendar
        self._call = call

    def check_person(self, facet: str, name: str, path: str) -> None:
        """Raise RefusedError UNKNOWN_PERSON if no record has the facet of a person."""
        self._call.check()
        if not is_known(self._reader, self._calendar, [facet]):
            raise self._directory().unknown_person(name, path)

    def check(self, attendee: CheckedAttendee) -> None:
        """Raise RefusedError if an attendee is a person whom no record names."""
        if attendee.is_person:
            (facet,) = attendee.keys
            self.check_person(facet, attendee.name, attendee.path)

    def party(self, attendee: CheckedAttendee) -> CheckedAttendee:
        """Return a party with the codes that its name has. Raises RefusedError UNKNOWN_PARTY."""
        if code_of(attendee.name) or is_known(self._reader, self._calendar, attendee.keys):
            return attendee
        self._call.check()
        codes = codes_of_party(self._reader, self._calendar, attendee.name)
        if not codes:
            raise self._unknown_party(attendee)
        return attendee._replace(keys=attendee.keys | {f"region:{code}" for code in codes})

    def _unknown_party(self, attendee: CheckedAttendee) -> RefusedError:
        return self._directory().unknown_party(attendee.name, attendee.path)

    def _directory(self) -> Directory:
        def directory_and_size() -> tuple[Directory, int]:
            directory = make_directory(self._reader, self._calendar, self._call.check)
            return directory, directory.size

        key = calendar_key("directory", self._calendar, self._call)
        return self._prepared.get(key, self._reader.point(), directory_and_size)
