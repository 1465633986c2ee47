"""Tables from the words of the data sets to the enumerations of summitry.v1."""

from __future__ import annotations

from typing import NamedTuple

VISIT_KINDS = {
    "state_visit": "VISIT_KIND_STATE",
    "official_visit": "VISIT_KIND_OFFICIAL",
    "official_working_visit": "VISIT_KIND_OFFICIAL_WORKING",
    "working_visit": "VISIT_KIND_WORKING",
    "informal_working_visit": "VISIT_KIND_WORKING",
    "private_working_visit": "VISIT_KIND_WORKING",
    "informal_visit": "VISIT_KIND_INFORMAL",
    "unofficial_visit": "VISIT_KIND_UNOFFICIAL",
    "private_visit": "VISIT_KIND_PRIVATE",
    "courtesy_visit": "VISIT_KIND_COURTESY",
    "goodwill_visit": "VISIT_KIND_GOODWILL",
    "pastoral_visit": "VISIT_KIND_PASTORAL",
    "funeral_attendance": "VISIT_KIND_CEREMONIAL",
    "multilateral_attendance": "VISIT_KIND_MULTILATERAL_ATTENDANCE",
    "conference_delegation": "VISIT_KIND_MULTILATERAL_ATTENDANCE",
}

STATUSES = {
    "held": "EVENT_STATUS_CONCLUDED",
    "planned": "EVENT_STATUS_ANNOUNCED",
    "cancelled": "EVENT_STATUS_CANCELLED",
    "withdrawn_by_host": "EVENT_STATUS_WITHDRAWN_BY_HOST",
}

FORMATS = {
    "in_person": "EVENT_FORMAT_IN_PERSON",
    "virtual": "EVENT_FORMAT_VIRTUAL",
    "virtual_not_stated_in_source": "EVENT_FORMAT_VIRTUAL",
    "hybrid": "EVENT_FORMAT_HYBRID",
}

# EDTF seasons without a hemisphere (ISO 8601-2, 4.8.1).
SEASONS = {"spring": 21, "summer": 22, "autumn": 23, "winter": 24}

# Kinds of the sending party of a visit, by its label, slug or flag; the first match counts.
PARTY_KINDS_BY_LABEL = {
    "government-in-exile": "PARTY_KIND_GOVERNMENT_IN_EXILE",
    "Provisional Government": "PARTY_KIND_PROVISIONAL_GOVERNMENT",
    "Interim Authority": "PARTY_KIND_PROVISIONAL_GOVERNMENT",
}
PARTY_KINDS_BY_SLUG = {
    "cook-islands": "PARTY_KIND_ASSOCIATED_STATE",
    "niue": "PARTY_KIND_ASSOCIATED_STATE",
    "french-polynesia": "PARTY_KIND_TERRITORY",
    "new-caledonia": "PARTY_KIND_TERRITORY",
}
PARTY_KINDS_BY_FLAG = {
    "DISPUTED_STATUS": "PARTY_KIND_DISPUTED",
    "HISTORIC_STATE": "PARTY_KIND_FORMER_STATE",
    "RENAMED_STATE": "PARTY_KIND_FORMER_STATE",
}

# Ranks are given only where the address or its note leaves no doubt.
RANKS = {
    "wikipedia": "SOURCE_RANK_ENCYCLOPEDIA",
    "encyclopedia": "SOURCE_RANK_ENCYCLOPEDIA",
    "history.state.gov": "SOURCE_RANK_PARTICIPANT",
    "www.g20.org": "SOURCE_RANK_ORGANIZER",
}

# Places to which the data gives the zone of a namesake elsewhere.
NAMESAKES = {("Montebello", "CA")}


class Series(NamedTuple):
    """A series of summits: its key, who meets, and at which level."""

    key: str
    kind: str
    id: str
    name: str
    level: str
    language: str = "en"


_ORGANIZATION = "PARTY_KIND_ORGANIZATION"
_BODY = "PARTY_KIND_BODY"
_STATES = "LEVEL_HEAD_OF_STATE"
_GOVERNMENTS = "LEVEL_HEAD_OF_GOVERNMENT"
_STATES_AND_GOVERNMENTS = "LEVEL_HEAD_OF_STATE_AND_GOVERNMENT"

SERIES = {
    "APEC Economic Leaders Meeting": Series(
        "apec-economic-leaders-meeting",
        _ORGANIZATION,
        "apec",
        "Asia-Pacific Economic Cooperation",
        _STATES_AND_GOVERNMENTS,
    ),
    "ASEAN summit": Series(
        "asean-summit",
        _ORGANIZATION,
        "asean",
        "Association of Southeast Asian Nations",
        _STATES_AND_GOVERNMENTS,
    ),
    "Arab League summit": Series(
        "arab-league-summit",
        _ORGANIZATION,
        "arab-league",
        "League of Arab States",
        _STATES_AND_GOVERNMENTS,
    ),
    "BRICS summit": Series(
        "brics-summit", _ORGANIZATION, "brics", "BRICS", _STATES_AND_GOVERNMENTS
    ),
    "CHOGM": Series(
        "chogm", _ORGANIZATION, "commonwealth", "Commonwealth of Nations", _GOVERNMENTS
    ),
    "European Council": Series(
        "european-council", _BODY, "european-council", "European Council", _STATES_AND_GOVERNMENTS
    ),
    "G20 summit": Series(
        "g20-summit", _ORGANIZATION, "g20", "Group of Twenty", _STATES_AND_GOVERNMENTS
    ),
    "G7 summit": Series(
        "g7-summit", _ORGANIZATION, "g7", "Group of Seven", _STATES_AND_GOVERNMENTS
    ),
    "NATO summit": Series(
        "nato-summit",
        _ORGANIZATION,
        "nato",
        "North Atlantic Treaty Organization",
        _STATES_AND_GOVERNMENTS,
    ),
    "SCO Council of Heads of State": Series(
        "sco-council-of-heads-of-state",
        _BODY,
        "sco-council-of-heads-of-state",
        "Council of Heads of State of the Shanghai Cooperation Organisation",
        _STATES,
    ),
    "Sommet de la Francophonie": Series(
        "sommet-de-la-francophonie",
        _ORGANIZATION,
        "oif",
        "Organisation internationale de la Francophonie",
        _STATES_AND_GOVERNMENTS,
        "fr",
    ),
    "UNFCCC COP": Series(
        "unfccc-cop",
        _BODY,
        "unfccc-cop",
        "Conference of the Parties to the UN Framework Convention on Climate Change",
        "LEVEL_UNSPECIFIED",
    ),
}
