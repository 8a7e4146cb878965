"""Jurisdictions: countries by ISO 3166-1 alpha-2 code, and the groups ``EU`` and ``EEA``.

A place lies in one country, or is declared to lie somewhere in a group. A dataset's owner
allows countries and groups. A place is allowed when everything it may stand for is: a place
``DE`` where ``EU`` is allowed, a place ``EU`` where ``EEA`` is, but not a place ``EU``
where only ``DE`` is.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from museion_datasets.errors import PolicyError

_EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905 - reads as a list
)
GROUPS: Mapping[str, frozenset[str]] = MappingProxyType({
    "EU": _EU,
    "EEA": _EU | {"IS", "LI", "NO"},
})
"""Countries of each group."""

COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO
    BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ
    DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP
    GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG
    KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML
    MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE
    PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL
    SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM
    US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 - reads as a list
)
"""Every assigned code."""


def require_jurisdiction(text: str) -> str:
    """Return a code in its canonical form.

    Parameters
    ----------
    text : str
        A country or a group, in any case.

    Returns
    -------
    str
        Upper case.

    Raises
    ------
    PolicyError
        If there is no such country or group.

    Examples
    --------
    >>> require_jurisdiction("it")
    'IT'
    """
    code = text.strip().upper()
    if code not in COUNTRIES and code not in GROUPS:
        raise PolicyError(
            f"Not a jurisdiction: {text!r:.40}",
            hint="write a country's two-letter code (ISO 3166), EU or EEA.",
        )
    return code


def lies_within(jurisdiction: str, allowed: Iterable[str]) -> bool:
    """Return whether everything that a jurisdiction may stand for is allowed.

    Parameters
    ----------
    jurisdiction : str
        A country, a part of one (``"DE-BY"``) or a group; empty where nothing is known.
    allowed : iterable of str
        Countries and groups.

    Returns
    -------
    bool
        False for an unknown jurisdiction.

    Examples
    --------
    >>> lies_within("NO", ["EEA"]), lies_within("EU", ["DE", "FR"])
    (True, False)
    """
    country, _, _ = jurisdiction.partition("-")
    reach = _countries(country) if country else frozenset()
    return bool(reach) and reach <= frozenset().union(*map(_countries, allowed))


def _countries(code: str) -> frozenset[str]:
    """Return the countries of a code."""
    return GROUPS.get(code, frozenset({code}))
