"""Country codes: normalization of input, suggestions for unknown codes, and what a code covers.

Records store CLDR region codes, which for countries are those of ISO 3166-1 alpha-2. A code covers
territories, former possessions, and towns of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from summitry.zones.database import country_names
from summitry.zones.errors import UnknownRegionError
from summitry.zones.gazetteer import fold

if TYPE_CHECKING:
    from summitry.nearest import NameIndex

# Territories with codes of their own, for sources that give the code of the state. ISO 3166-1.
_TERRITORIES = {
    "AU": "CC CX NF",
    "CN": "HK MO",
    "DK": "FO GL",
    "FI": "AX",
    "FR": "BL GF GP MF MQ NC PF PM RE TF WF YT",
    "GB": "AI BM FK GG GI GS IM IO JE KY MS PN SH TC VG",
    "NL": "AW BQ CW SX",
    "NO": "SJ",
    "NZ": "CK NU TK",
    "US": "AS GU MP PR VI",
}

# Possessions that a state gave up since 1962, by the day of independence or hand-over (exclusive).
_FORMER = {
    "AU": {"PG": "1975-09-16"},
    "ES": {"GQ": "1968-10-12", "EH": "1976-02-26"},
    "FR": {"DZ": "1962-07-05", "KM": "1975-07-06", "DJ": "1977-06-27", "VU": "1980-07-30"},
    "GB": {
        "JM": "1962-08-06", "TT": "1962-08-31", "UG": "1962-10-09", "KE": "1963-12-12",
        "SG": "1963-09-16", "MW": "1964-07-06", "MT": "1964-09-21", "ZM": "1964-10-24",
        "GM": "1965-02-18", "MV": "1965-07-26", "GY": "1966-05-26", "BW": "1966-09-30",
        "LS": "1966-10-04", "BB": "1966-11-30", "MU": "1968-03-12", "SZ": "1968-09-06",
        "FJ": "1970-10-10", "BS": "1973-07-10", "GD": "1974-02-07", "SC": "1976-06-29",
        "SB": "1978-07-07", "TV": "1978-10-01", "DM": "1978-11-03", "LC": "1979-02-22",
        "KI": "1979-07-12", "VC": "1979-10-27", "ZW": "1980-04-18", "VU": "1980-07-30",
        "BZ": "1981-09-21", "AG": "1981-11-01", "KN": "1983-09-19", "BN": "1984-01-01",
        "HK": "1997-07-01",
    },
    "NL": {"SR": "1975-11-25"},
    "PT": {
        "GW": "1974-09-10", "MZ": "1975-06-25", "CV": "1975-07-05", "ST": "1975-07-12",
        "AO": "1975-11-11", "TL": "1975-11-28", "MO": "1999-12-20",
    },
    "US": {"MH": "1986-10-21", "FM": "1986-11-03", "PW": "1994-10-01"},
    "ZA": {"NA": "1990-03-21"},
}  # fmt: skip

# Towns, in countries with a single zone, that share their name with a city elsewhere. They are not
# in the table of cities, since without a country the name means the better-known city.
_NAMESAKES = {
    "FR": ("Vienne", "Valence"),
    "GB": ("Boston", "Cambridge", "Perth", "Halifax", "Newcastle", "Wellington", "Washington"),
    "IE": ("Kingston",),
    "IT": ("Vienna",),
    "LB": ("Tripoli",),
    "MT": ("Victoria",),
    "NI": ("León", "Granada"),
    "RO": ("Alexandria",),
    "VE": ("Barcelona", "Mérida", "Valencia"),
}


def codes_of(region_code: str, day: str = "") -> frozenset[str]:
    """Return the country codes that a state's code covers on a day (YYYY-MM-DD; "" for today)."""
    former = _FORMER.get(region_code, {}) if day else {}
    ruled = (code for code, until in former.items() if day < until)
    return frozenset((region_code, *_TERRITORIES.get(region_code, "").split(), *ruled))


def has_namesake(region_code: str, folded: str) -> bool:
    """Return whether a country has a town of its own by the name of a better-known one."""
    return any(fold(name) == folded for name in _NAMESAKES.get(region_code, ()))


def named_country(folded: str) -> str:
    """Return the code of the country with a folded English name; "" if there is none."""
    return _names().get(folded, "")


@cache
def _names() -> dict[str, str]:
    names = {code: name.partition(" (") for code, name in country_names().items()}
    shorts = Counter(short for short, _, _ in names.values())
    # "Congo (Rep.)" and "Congo (Dem. Rep.)": a short name that two share identifies neither.
    return {fold(short): code for code, (short, _, _) in names.items() if shorts[short] == 1}


# ISO 3166-1 alpha-3 and alpha-2; equal to the territory aliases of CLDR.
_ALPHA3 = """
    ABW:AW AFG:AF AGO:AO AIA:AI ALA:AX ALB:AL AND:AD ARE:AE ARG:AR ARM:AM ASM:AS ATA:AQ ATF:TF
    ATG:AG AUS:AU AUT:AT AZE:AZ BDI:BI BEL:BE BEN:BJ BES:BQ BFA:BF BGD:BD BGR:BG BHR:BH BHS:BS
    BIH:BA BLM:BL BLR:BY BLZ:BZ BMU:BM BOL:BO BRA:BR BRB:BB BRN:BN BTN:BT BVT:BV BWA:BW CAF:CF
    CAN:CA CCK:CC CHE:CH CHL:CL CHN:CN CIV:CI CMR:CM COD:CD COG:CG COK:CK COL:CO COM:KM CPV:CV
    CRI:CR CUB:CU CUW:CW CXR:CX CYM:KY CYP:CY CZE:CZ DEU:DE DJI:DJ DMA:DM DNK:DK DOM:DO DZA:DZ
    ECU:EC EGY:EG ERI:ER ESH:EH ESP:ES EST:EE ETH:ET FIN:FI FJI:FJ FLK:FK FRA:FR FRO:FO FSM:FM
    GAB:GA GBR:GB GEO:GE GGY:GG GHA:GH GIB:GI GIN:GN GLP:GP GMB:GM GNB:GW GNQ:GQ GRC:GR GRD:GD
    GRL:GL GTM:GT GUF:GF GUM:GU GUY:GY HKG:HK HMD:HM HND:HN HRV:HR HTI:HT HUN:HU IDN:ID IMN:IM
    IND:IN IOT:IO IRL:IE IRN:IR IRQ:IQ ISL:IS ISR:IL ITA:IT JAM:JM JEY:JE JOR:JO JPN:JP KAZ:KZ
    KEN:KE KGZ:KG KHM:KH KIR:KI KNA:KN KOR:KR KWT:KW LAO:LA LBN:LB LBR:LR LBY:LY LCA:LC LIE:LI
    LKA:LK LSO:LS LTU:LT LUX:LU LVA:LV MAC:MO MAF:MF MAR:MA MCO:MC MDA:MD MDG:MG MDV:MV MEX:MX
    MHL:MH MKD:MK MLI:ML MLT:MT MMR:MM MNE:ME MNG:MN MNP:MP MOZ:MZ MRT:MR MSR:MS MTQ:MQ MUS:MU
    MWI:MW MYS:MY MYT:YT NAM:NA NCL:NC NER:NE NFK:NF NGA:NG NIC:NI NIU:NU NLD:NL NOR:NO NPL:NP
    NRU:NR NZL:NZ OMN:OM PAK:PK PAN:PA PCN:PN PER:PE PHL:PH PLW:PW PNG:PG POL:PL PRI:PR PRK:KP
    PRT:PT PRY:PY PSE:PS PYF:PF QAT:QA REU:RE ROU:RO RUS:RU RWA:RW SAU:SA SDN:SD SEN:SN SGP:SG
    SGS:GS SHN:SH SJM:SJ SLB:SB SLE:SL SLV:SV SMR:SM SOM:SO SPM:PM SRB:RS SSD:SS STP:ST SUR:SR
    SVK:SK SVN:SI SWE:SE SWZ:SZ SXM:SX SYC:SC SYR:SY TCA:TC TCD:TD TGO:TG THA:TH TJK:TJ TKL:TK
    TKM:TM TLS:TL TON:TO TTO:TT TUN:TN TUR:TR TUV:TV TWN:TW TZA:TZ UGA:UG UKR:UA UMI:UM URY:UY
    USA:US UZB:UZ VAT:VA VCT:VC VEN:VE VGB:VG VIR:VI VNM:VN VUT:VU WLF:WF WSM:WS YEM:YE ZAF:ZA
    ZMB:ZM ZWE:ZW
"""
# Codes that ISO 3166-1 reserves or leaves to users, and CLDR maps to a country; and EL, which the
# institutions of the European Union write for Greece (Interinstitutional Style Guide 7.1).
_ALIASES = {"EL": "GR", "UK": "GB", "XKX": "XK"}
# ISO 3166-3: codes of former states. The first two letters were the state's code at its time.
_FORMER_CODES = """
    AIDJ ANHH BQAQ BUMM BYAA CSHH CSXX CTKI DDDE DYBJ FQHH FXFR GEHH HVBF JTUM MIUM NHVU NQAQ NTHH
    PCHH PUUM PZPA RHZW SKIN SUHH TPTL VDVN WKUM YDYE YUCS ZRCD
"""
# Codes that are no country's: the European Union and the United Nations as in CLDR, the codes that
# ISO 3166-1 leaves to users (such as XK for Kosovo), and areas of UN M49 (such as 150 for Europe).
_CODE_PATTERN = re.compile("EU|UN|AA|Q[M-Z]|X[A-Z]|ZZ|[0-9]{3}")


def parse_region(text: str) -> str:
    """Return the code to store for a country code in any spelling: "GB" for "uk", "KZ" for "KAZ".

    The code of a former state stays as it is. Raises UnknownRegionError, with suggestions.
    """
    code = fold_region(text)
    if code in _assigned_codes() or _CODE_PATTERN.fullmatch(code):
        return code
    raise UnknownRegionError(text, _nearest(code))


def fold_region(text: str) -> str:
    """Return the form in which codes are compared. The text need not be a valid code."""
    code = text.strip().upper()
    return _aliases().get(code, code)


@cache
def _aliases() -> dict[str, str]:
    pairs = (pair.partition(":") for pair in _ALPHA3.split())
    return {alpha3: alpha2 for alpha3, _, alpha2 in pairs} | _ALIASES


@cache
def _assigned_codes() -> frozenset[str]:
    former = _FORMER_CODES.split()
    return frozenset((*country_names(), *former, *(code[:2] for code in former)))


def _nearest(code: str) -> tuple[str, ...]:
    """Return suggestions: the country whose name was given, else the codes spelled most alike."""
    if country := named_country(fold(code)):
        return (country,)
    similar_codes = _codes().nearest(code[:16])
    return tuple(dict.fromkeys(fold_region(similar) for similar in similar_codes))


@cache
def _codes() -> NameIndex:
    from summitry.nearest import NameIndex  # here, because difflib is slow to import

    return NameIndex((*country_names(), *_aliases()))
