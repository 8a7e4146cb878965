"""Finds the installed parts of the project that a sandboxed server needs to run.

Works the same for an editable checkout and for an installed wheel. Only the parts that run
for a user are listed: the environment, the base Python behind it, and the packages
`museion`, `museion_datasets` and `museion_lab` where they lie outside the environment.
"""

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

USER_PACKAGES = ("museion", "museion_datasets", "museion_lab")
HUB_FOLDER = Path(__file__).resolve().parent
CHECKOUT = HUB_FOLDER.parents[1]
LONGEST_LINK_CHAIN = 16


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the software is.

    Attributes
    ----------
    python : Path
        Interpreter that runs servers and kernels.
    readable : tuple of Path
        What must be readable for that, each at its own path.
    relay : Path
        The sandbox's door, a module without dependencies.
    notebooks : Path or None
        Folder of notebooks that a new workspace starts with.
    jupyter_path : tuple of Path
        Folders with JupyterLab extensions and kernels besides the environment's own.
    jupyter_config_path : tuple of Path
        Folders with server configuration besides the environment's own.
    """

    python: Path
    readable: tuple[Path, ...]
    relay: Path
    notebooks: Path | None
    jupyter_path: tuple[Path, ...]
    jupyter_config_path: tuple[Path, ...]

    @property
    def commands(self) -> Path:
        """Folder of the environment's commands."""
        return self.python.parent


def find_environment() -> Environment:
    """Look at this interpreter and at where the packages were imported from."""
    notebooks = CHECKOUT / "notebooks"
    jupyter = _existing(CHECKOUT / "extensions/share/jupyter")
    config = _existing(CHECKOUT / "extensions/lab/jupyter-config")
    python = Path(sys.prefix) / "bin" / Path(sys.executable).name
    readable = [*_interpreter(python), *_packages(), *jupyter, *config]
    return Environment(
        python=python,
        readable=tuple(outermost(readable)),
        relay=HUB_FOLDER / "sandbox" / "relay.py",
        notebooks=notebooks if notebooks.is_dir() else None,
        jupyter_path=jupyter,
        jupyter_config_path=config,
    )


def _existing(folder: Path) -> tuple[Path, ...]:
    return (folder,) if folder.is_dir() else ()


def _interpreter(python: Path) -> Iterator[Path]:
    """Yield the environment and each installation that its interpreter links through."""
    yield Path(sys.prefix)
    yield Path(sys.base_prefix)
    yield Path(sys.base_prefix).resolve()
    link = python
    for _ in range(LONGEST_LINK_CHAIN):
        if not link.is_symlink():
            break
        link = link.parent / link.readlink()
        yield link.parent.parent


def _packages() -> Iterator[Path]:
    for name in USER_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec and spec.submodule_search_locations:
            yield from (Path(place) for place in spec.submodule_search_locations)


def outermost(folders: list[Path]) -> list[Path]:
    """Leave out folders that lie inside another one of the list, and repetitions.

    Examples
    --------
    >>> [str(path) for path in outermost([Path("/a/b"), Path("/a"), Path("/c"), Path("/c")])]
    ['/a', '/c']
    """
    kept = {folder for folder in folders if not any(p in folders for p in folder.parents)}
    return sorted(kept)
