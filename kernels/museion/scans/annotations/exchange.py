"""Annotations as browser and kernel exchange them: plain JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from museion.errors import InputError
from museion.scans.annotations.model import Annotation, Camera, Origin, Person, Reply

_CAMERA = {"is_orthographic": "isOrthographic"}
_INNER = ("anchors", "surface")


def to_dict(annotation: Annotation) -> dict[str, Any]:
    """Return an annotation as a browser takes it, without what the server says of it.

    Parameters
    ----------
    annotation : Annotation
    """
    told = asdict(annotation)
    for name in (*_INNER, "author", "edited_by", "created", "modified"):
        told.pop(name)
    told["points"] = [list(point) for point in annotation.points]
    told["tags"] = list(annotation.tags)
    told["camera"] = None if annotation.camera is None else camera_dict(annotation.camera)
    told["replies"] = [{"id": each.id, "body": each.body} for each in annotation.replies]
    if annotation.origin is not None:
        told["origin"] = {key: value for key, value in told["origin"].items() if value}
    return told


def camera_dict(camera: Camera) -> dict[str, Any]:
    """Return a camera as a browser takes it."""
    told = {_CAMERA.get(name, name): value for name, value in asdict(camera).items()}
    return told | {"target": list(camera.target)}


def from_dict(data: Mapping[str, Any]) -> Annotation:
    """Return the annotation that a browser told of.

    Parameters
    ----------
    data : mapping

    Raises
    ------
    InputError
        If it is none, with what is wrong.
    """
    try:
        said = {name: value for name, value in data.items() if name not in _INNER}
        camera, origin = said.pop("camera", None), said.pop("origin", None)
        replies = tuple(Reply(**_dated(each)) for each in said.pop("replies", ()))
        return Annotation(
            **_dated(said),
            camera=None if camera is None else read_camera(camera),
            origin=None if origin is None else Origin(**_dated(origin)),
            replies=replies,
        )
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise InputError(
            f"Not an annotation: {data!r:.160}", hint="it has at least id, shape and points."
        ) from error


def read_camera(data: Mapping[str, Any]) -> Camera:
    """Return a camera from what `camera_dict` gives."""
    names = {theirs: ours for ours, theirs in _CAMERA.items()}
    return Camera(**{names.get(name, name): value for name, value in data.items()})


def _dated(data: Mapping[str, Any]) -> dict[str, Any]:
    people = {name: data[name] for name in ("author", "edited_by") if data.get(name) is not None}
    return {**data, **{name: Person(**person) for name, person in people.items()}}
