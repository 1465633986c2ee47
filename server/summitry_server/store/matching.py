"""What every engine asks of a row, and how a row answers a condition and a window."""

from collections.abc import Iterator

from summitry_server.store.contract import (
    LEVELS,
    Condition,
    Row,
    Span,
    Window,
    WindowMatch,
    level_of,
)


def check_row(row: Row, next_revision: int) -> None:
    """Raise ValueError for a row that breaks the contract and could not be found again."""
    if row.revision != next_revision:
        raise ValueError(f"row has revision {row.revision}, this write makes {next_revision}")
    if not row.name or not row.uid:
        raise ValueError("row has no name or no uid: give both")
    if row.name != row.calendar and not row.name.startswith(f"{row.calendar}/"):
        raise ValueError(f"{row.name} is not named after its calendar {row.calendar}: name it so")
    if any(not facet or "\n" in facet for facet in row.facets):
        raise ValueError(f"facet of {row.name} is empty or has a line break: remove it")
    # A window is on one axis: with two spans there, it would find the row twice.
    if len({span.axis for span in row.spans}) < len(row.spans):
        raise ValueError(f"{row.name} has two spans on one axis: give one")
    if len({reading.field for reading in row.local_times}) < len(row.local_times):
        raise ValueError(f"{row.name} has two readings of one field: give one")
    if not all(entry.zone and entry.field and entry.fingerprint for entry in row.local_times):
        raise ValueError(f"{row.name} has a reading without zone, field or fingerprint: give all")
    for span in row.spans:
        if span.end <= span.start or level_of(span.start, span.end) > LEVELS:
            raise ValueError(f"{row.name} has a span that is empty or too long: {span}")


def check_place(row: Row, kind: int, calendar: str) -> None:
    """Raise ValueError for a row that is no longer of this kind and calendar.

    Histories are read by kind and calendar: a record that moved would be in two or in none.
    """
    if (row.kind, row.calendar) != (kind, calendar):
        raise ValueError(f"{row.name} has another kind or calendar than before: give a new name")


def check_tombstone(row: Row) -> None:
    """Raise ValueError for a row that is live or that queries could find: no tombstone."""
    if not row.deleted or row.facets or row.text or row.spans or row.local_times:
        raise ValueError(f"{row.name} is no tombstone: it is live, or can be found by something")


def admits(condition: Condition, row: Row) -> bool:
    """Return whether a row meets a condition."""
    return (
        (not condition.kinds or row.kind in condition.kinds)
        and all(any(facet in row.facets for facet in group) for group in condition.facets)
        and all(word in row.text for word in condition.words)
        and (condition.since is None or row.modified >= condition.since)
        and not any(facet in row.facets for facet in condition.without)
        and (not condition.uids or row.uid in condition.uids)
    )


def touches(window: Window, span: Span) -> bool:
    """Return whether the possible extent of a span touches a window."""
    return _overlap(window, span.start, span.end)


def certainly_touches(window: Window, span: Span) -> bool:
    """Return whether a span certainly lies in a window: by its sure part, or as a whole."""
    # Wherever it is within its possible extent, it is in the window.
    if window.start <= span.start and span.end <= window.end:
        return True
    if span.sure_start is None or span.sure_end is None:
        return False
    return _overlap(window, span.sure_start, span.sure_end)


def found_in(row: Row, window: Window) -> Iterator[WindowMatch]:
    """Yield the matches of a row in a window; nothing if no span of it lies there."""
    for span in row.spans:
        if span.axis == window.axis and touches(window, span):
            certain = certainly_touches(window, span)
            if certain or window.possible:
                yield WindowMatch(span.start, row.name, row.kind, span.end, certain, row.frame)


def _overlap(window: Window, start: int, end: int) -> bool:
    return max(window.start, start) < min(window.end, end)
