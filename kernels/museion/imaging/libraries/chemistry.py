"""Which elements an instrument for X-ray fluorescence can expect of a pigment, by its name.

Only what defines the pigment, and sodium upward; not its extenders, ground or impurities. A name
that is not here has no elements here, nor has an imitation: nothing is guessed. Where a name
fits twice, as "cadmium orange, vermilion", the first line counts.

References
----------
N. Eastaugh et al., "Pigment Compendium", Butterworth-Heinemann (2008).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

_ELEMENTS: Mapping[str, str] = MappingProxyType({
    "red lead|minium|massicot|litharge|lead white|flake white|cremnitz": "Pb",
    "lead.tin yellow": "Pb Sn",
    "naples yellow": "Pb Sb",
    "orpiment|realgar": "As S",
    "zirconium cerulean": "Zr V Si",
    "cadmium red|cadmium orange": "Cd S Se",
    "cadmium yellow": "Cd S",
    "cadmium green": "Cd S Cr",
    "vermilion|cinnabar": "Hg S",
    "chrome yellow|chrome orange|chrome red": "Pb Cr",
    "barium yellow": "Ba Cr",
    "strontium yellow": "Sr Cr",
    "zinc yellow": "Zn Cr",
    "zinc white|chinese white": "Zn",
    "titanium white": "Ti",
    "lithopone": "Zn S Ba",
    "blanc fixe|barite|baryte": "Ba S",
    "gypsum|alabaster|selenite|anhydrite": "Ca S",
    "chalk|calcite|marble|champagne": "Ca",
    "dolomite": "Ca Mg",
    "azurite|malachite|verdigris|copper resinate|blue verditer|green verditer|blue bice|"
    "copper blue|chrysocolla": "Cu",
    "atacamite": "Cu Cl",
    "emerald green|scheele": "Cu As",
    "egyptian blue|egyptian green": "Cu Ca Si",
    "han.(blue|purple)": "Cu Ba Si",
    "smalt": "Co K As Si",
    "cobalt blue|thenard": "Co Al",
    "cobalt cerulean|cerulean blue": "Co Sn",
    "cobalt green": "Co Zn",
    "cobalt yellow|aureolin": "Co K",
    "cobalt violet": "Co P",
    "lapis|lazurite|ultramarine": "Na Al Si S",
    "prussian blue|milori|vivianite": "Fe",
    "viridian|chrome oxide green": "Cr",
    "chromite": "Cr Fe",
    "umber": "Fe Mn",
    "ochre|sienna|haematite|hematite|magnetite|venetian red|english red|pompeii red|"
    "caput mortuum|\\bbole\\b|terra (ercolano|pozzuoli)|iron glimmer|iron oxide|goethite": "Fe",
    "green(t)? earth|celadonite|glauconite": "Fe K Si Al",
    "jarosite": "Fe K S",
    "manganese (violet|brown|black)": "Mn",
    "manganese blue": "Ba Mn",
    "ivory black|bone black": "Ca P",
    "antimony": "Sb",
    "bismuth.vanadate": "Bi V",
    "nickel.titanium": "Ni Ti Sb",
    "praseodym": "Zr Pr Si",
    "pyrite": "Fe S",
})
_PATTERNS = tuple((re.compile(name), symbols) for name, symbols in _ELEMENTS.items())


def elements_of(name: str) -> str:
    """Return the elements that define a pigment.

    Parameters
    ----------
    name : str
        In English, as a shop or a library writes it.

    Returns
    -------
    str
        Symbols, the telling ones first, joined by a space; empty if the name says nothing.
    """
    said = name.lower().replace("_", " ")
    if "imitation" in said:
        return ""
    return next((symbols for pattern, symbols in _PATTERNS if pattern.search(said)), "")
