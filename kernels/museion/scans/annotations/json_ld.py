"""Annotations as W3C Web Annotations with the selectors of IIIF for three dimensions.

Web Annotation Data Model (W3C Recommendation, 23 February 2017); IIIF Presentation API
4.0.0-draft as of May 2026: `PointSelector` with x, y and z, `WktSelector` with `LINESTRING Z`
and `POLYGON Z`, `scope` with a camera. A scene of IIIF is right-handed with y up, so a point
(x, y, z) of a scan, z up, is (x, z, -y) there. See docs/formats/annotations.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from math import cos, radians, sin
from typing import Any

from museion.errors import InputError
from museion.scans.annotations.exchange import camera_dict, read_camera
from museion.scans.annotations.model import (
    MAX_POINTS,
    Anchored,
    Annotation,
    Camera,
    Dated,
    Origin,
    Person,
    Point,
    Reply,
    Shape,
    Status,
    require_annotations,
)

CONTEXT = [
    "http://iiif.io/api/presentation/4/context.json",
    {"museion": "urn:museion:terms:v1#"},
]
FORMAT = 1
FIELD_OF_VIEW_DEG = 28.0
MAX_WKT = 120 * MAX_POINTS
_UUID = "urn:uuid:"
_WKT = re.compile(r"\s*(POINT|LINESTRING|POLYGON)\s*Z?\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL)
_SHAPES = {"point": Shape.POINT, "linestring": Shape.LINE, "polygon": Shape.POLYGON}

type Json = dict[str, Any]


def scene_id(dataset: str, item: str) -> str:
    """Return the id of the scene that a scan's annotations target.

    Parameters
    ----------
    dataset, item : str
        `<workgroup>/<name>`, and the scan's name in it.
    """
    return f"urn:museion:scan:{dataset}/{item}"


def to_json_ld(annotations: Sequence[Annotation], scene: str, *, base: str = "") -> Json:
    """Return annotations as a page of Web Annotations.

    Parameters
    ----------
    annotations : sequence of Annotation
    scene : str
        Id of the scene that they target: `scene_id`, or that of a published manifest.
    base : str
        Address under which they will be published; their ids are UUIDs as URNs by default.

    Returns
    -------
    dict
        An `AnnotationPage`, for `json.dumps`: each reply is an annotation of its own.

    Raises
    ------
    InputError
        If there are too many, or two with the same id.
    """
    items: list[Json] = []
    for each in require_annotations(annotations):
        items.append(_annotation(each, scene, base))
        items += [_reply(reply, _address(each.id, base), base) for reply in each.replies]
    page = {"@context": CONTEXT, "type": "AnnotationPage", "museion:format": FORMAT}
    return {**page, "items": items}


def scene_cameras(annotations: Sequence[Annotation], scene: str, *, base: str = "") -> list[Json]:
    """Return what a manifest's scene must hold so that the saved views work in other viewers.

    Parameters
    ----------
    annotations : sequence of Annotation
    scene, base : str
        As for `to_json_ld`.

    Returns
    -------
    list of dict
        Hidden painting annotations for the scene's `items`, one for each saved view.
    """
    return [
        {
            "id": f"{_address(each.id, base)}/view",
            "type": "Annotation",
            "motivation": ["painting"],
            "behavior": ["hidden"],
            "body": _camera(each.camera, _address(each.id, base)),
            "target": _part(scene, [_point_selector(_stand(each.camera))]),
        }
        for each in annotations
        if each.camera is not None
    ]


def from_json_ld(data: Any, *, scene: str | None = None) -> tuple[Annotation, ...]:  # noqa: ANN401 - from a JSON parser
    """Read annotations, ours or those of another program.

    Bodies are taken as text, also where they say that they are HTML.

    Parameters
    ----------
    data : object
        An `AnnotationPage`, a list of annotations or a single one, as a JSON parser gave it.
    scene : str, optional
        Id that all must target.

    Raises
    ------
    InputError
        If one is no annotation of a place in three dimensions, with which one it is.
    """
    found: dict[str, Annotation] = {}
    replies: dict[str, list[Reply]] = {}
    for number, item in enumerate(_items(data), 1):
        try:
            if "replying" in _listed(item.get("motivation")):
                replies.setdefault(str(item["target"]), []).append(_read_reply(item))
            else:
                _add(found, item, scene)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"Not an annotation on a scan: item {number}",
                hint="it has id, body, and a target with a PointSelector or WktSelector.",
            ) from error
        except InputError as error:
            raise InputError(f"Item {number}: {error.message}", hint=error.hint) from error
    kept = (
        replace(each, replies=tuple(replies.get(address, ()))) for address, each in found.items()
    )
    return require_annotations(tuple(kept))


def _annotation(annotation: Annotation, scene: str, base: str) -> Json:
    address = _address(annotation.id, base)
    target = _part(scene, [_selector(annotation)])
    if annotation.camera is not None:
        scope = _camera(annotation.camera, address)
        scope["museion:orbit"] = camera_dict(annotation.camera)
        target["scope"] = [scope]
    if annotation.surface:
        target["museion:surface"] = annotation.surface
    if annotation.anchors:
        target["museion:anchors"] = [
            {**asdict(each), "point": list(each.point)} for each in annotation.anchors
        ]
    ours = {
        "museion:status": annotation.status.value,
        "museion:version": annotation.version,
        "museion:moved_m": annotation.moved_m,
        "museion:origin": annotation.origin and asdict(annotation.origin),
    }
    return {
        "id": address,
        "type": "Annotation",
        "motivation": ["commenting"],
        **_dates(annotation),
        "body": [
            _text(annotation.body, "commenting"),
            *(_text(tag, "tagging") for tag in annotation.tags),
        ],
        "target": target,
        **{name: value for name, value in ours.items() if value is not None},
    }


def _reply(reply: Reply, address: str, base: str) -> Json:
    return {
        "id": _address(reply.id, base),
        "type": "Annotation",
        "motivation": ["replying"],
        **_dates(reply),
        "body": [_text(reply.body, "replying")],
        "target": address,
    }


def _dates(dated: Dated) -> Json:
    people = {"creator": dated.author, "museion:editor": dated.edited_by}
    said = {
        name: {"type": "Person", "name": one.name, "nickname": one.username}
        for name, one in people.items()
        if one is not None
    }
    times = {"created": dated.created, "modified": dated.modified}
    return {**said, **{name: value for name, value in times.items() if value}}


def _text(value: str, purpose: str) -> Json:
    return {"type": "TextualBody", "value": value, "format": "text/plain", "purpose": purpose}


def _part(scene: str, selector: list[Json]) -> Json:
    source = {"id": scene, "type": "Scene"}
    return {"type": "SpecificResource", "source": source, "selector": selector}


def _selector(annotation: Annotation) -> Json:
    if annotation.shape is Shape.POINT:
        return _point_selector(annotation.points[0])
    places = [" ".join(map(repr, _in_scene(point))) for point in annotation.points]
    if annotation.shape is Shape.LINE:
        return {"type": "WktSelector", "value": f"LINESTRING Z ({', '.join(places)})"}
    ring = ", ".join([*places, places[0]])
    return {"type": "WktSelector", "value": f"POLYGON Z (({ring}))"}


def _point_selector(point: Point) -> Json:
    return {"type": "PointSelector", **dict(zip("xyz", _in_scene(point), strict=True))}


def _camera(camera: Camera, address: str) -> Json:
    kind = "OrthographicCamera" if camera.is_orthographic else "PerspectiveCamera"
    height = 2 * camera.distance * sin(radians(FIELD_OF_VIEW_DEG / 2))
    height /= cos(radians(FIELD_OF_VIEW_DEG / 2))
    size = {"viewHeight": height} if camera.is_orthographic else {"fieldOfView": FIELD_OF_VIEW_DEG}
    look = {"lookAt": _point_selector(camera.target)}
    return {"id": f"{address}/camera", "type": kind, **size, **look}


def _stand(camera: Camera) -> Point:
    """Return where a camera stands, in the scan's frame."""
    azimuth, elevation = radians(camera.azimuth), radians(camera.elevation)
    level = cos(elevation)
    along = (level * cos(azimuth), level * sin(azimuth), sin(elevation))
    x, y, z = (at + camera.distance * by for at, by in zip(camera.target, along, strict=True))
    return x, y, z


def _in_scene(point: Point) -> Point:
    x, y, z = point
    return x, z, -y


def _in_scan(point: Point) -> Point:
    x, y, z = point
    return x, -z, y


def _address(name: str, base: str) -> str:
    return f"{base.rstrip('/')}/{name}" if base else f"{_UUID}{name}"


# Reading


def _items(data: Any) -> list[Any]:  # noqa: ANN401 - from a JSON parser
    if isinstance(data, Mapping) and data.get("type") == "Annotation":
        return [data]
    items = data.get("items") if isinstance(data, Mapping) else data
    if not isinstance(items, list):
        raise InputError("Not a page of annotations", hint="give an AnnotationPage with items.")
    number = data.get("museion:format", FORMAT) if isinstance(data, Mapping) else FORMAT
    if number != FORMAT:
        raise InputError(
            f"Annotations of an unknown format: {number!r:.20}",
            hint="they were written by a newer version of museion; update it.",
        )
    return items


def _add(found: dict[str, Annotation], item: Mapping[str, Any], scene: str | None) -> None:
    """Read an annotation, and put it to the others under its address.

    Raises
    ------
    InputError
        If there is one already.
    """
    if item["id"] in found:
        raise InputError("The id is there twice", hint="give each annotation its own.")
    found[item["id"]] = _read(item, scene)


def _read(item: Mapping[str, Any], scene: str | None) -> Annotation:
    target = item["target"]
    source = target["source"]
    source = source[0] if isinstance(source, list) else source
    about = source if isinstance(source, str) else source["id"]
    if scene is not None and about != scene:
        raise InputError(
            f"The annotation is about something else: {about!r:.120}", hint=f"expected {scene}."
        )
    shape, points = _read_selector(_listed(target["selector"])[0])
    scope: Json = next(iter(_listed(target.get("scope"))), {})
    orbit, origin = scope.get("museion:orbit"), item.get("museion:origin")
    notes, tags = _read_bodies(item)
    return Annotation(
        id=_read_id(item["id"]),
        shape=shape,
        points=points,
        body="\n\n".join(notes),
        tags=tuple(tags),
        status=Status(item.get("museion:status", Status.OPEN)),
        camera=None if orbit is None else read_camera(orbit),
        version=int(item.get("museion:version", 0)),
        moved_m=item.get("museion:moved_m"),
        origin=None if origin is None else _read_origin(origin),
        anchors=tuple(Anchored(**each) for each in target.get("museion:anchors", ())),
        surface=str(target.get("museion:surface", "")),
        **_read_dates(item),
    )


def _read_reply(item: Mapping[str, Any]) -> Reply:
    notes, _ = _read_bodies(item)
    return Reply(id=_read_id(item["id"]), body="\n\n".join(notes), **_read_dates(item))


def _read_selector(selector: Mapping[str, Any]) -> tuple[Shape, tuple[Point, ...]]:
    """Return what a selector selects, in the scan's frame.

    Raises
    ------
    InputError
        If it is of another kind, or cannot be read.
    """
    kind = selector["type"]
    if kind == "PointSelector":
        x, y, z = (selector[name] for name in "xyz")
        return Shape.POINT, (_in_scan((x, y, z)),)
    if str(kind).lower() != "wktselector":
        raise InputError(
            f"Not a selector in three dimensions: {kind!r:.40}",
            hint="a place is a PointSelector with x, y and z, or a WktSelector.",
        )
    text = str(selector["value"])
    match = _WKT.fullmatch(text) if len(text) <= MAX_WKT else None
    if match is None or match[2].count("(") > 1:
        raise InputError(
            f"Not a point, line or polygon in WKT: {text!r:.80}",
            hint="as in POLYGON Z ((0 0 0, 1 0 0, 0 1 0, 0 0 0)), without holes.",
        )
    shape = _SHAPES[match[1].lower()]
    places = [each.split() for each in match[2].strip("() \n\t").split(",")]
    points = [(float(x), float(y), float(z)) for x, y, z in places]
    if shape is Shape.POLYGON and points[0] == points[-1]:
        points.pop()
    return shape, tuple(map(_in_scan, points))


def _read_bodies(item: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the notes and the tags."""
    if "bodyValue" in item:
        return [str(item["bodyValue"])], []
    notes: list[str] = []
    tags: list[str] = []
    for body in _listed(item.get("body")):
        is_tag = not isinstance(body, str) and body.get("purpose") == "tagging"
        (tags if is_tag else notes).append(str(body if isinstance(body, str) else body["value"]))
    return notes, tags


def _read_dates(item: Mapping[str, Any]) -> Json:
    people = {"author": item.get("creator"), "edited_by": item.get("museion:editor")}
    times = {name: item.get(name, "") for name in ("created", "modified")}
    return {**{name: _read_person(one) for name, one in people.items()}, **times}


def _read_person(said: Any) -> Person | None:  # noqa: ANN401 - from a JSON parser
    if said is None:
        return None
    if isinstance(said, str):
        return Person("", said)
    return Person(str(said.get("nickname", "")), str(said.get("name", "")))


def _read_origin(said: Mapping[str, Any]) -> Origin:
    author = said.get("author")
    return Origin(int(said["version"]), author and Person(**author), str(said.get("created") or ""))


def _read_id(address: str) -> str:
    return address.removeprefix(_UUID).rstrip("/").rpartition("/")[2]


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - from a JSON parser
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
