"""The pages over HTTP: what they hold, in which language, and what they refuse."""

from __future__ import annotations

import gzip
import itertools
import logging
import re
import urllib.request
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from summitry import Client
from summitry.ical.facts import kind_word
from summitry.time import resolve
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.meeting_pb2 import Meeting, MeetingKind
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit
from summitry.web.pages.words import words
from summitry.zones import default_database

CALENDAR = "/calendars/astana"
PAGES = ["/", *(f"{CALENDAR}?view={view}" for view in ("agenda", "month", "timeline"))]


def test_the_list_links_to_each_app(read: Any) -> None:
    links = [link.attributes["href"] for link in read("/", Host="cal.example:8080").all("a")]
    address = "http://cal.example:8080/feeds/astana.ics"
    assert "webcal://cal.example:8080/feeds/astana.ics" in links
    queries = {
        urlsplit(link).hostname: parse_qs(urlsplit(link).query)
        for link in links
        if link.startswith("https:")
    }
    assert queries == {
        "calendar.google.com": {"cid": [f"webcal://{address.removeprefix('http://')}"]},
        "outlook.live.com": {"url": [address], "name": ["Astana <& its days>"]},
        "outlook.office.com": {"url": [address], "name": ["Astana <& its days>"]},
    }


@pytest.mark.parametrize("host", ['"><script>', "a b", "x" * 300, "a/b", ""])
def test_a_doubtful_host_is_not_repeated(read: Any, shared_site: Any, host: str) -> None:
    reply = shared_site.get("/", Host=host).body.decode()
    assert "webcal:" not in reply and 'value="/feeds/astana.ics"' in reply
    assert not host or host not in reply


@pytest.mark.parametrize("path", PAGES)
def test_texts_are_escaped_and_nothing_runs_that_is_not_ours(shared_site: Any, path: str) -> None:
    shared_site.source.put("astana", "nasty", "<script>alert(1)</script>\"'{{ 7*7 }}", day=9)
    reply = shared_site.get(path, Host="cal.example")
    text = reply.body.decode()
    assert (
        "<script>alert" not in text
        and "<& its" not in text
        and "49" not in re.findall(r"'(\d+)", text)
    )
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert not re.search(r"<[^>]+ (style|on\w+)=", text), "an inline style or handler is blocked"
    shared_site.source.drop("astana", "meetings/nasty")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "fr", "ru", "zh", "es", "ar"])
def test_pages_are_sound_in_every_language(read: Any, path: str, language: str) -> None:
    page = read(f"{path}{'&' if '?' in path else '?'}lang={language}")
    (html,) = page.all("html")
    assert html.attributes["lang"] == language
    assert html.attributes["dir"] == ("rtl" if language == "ar" else "ltr")
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    labelled = {label.attributes["for"] for label in page.all("label")}
    fields = [e for e in page.all("input") if e.attributes.get("type") != "hidden"]
    assert all(field.attributes["id"] in labelled for field in fields)
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    steps = itertools.pairwise(levels)
    assert all(after <= before + 2 for before, after in steps)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("de, ru;q=0.5, en;q=0.4", "ru"),
        ("zh-Hans-CN", "zh"),
        ("ar;q=0", "en"),
        ("xx, */*;;;q=9", "en"),
        ("", "en"),
    ],
)
def test_browser_chooses_the_language(read: Any, accepted: str, language: str) -> None:
    (html,) = read("/", Accept_Language=accepted).all("html")
    assert html.attributes["lang"] == language


def test_a_feed_has_a_page_in_its_language(site: Any) -> None:
    site.source.feed("astana", "desk", languages=["xx", "fr-CH"], titles=[{"text": "Le bureau"}])
    page = site.get("/calendars/astana/desk", Host="a")
    assert page.headers["content-language"] == "fr" and b"Le bureau" in page.body
    assert b'value="http://a/feeds/astana/desk.ics"' in page.body
    spanish = site.get("/calendars/astana/desk", Host="a", Accept_Language="es")
    assert spanish.headers["content-language"] == "es"
    site.source.feed("astana", "closed", visibility="VISIBILITY_INTERNAL")
    assert site.get("/calendars/astana/closed").status == 404


def test_hours_are_those_of_the_chosen_zone(read: Any) -> None:
    def hours(query: str) -> list[str]:
        return [e.text for e in read(f"{CALENDAR}?{query}").all("p", class_="when")]

    assert hours("") == ["10:00 UTC+05:00"] * 2
    assert hours("zone=Europe/Paris") == ["07:00 UTC+02:00"] * 2
    assert hours("zone=Pacific/Kiritimati") == ["19:00 UTC+14:00"] * 2


def test_a_title_in_another_language_says_so(read: Any) -> None:
    titles = read(f"{CALENDAR}?lang=ru").all("bdi", class_="title")
    assert [(t.text, t.attributes.get("lang")) for t in titles] == [
        ("Talks", "en"),
        ("Plenary", "en"),
    ]


def test_the_timeline_is_a_picture_with_a_table_beside_it(read: Any) -> None:
    page = read(f"{CALENDAR}?view=timeline")
    (svg,) = page.all("svg")
    assert svg.attributes["role"] == "group" and svg.attributes["aria-labelledby"]
    assert len(page.all("rect")) == 2
    rows = [row.text for row in page.all("tr")]
    assert rows[1] == "Wednesday, 3 July 2024, 10:00 UTC+05:00 Meeting Talks"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("view=year", "view must be one of: agenda, month, timeline"),
        ("month=2024-13", "month must be a month"),
        ("month=0000-01", "month must be a month"),
        ("month=10000-01", "month must be a month"),
        ("zone=Asia/Almatty", "Asia/Almaty"),
        ("zone=../../etc/passwd", "zone:"),
        ("lang=xx", "lang must be one of"),
        ("of=../x", "of must be the id"),
        ("view=month&view=agenda", "view is given twice"),
        ("x=" + "y" * 600, "longer than 512"),
    ],
)
def test_unknown_choice_is_refused_with_the_reason(
    shared_site: Any, query: str, message: str
) -> None:
    reply = shared_site.get(f"{CALENDAR}?{query}")
    assert reply.status == 400 and message in reply.body.decode()
    assert reply.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("date", ["0001-01-01", "1898-02-03", "2300-05-06", "9999-12-31"])
@pytest.mark.parametrize("view", ["agenda", "month", "timeline"])
def test_months_of_all_years_can_be_reached(site: Any, document: Any, date: str, view: str) -> None:
    meeting = Meeting(name="calendars/astana/meetings/far", titles=[{"text": "Far"}])
    meeting.time.dates.first_date = date
    resolve(meeting.time, default_database())
    meeting.ical_uid = meeting.name
    site.source.keep("astana", meeting)
    page = document(site.get(f"{CALENDAR}?view={view}&month=2024-07").body)
    (link,) = page.all("a", rel="prev" if date < "2024" else "next")
    reply = site.get(link.attributes["href"])
    assert reply.status == 200 and f"month={date[:7]}" in link.attributes["href"]
    assert "Far" in document(reply.body).all("main")[0].text


@pytest.mark.parametrize("path", ["/calendars/none", "/calendars/", "/calendars/../x", "/static/x"])
def test_missing_page_is_404(shared_site: Any, path: str) -> None:
    assert shared_site.get(path).status == 404


def test_a_page_is_asked_for_again_only_when_it_changed(site: Any) -> None:
    first = site.get(CALENDAR, Host="a")
    tag = first.headers["etag"]
    again = site.get(CALENDAR, Host="a", If_None_Match=tag)
    assert (again.status, again.body) == (304, b"") and again.headers["etag"] == tag
    assert site.source.loads == 1
    assert site.get(CALENDAR, Host="b", If_None_Match=tag).status == 200
    site.source.put("astana", "more", "More")
    changed = site.get(CALENDAR, Host="a", If_None_Match=tag)
    assert changed.status == 200 and b"More" in changed.body and site.source.loads == 2


def test_pages_are_packed_where_the_reader_takes_it(shared_site: Any) -> None:
    plain = shared_site.get(CALENDAR, Host="a")
    packed = shared_site.get(CALENDAR, Host="a", Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["etag"] == plain.headers["etag"]


def test_static_files_are_kept_for_ever(read: Any, shared_site: Any) -> None:
    page = read("/")
    paths = [page.all("link")[0].attributes["href"], page.all("script")[0].attributes["src"]]
    replies = [shared_site.get(path) for path in paths]
    assert [reply.status for reply in replies] == [200, 200]
    assert all("immutable" in reply.headers["cache-control"] for reply in replies)
    assert len(replies[0].body) < 12_000


def test_a_record_that_cannot_be_placed_is_left_out(
    site: Any, caplog: pytest.LogCaptureFixture
) -> None:
    record = site.source.put("astana", "broken", "Unplaced")
    record.time.timed.start.time_zone = "Mars/Olympus"
    with caplog.at_level(logging.ERROR):
        reply = site.get(CALENDAR)
    assert reply.status == 200 and b"Talks" in reply.body and b"Unplaced" not in reply.body
    assert "calendars/astana/meetings/broken cannot be placed" in caplog.text


def test_hidden_records_are_on_no_page(start: Any) -> None:
    """Internal and embargoed records, through the server itself."""
    service = start()
    calendar = Calendar(name="calendars/c", titles=[{"text": "C", "language_code": "en"}])
    with Client(service.grpc) as client:
        client.create(calendar)
        for name, fields in (
            ("open", {}),
            ("secret", {"visibility": "VISIBILITY_INTERNAL"}),
            ("later", {"embargo_until": {"seconds": service.clock.now() + 3600}}),
        ):
            client.create(
                Meeting(
                    name=f"calendars/c/meetings/{name}",
                    titles=[{"text": f"Title-{name}", "language_code": "en"}],
                    time={"dates": {"first_date": "2024-07-03", "time_zone": "Asia/Almaty"}},
                    **fields,
                )
            )
    for view in ("agenda", "month", "timeline"):
        with urllib.request.urlopen(f"{service.http}/calendars/c?view={view}") as reply:
            text = reply.read().decode()
        assert "Title-open" in text
        assert "Title-secret" not in text and "Title-later" not in text


def test_programme_of_a_summit_has_its_meetings_and_the_visits_to_it(
    site: Any, document: Any
) -> None:
    days = {"dates": {"first_date": "2024-07-02", "last_date": "2024-07-06"}}
    summit = "calendars/astana/summits/sco"
    records = (
        Summit(name=summit, time=days, titles=[{"text": "Council"}]),
        Visit(name="calendars/astana/visits/xi", time=days, titles=[{"text": "Xi"}], summit=summit),
        Visit(name="calendars/astana/visits/modi", time=days, titles=[{"text": "Modi"}]),
    )
    for record in records:
        resolve(record.time, default_database())
        record.ical_uid = record.name
        site.source.keep("astana", record)
    site.source.put("astana", "opening", "Opening").parent_event = summit
    page = document(site.get(f"{CALENDAR}?lang=en&view=timeline&of=sco").body)
    rows = " ".join(row.text for row in page.all("tr"))
    assert all(title in rows for title in ("Council", "Xi", "Opening"))
    assert "Modi" not in rows and "Plenary" not in rows


def put_off(source: Any, *, previous: bool = True) -> Meeting:
    """Store a meeting of 5 July that was postponed without a new date."""
    meeting: Meeting = source.put("astana", "dinner", "Dinner", day=5)
    if previous:
        meeting.previous_times.add(time=meeting.time)
    meeting.ClearField("time")
    meeting.status = EventStatus.EVENT_STATUS_POSTPONED
    return meeting


def test_postponed_event_stands_where_it_was_and_without_a_day(site: Any, document: Any) -> None:
    put_off(site.source)
    page = document(site.get(f"{CALENDAR}?lang=en").body)
    items = page.all("li", class_="off")
    assert [item.attributes["id"] for item in items] == [
        "meeting-dinner",
        "meeting-dinner-undated",
    ]
    assert all("Dinner" in item.text and "postponed" in item.text for item in items)
    assert "10:00" in items[0].text and "date not known" in items[1].text
    sections = [section.attributes["id"] for section in page.all("section", class_="day")]
    assert sections[-2:] == ["d-2024-07-05", "undated"]


@pytest.mark.parametrize("view", ["month", "timeline"])
def test_postponed_event_is_marked_in_every_view(site: Any, document: Any, view: str) -> None:
    put_off(site.source)
    page = document(site.get(f"{CALENDAR}?lang=en&view={view}&month=2024-07").body)
    tag = {"month": "td", "timeline": "g"}[view]
    assert (
        len([element for element in page.all(tag, class_="off") if "Dinner" in element.text]) == 1
    )
    next_year = document(site.get(f"{CALENDAR}?lang=en&view={view}&month=2025-01").body)
    assert "Dinner" in " ".join(element.text for element in next_year.all("main")), "without a day"


def test_postponed_event_without_any_former_time_is_listed_without_a_day(
    site: Any, document: Any
) -> None:
    put_off(site.source, previous=False)
    page = document(site.get(f"{CALENDAR}?lang=en").body)
    assert [item.attributes["id"] for item in page.all("li", class_="off")] == [
        "meeting-dinner-undated"
    ]


def test_view_leads_to_the_event_with_its_details_open(site: Any, document: Any) -> None:
    undated = Meeting(name="calendars/astana/meetings/later", titles=[{"text": "Later"}])
    undated.time.partial.edtf = "2024-07"
    resolve(undated.time, default_database())
    undated.ical_uid = undated.name
    site.source.keep("astana", undated)
    for view in ("month", "timeline"):
        page = document(site.get(f"{CALENDAR}?lang=en&view={view}&month=2024-07").body)
        for title, anchor in (("Plenary", "meeting-plenary"), ("Later", "meeting-later")):
            links = [link for link in page.all("a") if title in link.text]
            assert links, f"no link to {title} in the {view}"
            for href in {link.attributes["href"] for link in links}:
                assert href.endswith(f"#{anchor}")
                agenda = document(site.get(href.partition("#")[0]).body)
                assert agenda.all("li", id=anchor)
                opened = [d for d in agenda.all("details") if "open" in d.attributes]
                assert [title in d.text for d in opened] == [True]


def test_all_places_are_listed(site: Any, document: Any) -> None:
    towns = ["Astana", "Almaty", "Karaganda", "Kokshetau", "Aktau"]
    meeting = site.source.put("astana", "tour", "Tour")
    for town in towns:
        meeting.places.add(source_text=town)
    page = document(site.get(f"{CALENDAR}?lang=en").body)
    assert [p.text for p in page.all("p", class_="place")] == ["; ".join(towns)]


KINDS = {
    "plenary": (Meeting(kind="MEETING_KIND_PLENARY"), "Plenary", "Séance plénière"),
    "lunch": (Meeting(kind="MEETING_KIND_WORKING_LUNCH"), "Working lunch", "Déjeuner de travail"),
    "not in the list": (Meeting(kind="MEETING_KIND_OTHER", kind_text="Salon"), "Salon", "Salon"),
    "meeting": (Meeting(), "Meeting", "Réunion"),
    "visit": (Visit(segments=[{"kind": "VISIT_KIND_STATE"}]), "State visit", "Visite d’État"),
    "visit of two kinds": (
        Visit(segments=[{"kind": "VISIT_KIND_STATE"}, {"kind": "VISIT_KIND_WORKING"}]),
        "Visit",
        "Visite",
    ),
    "summit": (Summit(), "Summit", "Sommet"),
}


@pytest.mark.parametrize(("record", "english", "french"), KINDS.values(), ids=KINDS)
def test_kind_is_called_by_its_own_name(record: Any, english: str, french: str) -> None:
    assert (kind_word(record, "en"), kind_word(record, "fr")) == (english, french)


def test_page_shows_the_kind_of_an_event(site: Any, document: Any) -> None:
    site.source.put("astana", "lunch", "Lunch").kind = MeetingKind.MEETING_KIND_WORKING_LUNCH
    page = document(site.get(f"{CALENDAR}?lang=en").body)
    assert "Working lunch" in [kind.text for kind in page.all("span", class_="kind")]


def test_page_says_what_a_subscription_leaves_out(site: Any, document: Any) -> None:
    site.source.feed("astana", "short", max_events=1)
    lines = document(site.get(f"{CALENDAR}/short?lang=en").body).all("p", class_="bounded")
    assert [line.text for line in lines] == [words("en")["bounded"].format(1, 2)]
    assert site.get("/feeds/astana/short.ics").headers["x-summitry-omitted"] == "1"
    assert not document(site.get(CALENDAR).body).all("p", class_="bounded")
