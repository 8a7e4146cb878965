"""pythreejs objects that hold decrypted geometry, marked so that no notebook keeps them.

JupyterLab can save widgets' state in the notebook file, arrays included. A model whose state
has `NEVER_SAVE` is left out of it, with all that belongs to it: `unsaved/` in our extension
of JupyterLab reads the mark. Positions are float32 around a middle that the object's
`position` holds, so that a scan in a national grid keeps its details.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pythreejs
from numpy.typing import NDArray
from traitlets import Bool

type Array = NDArray[Any]

NEVER_SAVE = "_museion_never_save"


class SealedAttribute(pythreejs.BufferAttribute):  # type: ignore[misc,unused-ignore]
    """Values of vertices that no notebook keeps."""

    _museion_never_save = Bool(default_value=True, read_only=True).tag(sync=True)


class SealedLines(pythreejs.LineSegmentsGeometry):  # type: ignore[misc,unused-ignore]
    """Ends of lines that no notebook keeps."""

    _museion_never_save = Bool(default_value=True, read_only=True).tag(sync=True)


def sealed_geometry(arrays: Mapping[str, Array]) -> Any:  # noqa: ANN401 - pythreejs has no types
    """Return a geometry of vertex attributes and, under `index`, triangles.

    Parameters
    ----------
    arrays : mapping of str to array

    Returns
    -------
    pythreejs.BufferGeometry
    """
    attributes = {
        name: SealedAttribute(np.ascontiguousarray(values)) for name, values in arrays.items()
    }
    return pythreejs.BufferGeometry(attributes=attributes)


def around_middle(vertices: Array) -> tuple[Array, Array]:
    """Return positions as float32 around their middle, and the middle.

    Parameters
    ----------
    vertices : (n, 3) float64

    Returns
    -------
    (n, 3) float32
    (3,) float64
    """
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2.0
    return (vertices - middle).astype(np.float32), middle
