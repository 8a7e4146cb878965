"""Which samples there are; nothing heavy is imported to know that."""

from dataclasses import dataclass

HYPPIGMENTS = (
    "H. Deborah, Hyperspectral Pigment Dataset, WHISPERS 2022, "
    "doi:10.1109/WHISPERS56178.2022.9955067; data doi:10.5281/zenodo.5592485, CC BY 4.0"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A dataset that can be made.

    Attributes
    ----------
    name, title, kind, rights, description : str
        As for a draft.
    synthetic : bool
        Made by the project; otherwise it needs the folder with real data.
    workgroups : tuple of str
        Which get it; empty for all.
    prepare : str
        Function in `_preparation`: it takes the folder with real data and returns what writes
        the items. By its name, so that looking at the list costs no heavy import.
    """

    name: str
    title: str
    kind: str
    rights: str
    description: str
    synthetic: bool
    prepare: str
    workgroups: tuple[str, ...] = ()


SAMPLES = (
    Sample(
        name="panel",
        title="Saint with a palm",
        kind="cube",
        rights="CC0-1.0",
        description=(
            "Synthetic. A painted panel as reflectance cube, 400 to 1000 nm, made by "
            "Kubelka-Munk theory; its underdrawing shows only in the near infrared. "
            "Item truth holds abundances, thickness, underdrawing and noise."
        ),
        synthetic=True,
        prepare="prepare_panel",
        workgroups=("murals",),
    ),
    Sample(
        name="panel-xrf",
        title="Saint with a palm, MA-XRF",
        kind="files",
        rights="CC0-1.0",
        description=(
            "Synthetic. The same panel scanned by macro X-ray fluorescence every 2 mm, rhodium "
            "tube at 50 kV, as spectra of 1024 channels without energies. Item truth holds the "
            "elements' mass per area and where the scan lies on the panel."
        ),
        synthetic=True,
        prepare="prepare_panel_xrf",
        workgroups=("murals",),
    ),
    Sample(
        name="reference-paints",
        title="Reference paints in oil",
        kind="library",
        rights="CC0-1.0",
        description=(
            "Synthetic. Reflectance of 37 paints in four shades, 380 to 1020 nm, with their "
            "elements; those of the panel, otherwise ground and bound, and others."
        ),
        synthetic=True,
        prepare="prepare_reference_paints",
        workgroups=("murals",),
    ),
    Sample(
        name="vessel",
        title="Amphora with horses",
        kind="scan",
        rights="CC0-1.0",
        description="Synthetic. A relief-decorated vessel of some 1.5 million triangles.",
        synthetic=True,
        prepare="prepare_vessel",
        workgroups=("murals",),
    ),
    Sample(
        name="pigments",
        title="HypPigments: Kremer pigments, VNIR",
        kind="library",
        rights="CC-BY-4.0",
        description=f"398 pigments in four shades, 405 to 996 nm. {HYPPIGMENTS}",
        synthetic=False,
        prepare="prepare_pigments",
        workgroups=("murals",),
    ),
    Sample(
        name="venus",
        title="Venus de Milo, plaster cast",
        kind="scan",
        rights="CC0-1.0",
        description="Scan of a plaster cast. National Gallery of Denmark (SMK), CC0.",
        synthetic=False,
        prepare="prepare_venus",
    ),
)
