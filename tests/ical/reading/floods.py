"""Calendar files that demand excessive work: each kind of them, at any size."""

from __future__ import annotations

from collections.abc import Callable

MIB = 1 << 20
RULES = {
    "interval of zero": "FREQ=MONTHLY;INTERVAL=0;BYMONTHDAY=1",
    "30 February": "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30;UNTIL=20560101",
    "366th of the year": "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366;UNTIL=20550101",
    "week 53 in June": "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=6;UNTIL=20550101",
    "daily, never": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;UNTIL=20550101",
    "eighth of a week": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=8;UNTIL=20550101",
    "every day": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;UNTIL=20281001",
}
"""Rules of which a file has 500."""


def calendar(body: bytes) -> bytes:
    return b"BEGIN:VCALENDAR\nVERSION:2.0\n" + body + b"END:VCALENDAR\n"


def event(number: int, lines: bytes) -> bytes:
    head = b"BEGIN:VEVENT\nUID:u%d\nDTSTART:20260302T090000Z\n" % number
    return head + lines + b"\nEND:VEVENT\n"


def of_rule(rule: str, count: int = 500) -> bytes:
    return calendar(b"".join(event(n, b"RRULE:" + rule.encode()) for n in range(count)))


def line(start: bytes, piece: bytes) -> Callable[[int], bytes]:
    """Return a builder of a file with one line that is as long as the file."""
    return lambda size: calendar(event(0, start + piece * (size // len(piece))))


def raw(piece: bytes) -> Callable[[int], bytes]:
    """Return a builder of a calendar that repeats one piece."""
    return lambda size: calendar(piece * (size // len(piece)))


def events(make: Callable[[int], bytes], uid: int | None = None) -> Callable[[int], bytes]:
    """Return a builder of a calendar of events with these lines."""

    def flood(size: int) -> bytes:
        parts: list[bytes] = []
        size_so_far = 0
        while size_so_far < size:
            number = len(parts)
            parts.append(event(number if uid is None else uid, make(number)))
            size_so_far += len(parts[-1])
        return calendar(b"".join(parts))

    return flood


def day(number: int) -> bytes:
    """Return a wall time of 2026, a different one for each number."""
    clock = b"%02d%02d%02d" % (number // 3600 % 24, number // 60 % 60, number % 60)
    return b"2026%02d%02dT%s" % (number % 12 + 1, number % 28 + 1, clock)


def dates(count: int) -> bytes:
    return b",".join(day(n) + b"Z" for n in range(count))


_ZONE = (
    b"BEGIN:VTIMEZONE\nTZID:Europe/Paris\nBEGIN:STANDARD\nDTSTART:16010101T000000\n"
    b"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n"
    b"END:STANDARD\nEND:VTIMEZONE"
)
_OBSERVANCE = (
    b"BEGIN:STANDARD\nDTSTART:16010101T000000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\n"
    b"TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n"
)


def _zone(tzid: bytes, lines: bytes = b"") -> bytes:
    """Return a VTIMEZONE with summer time; `lines` are those of an observance beside its own."""
    head = (
        b"BEGIN:VTIMEZONE\nTZID:" + tzid + b"\n" + _OBSERVANCE.replace(b"RRULE", lines + b"RRULE")
    )
    daylight = _OBSERVANCE.replace(b"STANDARD", b"DAYLIGHT").replace(b"BYMONTH=10", b"BYMONTH=3")
    return (
        head
        + daylight.replace(b"+0200", b"x").replace(b"+0100", b"+0200").replace(b"x", b"+0100")
        + b"END:VTIMEZONE\n"
    )


FLOODS: dict[str, Callable[[int], bytes]] = {
    "X- lines": line(b"X-A:b\n", b"X-A:b\n"),
    "X- lines of many events": events(lambda n: b"X-A:b\n" * 4000),
    "commas of CATEGORIES": line(b"CATEGORIES:", b","),
    "commas of many CATEGORIES": events(lambda n: b"CATEGORIES:" + b"," * 200_000),
    "VTIMEZONE in VEVENT": events(lambda n: _ZONE),
    "VTIMEZONEs": raw(_ZONE + b"\n"),
    "VTIMEZONEs in use": lambda size: calendar(
        event(0, b"EXDATE;TZID=Europe/Paris:20260302T090000") + (_ZONE + b"\n") * (size // 200)
    ),
    "VTIMEZONEs of many zones": lambda size: calendar(
        b"".join(
            event(n, b"DTEND;TZID=Z%d:20260302T100000" % n) + _zone(b"Z%d" % n)
            for n in range(size // 400)
        )
    ),
    "onsets of a VTIMEZONE": lambda size: calendar(
        _zone(b"Z", b"RDATE:" + dates(1500).replace(b"Z", b"") + b"\n")
        + b"".join(event(n, b"DTEND;TZID=Z:20260302T100000") for n in range(size // 100))
    ),
    "observances": lambda size: calendar(
        _zone(b"Z") .replace(b"END:VTIMEZONE\n", _OBSERVANCE * 190 + b"END:VTIMEZONE\n")
        + b"".join(event(n, b"DTEND;TZID=Z:20260302T100000") for n in range(size // 100))
    ),
    "names for display": events(
        lambda n: b"DTEND;TZID=(UTC+01:00) A%d, B, C, D, E, F, G, H, I:20260302T100000" % n
    ),
    "tags": events(lambda n: b"DESCRIPTION:<p>" + b"<a href=" * 8000),
    "tags that end nothing": events(lambda n: b"DESCRIPTION:<p>" + b"<" * 100_000),
    "comments": events(lambda n: b"DESCRIPTION:<p>" + b"<!--" * 30_000),
    "hidden parts": events(lambda n: b"DESCRIPTION:<p>" + b"<script>" * 8000),
    "entities": events(lambda n: b"DESCRIPTION:<p>" + b"&amp;" * 12_000),
    "lines without a colon": line(b"", b"A B\n"),
    "ATTACHes": events(lambda n: b"ATTACH;X:data:\n" * 4000),
    "VTODOs": raw(b"BEGIN:VTODO\nEND:VTODO\n"),
    "parameters": events(lambda n: b"SUMMARY" + b";A=b" * 60_000 + b":x"),
    "parameters of many lines": events(lambda n: b"SUMMARY" + b";A=b" * 500 + b":x"),
    "values of a parameter": events(lambda n: b"SUMMARY;A=" + b"a," * 1000 + b"b:x"),
    "quotes": events(lambda n: b'SUMMARY;A="' + b'""' * 1000),
    "semicolons": events(lambda n: b"SUMMARY" + b";" * 2000),
    "folds": line(b"SUMMARY:", b"\n "),
    "folds with CR": line(b"SUMMARY:", b"\r\n "),
    "components within each other": raw(b"BEGIN:X\n"),
    "components within an event": line(b"", b"BEGIN:X\n"),
    "ends of nothing": raw(b"END:Y\n"),
    "calendars within each other": raw(b"BEGIN:VCALENDAR\n"),
    "events that do not end": raw(b"BEGIN:VEVENT\n"),
    "empty events": raw(b"BEGIN:VEVENT\nEND:VEVENT\n"),
    "small events": events(lambda n: b""),
    "one UID": events(lambda n: b"", uid=0),
    "changed days": events(lambda n: b"RECURRENCE-ID:" + day(n) + b"Z", uid=0),
    "RDATEs": events(lambda n: b"RDATE:" + dates(900)),
    "EXDATEs": events(lambda n: b"RRULE:FREQ=DAILY;COUNT=999\nEXDATE:" + dates(800)),
    "EXDATEs of a zone": events(
        lambda n: b"RRULE:FREQ=DAILY;COUNT=999\nEXDATE;TZID=Europe/Paris:"
        + dates(800).replace(b"Z", b"")
    ),
    "commas of RDATE": events(lambda n: b"RDATE:" + b"," * 15_000),
    "long BYMONTHDAY": events(
        lambda n: b"RRULE:FREQ=MONTHLY;BYMONTHDAY=" + b",".join(b"%d" % (d % 31 + 1) for d in range(150))
    ),
    "empty lines": raw(b"\n"),
    "CRs": raw(b"\r"),
    "CR CR LF": raw(b"A:b\r\r\n"),
    "lines of a character": raw(b"a\n"),
    "UIDs of an event": line(b"", b"UID:\n"),
    "CLASSes": events(lambda n: b"".join(b"CLASS:%d\n" % c for c in range(4000))),
    "languages": events(lambda n: b"".join(b"SUMMARY;LANGUAGE=%d:x\n" % c for c in range(4000))),
    "LOCATIONs": events(lambda n: b"".join(b"LOCATION:%d\n" % c for c in range(4000))),
    "unknown zones": events(lambda n: b"DTEND;TZID=Europe/Pa%dris:20260302T100000" % n),
    "paths as zones": events(lambda n: b"DTEND;TZID=/a/Zurop%d/Pa%dris:20260302T100000" % (n, n)),
    "METHODs": raw(b"METHOD:CANCEL\n"),
    "escapes": events(lambda n: b"SUMMARY:" + b"\\," * 100_000),
    "lines of LOCATION": events(lambda n: b"LOCATION:" + b"\\n" * 100_000),
    "no UTF-8": events(lambda n: b"SUMMARY:" + b"\xff" * 100_000),
    "long DESCRIPTION": events(lambda n: b"DESCRIPTION:" + b"x" * 60_000),
    "zeros": lambda size: b"BEGIN:VCALENDAR\n" + b"\0" * size,
}  # fmt: skip
"""Builders of files by the content that fills them; each takes the size in bytes."""


def files(size: int = MIB) -> dict[str, Callable[[], bytes]]:
    """Return every flood at a size, and the rules, by name."""
    # Somewhat smaller than the size: a request holds more than the file.
    floods = {
        name: (lambda make=make: make(size - 4096)[: size - 1024]) for name, make in FLOODS.items()
    }
    rules = {f"{name} x 500": (lambda rule=rule: of_rule(rule)) for name, rule in RULES.items()}
    return {**floods, **rules}
