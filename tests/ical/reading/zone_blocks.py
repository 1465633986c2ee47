"""VTIMEZONEs as foreign programs write them, for the tests of zones that only a file defines."""

from __future__ import annotations


def exchange(
    tzid: str, standard: str, daylight: str = "", autumn: str = "", spring: str = ""
) -> str:
    """Build a VTIMEZONE as Exchange does: onsets from 1601, by month and weekday.

    `standard` and `daylight` are offsets; `autumn` and `spring` are month, weekday and hour.
    """
    daylight = daylight or standard
    lines = [f"BEGIN:VTIMEZONE\nTZID:{tzid}"]
    for name, before, after, onset in (
        ("STANDARD", daylight, standard, autumn),
        ("DAYLIGHT", standard, daylight, spring),
    ):
        month, day, hour = onset.split() if onset else ("", "", "000000")
        rule = f"RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY={day};BYMONTH={month}\n" if month else ""
        lines.append(
            f"BEGIN:{name}\nDTSTART:16010101T{hour}\nTZOFFSETFROM:{before}\nTZOFFSETTO:{after}\n"
            f"{rule}END:{name}"
        )
    return "\n".join([*lines, "END:VTIMEZONE\n"])


CUSTOMISED = {
    "western europe": ("+0100", "+0200", "10 -1SU 030000", "3 -1SU 020000"),
    "britain": ("+0000", "+0100", "10 -1SU 020000", "3 -1SU 010000"),
    "eastern europe": ("+0200", "+0300", "10 -1SU 040000", "3 -1SU 030000"),
    "united states": ("-0500", "-0400", "11 1SU 020000", "3 2SU 020000"),
    "pacific": ("-0800", "-0700", "11 1SU 020000", "3 2SU 020000"),
    "newfoundland": ("-0330", "-0230", "11 1SU 020000", "3 2SU 020000"),
    "sydney": ("+1000", "+1100", "4 1SU 030000", "10 1SU 020000"),
    "lord howe": ("+1030", "+1100", "4 1SU 020000", "10 1SU 020000"),
    "auckland": ("+1200", "+1300", "4 1SU 030000", "9 -1SU 020000"),
    "chatham": ("+1245", "+1345", "4 1SU 034500", "9 -1SU 024500"),
    "santiago": ("-0400", "-0300", "4 1SU 000000", "9 1SU 000000"),
    "asuncion": ("-0400", "-0300", "3 4SU 000000", "10 1SU 000000"),
    "beirut": ("+0200", "+0300", "10 -1SU 000000", "3 -1SU 000000"),
    "cairo": ("+0200", "+0300", "10 -1TH 235959", "4 -1FR 000000"),
    "jerusalem": ("+0200", "+0300", "10 -1SU 020000", "3 4FR 020000"),
    "chisinau": ("+0200", "+0300", "10 -1SU 030000", "3 -1SU 020000"),
    "two hours of summer time": ("+0000", "+0200", "10 -1SU 030000", "3 -1SU 010000"),
    "second saturday": ("+0330", "+0430", "9 3SA 000000", "3 2SA 000000"),
    "no summer time": ("+0545", "", "", ""),
    "west of the date line": ("-1200", "", "", ""),
}
"""Zones that an Exchange may have under the name "Customized Time Zone"."""
