"""Country codes: normalization of input, and suggestions for unknown codes.

Records store CLDR region codes, which for countries are those of ISO 3166-1 alpha-2.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from summitry.zones.countries import named_country
from summitry.zones.database import country_names
from summitry.zones.errors import UnknownRegionError
from summitry.zones.gazetteer import fold

if TYPE_CHECKING:
    from summitry.nearest import NameIndex

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
_FORMER = """
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
    former = _FORMER.split()
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
