"""Annotations on scans: points, lines and polygons with notes, replies, status, tags and views.

`view.annotations` has those of a viewer, `scan.annotations` those of a dataset. They are
exchanged as W3C Web Annotations with selectors of IIIF for three dimensions.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from museion.scans.annotations.anchoring import place_annotations
    from museion.scans.annotations.json_ld import from_json_ld, scene_cameras, scene_id, to_json_ld
    from museion.scans.annotations.model import (
        Anchored,
        Annotation,
        Camera,
        Origin,
        Person,
        Reply,
        Shape,
        Status,
    )
    from museion.scans.annotations.stored import put_annotations, save_annotations

__all__ = [
    "Anchored",
    "Annotation",
    "Camera",
    "Origin",
    "Person",
    "Reply",
    "Shape",
    "Status",
    "from_json_ld",
    "place_annotations",
    "put_annotations",
    "save_annotations",
    "scene_cameras",
    "scene_id",
    "to_json_ld",
]

_HOMES = {
    "from_json_ld": "json_ld",
    "place_annotations": "anchoring",
    "put_annotations": "stored",
    "save_annotations": "stored",
    "scene_cameras": "json_ld",
    "scene_id": "json_ld",
    "to_json_ld": "json_ld",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in __all__:
        raise AttributeError(name)
    home = _HOMES.get(name, "model")
    return getattr(import_module(f"museion.scans.annotations.{home}"), name)
