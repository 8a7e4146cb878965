"""Pigments that are *not* on the sample panel, for its library of reference paints.

Parametric like those of `museion.samples._pigments`, from the same literature and
R. S. Berns, "Artist Paint Spectral Database", Studio for Scientific Imaging (2016): they look
like the published curves and are no measurement. Some differ from a pigment of the panel in
their elements only, others in a band.
"""

from museion.samples._pigments import Pigment

OTHERS: dict[str, tuple[Pigment, str]] = {
    "red_lead": (
        Pigment("red lead", 0.05, 0.19, 2.0, edges=((566, 8, 0.72), (640, 60, 0.12))),
        "Pb",
    ),
    "cadmium_red": (
        Pigment("cadmium red", 0.04, 0.18, 2.0, edges=((608, 9.5, 0.68), (690, 60, 0.14))),
        "Cd S Se",
    ),
    "realgar": (Pigment("realgar", 0.07, 0.10, 1.8, edges=((538, 13, 0.52),)), "As S"),
    "madder_lake": (
        Pigment(
            "madder lake", 0.09, 0.012, 2.0, edges=((598, 18, 0.60), (710, 50, 0.20)),
            peaks=((440, 60, 0.05),), bands=((511, 38, 0.62), (544, 34, 0.60)),
        ),
        "Al",
    ),
    "burnt_sienna": (
        Pigment(
            "burnt sienna", 0.04, 0.07, 1.8, edges=((590, 16, 0.15), (740, 32, 0.17)),
            bands=((674, 84, 0.10), (880, 130, 0.22)),
        ),
        "Fe",
    ),
    "orpiment": (Pigment("orpiment", 0.08, 0.15, 1.8, edges=((492, 10, 0.64),)), "As S"),
    "naples_yellow": (
        Pigment("Naples yellow", 0.19, 0.22, 1.8, edges=((507, 19, 0.55), (600, 60, 0.08))),
        "Pb Sb",
    ),
    "chrome_yellow": (
        Pigment("chrome yellow", 0.09, 0.21, 1.8, edges=((509, 11, 0.66), (590, 50, 0.08))),
        "Pb Cr",
    ),
    "cadmium_yellow": (
        Pigment("cadmium yellow", 0.07, 0.20, 1.8, edges=((500, 6, 0.74), (580, 50, 0.06))),
        "Cd S",
    ),
    "raw_sienna": (
        Pigment(
            "raw sienna", 0.05, 0.07, 1.8, edges=((548, 22, 0.28), (745, 32, 0.15)),
            bands=((485, 44, 0.24), (662, 92, 0.12), (920, 150, 0.26)),
        ),
        "Fe",
    ),
    "smalt": (
        Pigment(
            "smalt", 0.20, 0.016, 1.8, edges=((692, 13, 0.46),), peaks=((440, 100, 0.24),),
            bands=((540, 64, 0.52), (592, 60, 0.56), (646, 60, 0.58)),
        ),
        "Co K As Si",
    ),
    "indigo": (
        Pigment(
            "indigo", 0.05, 0.010, 2.0, edges=((738, 19, 0.56), (820, 60, 0.14)),
            peaks=((435, 90, 0.05),), bands=((660, 110, 0.45),),
        ),
        "",
    ),
    "prussian_blue": (
        Pigment("Prussian blue", 0.03, 0.008, 1.8, edges=((955, 45, 0.14),),
                peaks=((450, 80, 0.07),)),
        "Fe",
    ),
    "egyptian_blue": (
        Pigment(
            "Egyptian blue", 0.30, 0.060, 1.8, edges=((900, 30, 0.30),),
            peaks=((455, 100, 0.30),), bands=((628, 120, 0.66), (795, 190, 0.58)),
        ),
        "Cu Ca Si",
    ),
    "cerulean_blue": (
        Pigment(
            "cerulean blue", 0.16, 0.080, 1.7, edges=((712, 16, 0.40),), peaks=((478, 96, 0.26),),
            bands=((585, 70, 0.46), (655, 74, 0.62)),
        ),
        "Co Sn",
    ),
    "green_earth": (
        Pigment(
            "green earth", 0.13, 0.045, 1.7, edges=((830, 60, 0.12),), peaks=((558, 140, 0.15),),
            bands=((740, 220, 0.40),),
        ),
        "Fe K Si Al",
    ),
    "viridian": (
        Pigment(
            "viridian", 0.06, 0.020, 1.8, edges=((735, 18, 0.44),), peaks=((508, 78, 0.30),),
            bands=((605, 110, 0.50),),
        ),
        "Cr",
    ),
    "chromium_oxide_green": (
        Pigment(
            "chrome oxide green", 0.07, 0.160, 1.6, edges=((716, 14, 0.26),),
            peaks=((538, 62, 0.15), (412, 34, 0.03)), bands=((600, 80, 0.36),),
        ),
        "Cr",
    ),
    "emerald_green": (
        Pigment(
            "emerald green", 0.14, 0.10, 1.6, edges=((985, 40, 0.36),), peaks=((511, 96, 0.50),),
            bands=((745, 260, 0.66),),
        ),
        "Cu As",
    ),
    "zinc_white": (
        Pigment("zinc white", 0.10, 0.20, 1.9, edges=((388, 4, 0.85),)),
        "Zn",
    ),
    "chalk": (
        Pigment("chalk", 0.70, 0.05, 1.9, edges=((400, 30, 0.20), (560, 90, 0.05))),
        "Ca",
    ),
    "vine_black": (
        Pigment("vine black", 0.028, 0.022, 1.2, edges=((880, 90, 0.015),)),
        "",
    ),
}  # fmt: skip
