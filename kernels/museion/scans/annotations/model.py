"""What an annotation on a scan is, checked: nothing else gets in, wherever it comes from."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from museion.errors import InputError

MAX_ANNOTATIONS = 10_000
MAX_POINTS = 1_000
MAX_BODY = 20_000
MAX_REPLIES = 500
MAX_TAGS = 30
MAX_TAG = 80
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")

type Point = tuple[float, float, float]


class Shape(StrEnum):
    """What is marked on the surface."""

    POINT = "point"
    LINE = "line"
    POLYGON = "polygon"


class Status(StrEnum):
    """How far people are with it."""

    OPEN = "open"
    RESOLVED = "resolved"


_LEAST_POINTS = {Shape.POINT: 1, Shape.LINE: 2, Shape.POLYGON: 3}


@dataclass(frozen=True, slots=True)
class Person:
    """A member, as the server that signed them in names them."""

    username: str
    name: str

    def __post_init__(self) -> None:
        _require_text("username", self.username, MAX_TAG)
        _require_text("name", self.name, 4 * MAX_TAG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """Whose something is, and since when.

    Attributes
    ----------
    author, edited_by : Person or None
        Who made it, and who else changed it last.
    created, modified : str
        RFC 3339; empty if nobody knows.
    """

    author: Person | None = None
    created: str = ""
    edited_by: Person | None = None
    modified: str = ""

    def __post_init__(self) -> None:
        for name in ("created", "modified"):
            moment = getattr(self, name)
            is_moment = isinstance(moment, str) and (not moment or _MOMENT.fullmatch(moment))
            _require(is_moment, f"{name} is no time: {moment!r:.40}", "write 2026-11-23T08:40:00Z.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Dated):
    """An answer to an annotation.

    Attributes
    ----------
    id : str
    body : str
        Plain text.
    """

    id: str
    body: str

    def __post_init__(self) -> None:
        Dated.__post_init__(self)
        _require_id(self.id)
        _require_text("reply", self.body, MAX_BODY)


@dataclass(frozen=True, slots=True)
class Camera:
    """How the scan is looked at.

    Attributes
    ----------
    azimuth, elevation : float
        Degrees: around the object, from +x over +y, and above the horizon.
    distance : float
        From the target, in metres.
    target : (x, y, z)
        In metres, in the scan's frame.
    is_orthographic : bool
        Without perspective.
    """

    azimuth: float
    elevation: float
    distance: float
    target: Point
    is_orthographic: bool = False

    def __post_init__(self) -> None:
        numbers = (self.azimuth, self.elevation, self.distance)
        is_one = all(map(_is_number, numbers)) and self.distance > 0
        _require(is_one, f"Not a camera: {self!r:.120}", "give degrees, and metres above 0.")
        object.__setattr__(self, "target", _point(self.target))


@dataclass(frozen=True, slots=True)
class Origin:
    """The stored annotation that one in a notebook was brought in from.

    Attributes
    ----------
    version : int
        Of the dataset that it lies in.
    author : Person or None
    created : str
    """

    version: int
    author: Person | None = None
    created: str = ""


@dataclass(frozen=True, slots=True)
class Anchored:
    """A point of an annotation on the measured surface.

    Attributes
    ----------
    vertex : int
        Id of the measured vertex that is nearest among its triangle's corners.
    point : (x, y, z)
        In metres, in the scan's frame.
    away_m : float
        How far from it the point was that was marked.
    """

    vertex: int
    point: Point
    away_m: float

    def __post_init__(self) -> None:
        is_one = type(self.vertex) is int and self.vertex >= 0 and _is_number(self.away_m)
        _require(is_one, f"Not an anchor: {self!r:.120}", "it has vertex, point and away_m.")
        object.__setattr__(self, "point", _point(self.point))


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation(Dated):
    """Something that is said about a place on a scan.

    Attributes
    ----------
    id : str
        Letters, digits, hyphens and underscores, at most 64.
    shape : Shape
    points : tuple of (x, y, z)
        In metres, in the scan's frame: one, the points of a line, or the corners of a polygon,
        the first not repeated.
    body : str
        Plain text.
    status : Status
    tags : tuple of str
    camera : Camera or None
        The view that shows it well.
    replies : tuple of Reply
    version : int
        Version of the dataset that it was placed on; 0 if nobody knows.
    moved_m : float or None
        How far it is off the surface of that version, in metres, if that is more than the
        noise explains; a person should look at it.
    origin : Origin or None
    anchors : tuple of Anchored
        One for each point, once it was placed on measured triangles.
    surface : str
        Digest of the geometry that the points are on; empty if nobody knows.
    """

    id: str
    shape: Shape
    points: tuple[Point, ...]
    body: str = ""
    status: Status = Status.OPEN
    tags: tuple[str, ...] = ()
    camera: Camera | None = None
    replies: tuple[Reply, ...] = ()
    version: int = 0
    moved_m: float | None = None
    origin: Origin | None = None
    anchors: tuple[Anchored, ...] = ()
    surface: str = ""

    def __post_init__(self) -> None:
        Dated.__post_init__(self)
        _require_id(self.id)
        object.__setattr__(self, "shape", _one_of(Shape, self.shape))
        object.__setattr__(self, "status", _one_of(Status, self.status))
        object.__setattr__(self, "points", _points(self.shape, self.points))
        _require_text("note", self.body, MAX_BODY)
        object.__setattr__(self, "tags", _tags(self.tags))
        few = len(self.replies) <= MAX_REPLIES
        _require(few, f"Too many replies: {len(self.replies)}", f"at most {MAX_REPLIES}.")
        is_anchored = len(self.anchors) in {0, len(self.points)}
        _require(is_anchored, "Not an anchor for each point", "give one for each, or none.")
        off = self.moved_m
        is_off = off is None or (_is_number(off) and off >= 0)
        _require(is_off, f"moved_m is no length: {off!r:.40}", "give metres.")


def require_annotations(annotations: Sequence[Annotation]) -> tuple[Annotation, ...]:
    """Return annotations that may lie together: not too many, no id twice.

    Raises
    ------
    InputError
        Otherwise.
    """
    if len(annotations) > MAX_ANNOTATIONS:
        raise InputError(
            f"Too many annotations: {len(annotations)}", hint=f"at most {MAX_ANNOTATIONS}."
        )
    seen: set[str] = set()
    for each in annotations:
        if each.id in seen:
            raise InputError(f"Two annotations have the same id: {each.id}", hint="choose another.")
        seen.add(each.id)
    return tuple(annotations)


def _points(shape: Shape, points: Any) -> tuple[Point, ...]:  # noqa: ANN401 - from outside
    """Return the points of a shape.

    Raises
    ------
    InputError
        If there are too few or too many, or one is no point.
    """
    is_list = isinstance(points, Sequence) and not isinstance(points, str)
    count, least = len(points) if is_list else 0, _LEAST_POINTS[shape]
    is_fit = count == 1 if shape is Shape.POINT else least <= count <= MAX_POINTS
    hint = f"a {shape} has {least if shape is Shape.POINT else f'{least} to {MAX_POINTS}'}."
    _require(is_fit, f"Not the points of a {shape}: {count}", hint)
    return tuple(map(_point, points))


def _point(value: Any) -> Point:  # noqa: ANN401 - from outside
    """Return a point.

    Raises
    ------
    InputError
        If it has not three finite coordinates.
    """
    is_three = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 3  # noqa: PLR2004
    is_point = is_three and all(map(_is_number, value))
    _require(is_point, f"Not a point: {value!r:.80}", "give x, y and z in metres.")
    x, y, z = value
    return float(x), float(y), float(z)


def _tags(tags: Any) -> tuple[str, ...]:  # noqa: ANN401 - from outside
    """Return tags, each once.

    Raises
    ------
    InputError
        If there are too many, or one is empty, too long, or has a comma.
    """
    is_list = isinstance(tags, Sequence) and not isinstance(tags, str)
    _require(is_list and len(tags) <= MAX_TAGS, "Not a list of tags", f"at most {MAX_TAGS}.")
    for tag in tags:
        is_tag = isinstance(tag, str) and 0 < len(tag.strip()) <= MAX_TAG and "," not in tag
        _require(is_tag, f"Not a tag: {tag!r:.100}", f"up to {MAX_TAG} characters, no comma.")
    return tuple(dict.fromkeys(tag.strip() for tag in tags))


def _one_of[E: StrEnum](kind: type[E], value: Any) -> E:  # noqa: ANN401 - from outside
    """Return a member of an enumeration.

    Raises
    ------
    InputError
        If `value` is none.
    """
    try:
        return kind(value)
    except ValueError as error:
        known = ", ".join(kind)
        name = kind.__name__.lower()
        raise InputError(f"Not a {name}: {value!r:.40}", hint=f"give {known}.") from error


def _require_id(value: Any) -> None:  # noqa: ANN401 - from outside
    is_id = isinstance(value, str) and _ID.fullmatch(value)
    _require(is_id, f"Not an id: {value!r:.80}", "letters, digits, hyphens and underscores.")


def _require_text(what: str, value: Any, most: int) -> None:  # noqa: ANN401 - from outside
    is_text = isinstance(value, str)
    _require(is_text, f"The {what} is no text: {value!r:.40}", "give text.")
    hint = f"at most {most} characters."
    _require(len(value) <= most, f"The {what} is too long: {len(value)} characters", hint)


def _is_number(value: Any) -> bool:  # noqa: ANN401 - from outside
    return type(value) in {int, float} and math.isfinite(value)


def _require(claim: object, what: str, hint: str) -> None:
    """Raise unless `claim` holds.

    Raises
    ------
    InputError
        If it doesn't.
    """
    if not claim:
        raise InputError(what, hint=hint)
