"""What a person imports in a notebook.

>>> import museion
>>> panel = museion.open("murals/panel")  # doctest: +SKIP
>>> museion.view(panel["vnir"])  # doctest: +SKIP

Importing it loads nothing heavy: each name brings its part along when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from museion import imaging, samples, scans
    from museion._datasets import datasets, draft, ingest, open  # noqa: A004 - museion.open
    from museion._save import save
    from museion.clusters.opening import cluster
    from museion.widgets.view import view

__all__ = [
    "cluster",
    "datasets",
    "draft",
    "imaging",
    "ingest",
    "open",
    "samples",
    "save",
    "scans",
    "view",
]

_HOMES = {
    "cluster": "museion.clusters.opening",
    "datasets": "museion._datasets",
    "draft": "museion._datasets",
    "ingest": "museion._datasets",
    "open": "museion._datasets",
    "save": "museion._save",
    "view": "museion.widgets.view",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in __all__:
        return import_module(f"museion.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
