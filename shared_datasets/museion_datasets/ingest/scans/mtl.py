"""Materials of OBJ files: their names, colours and textures, and which textures are there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from museion_datasets.ingest.scans.raw import Beside

_MAP = "map_"
_BARE_MAPS = frozenset({"bump", "disp", "norm", "decal", "refl"})
_OPTION_VALUES = {
    "-blendu": 1, "-blendv": 1, "-boost": 1, "-bm": 1, "-cc": 1, "-clamp": 1, "-imfchan": 1,
    "-mm": 2, "-o": 3, "-s": 3, "-t": 3, "-texres": 1, "-type": 1,
}  # fmt: skip
_COLOR_MAP = "map_kd"
_COLOR_NUMBERS = 3


@dataclass(slots=True)
class Material:
    """A material as its file says it.

    Attributes
    ----------
    name : str
    color : tuple of three float, or None
        Diffuse reflectance (Kd) from 0 to 1.
    textures : dict of str to str
        File names by keyword, as ``{"map_kd": "vase.jpg"}``.
    """

    name: str
    color: tuple[float, float, float] | None = None
    textures: dict[str, str] = field(default_factory=dict)

    @property
    def color_map(self) -> str:
        """Name of the image of its colours; empty if there is none."""
        return self.textures.get(_COLOR_MAP, "")


def parse_materials(data: bytes) -> list[Material]:
    """Read a material file; lines that are not understood are left out.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    list of Material
        In their order.
    """
    materials: list[Material] = []
    for line in data.decode("utf-8", "replace").splitlines():
        words = line.partition("#")[0].split(maxsplit=1)
        match [words[0].lower(), *words[1:]] if words else []:
            case ["newmtl", name]:
                materials.append(Material(name.strip()))
            case ["kd", numbers] if materials:
                materials[-1].color = _color(numbers.split())
            case [keyword, rest] if materials and (
                keyword.startswith(_MAP) or keyword in _BARE_MAPS
            ):
                materials[-1].textures[keyword] = _file_name(rest)
    return materials


def read_materials(names: Sequence[str], beside: Beside) -> tuple[dict[str, Material], list[str]]:
    """Read the material files of an OBJ file.

    Parameters
    ----------
    names : sequence of str
        What its ``mtllib`` lines say.
    beside : Beside
        The files beside it.

    Returns
    -------
    dict of str to Material
        By name.
    list of str
        Notes on what is missing.
    """
    found: dict[str, Material] = {}
    notes = []
    for name in library_names(names, beside):
        data = beside.read(name)
        if data is None:
            notes.append(f"Material file missing: {name!r:.80}")
        else:
            found |= {each.name: each for each in parse_materials(data)}
    return found, notes


def library_names(lines: Sequence[str], beside: Beside) -> Iterator[str]:
    """Yield file names of ``mtllib`` lines: one with spaces, or several."""
    for line in dict.fromkeys(lines):
        if beside.read(line) is not None or len(line.split()) == 1:
            yield line
        else:
            yield from line.split()


def _color(words: Sequence[str]) -> tuple[float, float, float] | None:
    try:
        numbers = [min(max(float(word), 0.0), 1.0) for word in words[:_COLOR_NUMBERS]]
    except ValueError:
        return None
    if len(numbers) != _COLOR_NUMBERS:
        return None
    return numbers[0], numbers[1], numbers[2]


def _file_name(rest: str) -> str:
    """Return the file behind a texture's options; names may hold spaces."""
    words = rest.split()
    at = 0
    while at < len(words) and words[at].lower() in _OPTION_VALUES:
        most = _OPTION_VALUES[words[at].lower()]
        at += 1
        while most and at < len(words) - 1 and _is_value(words[at]):
            at, most = at + 1, most - 1
    if at == 0:
        return rest.strip().replace("\\", "/")
    return " ".join(words[at:]).replace("\\", "/")


def _is_value(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return word.lower() in {"on", "off", "r", "g", "b", "m", "l", "z"}
    return True
