"""A scene composed in Python: scans with what explains them, measured by double clicks.

What is seen is a level of detail that pythreejs draws; a double click is answered on the full
resolution by the scan's own measurements.
"""

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any, Self

import ipywidgets
import numpy as np
import pythreejs
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.composing import things
from museion.scans.composing.mesh import make_mesh, require_drawable
from museion.scans.measure.anchors import Anchor
from museion.scans.measure.measurements import Measurements
from museion.scans.measure.plane import Plane
from museion.scans.measure.section import Section
from museion.scans.scan import PYTHREEJS_TRIANGLES, Scan

if TYPE_CHECKING:
    from museion.scans.measure.lengths import Distance

type Array = NDArray[Any]

_FIELD_OF_VIEW = 28.0
_BACKGROUND = "#ecebe8"
_INK, _RED, _BLUE = "#1f2a33", "#b3261e", "#1d5d9b"
_LAMPS = ((-35.0, 40.0, 0.75), (60.0, 20.0, 0.3), (160.0, 35.0, 0.3))  # azimuth, elevation, power
_AMBIENT = 0.35
_MARGIN = 1.15
_DOT_SHARE, _LETTER_SHARE = 0.006, 0.035  # of the scene's diagonal
_PAIR = 2
_HOW_TO_MEASURE = "Double-click the scan to measure."


class ComposedScene:
    """Scans, and what is put beside them. Shown by being a cell's last value.

    Parameters
    ----------
    *scans : Scan
        At least one; all in one frame.
    max_triangles : int
        Drawn of each scan.
    width, height : int
        In CSS pixels.
    azimuth, elevation : float
        Where the first view is taken from, in degrees, as for `museion.view`.

    Attributes
    ----------
    picks : list of Anchor
        The points that were double-clicked, at full resolution.
    found : Distance or None
        The distance of the last two of them, if they are on one scan.
    root : pythreejs.Group
        To add further pythreejs objects to; metres, z up, in the scans' frame.
    """

    def __init__(
        self,
        *scans: Scan,
        max_triangles: int = PYTHREEJS_TRIANGLES,
        width: int = 800,
        height: int = 520,
        azimuth: float = -62.0,
        elevation: float = 14.0,
    ) -> None:
        wished = require_drawable(max_triangles)
        if not scans:
            raise InputError("A scene has at least one scan", hint="as in scene(scan).")
        corners = np.concatenate([scan.bounds * scan.metres_per_unit for scan in scans])
        low, high = corners.min(axis=0), corners.max(axis=0)
        self._middle, self._diagonal = (low + high) / 2.0, float(np.linalg.norm(high - low))
        self._scans = scans
        self._surfaces: dict[Any, Measurements] = {}
        for scan in scans:
            cut = scan.simplified(wished)
            mesh = make_mesh(cut, scan.metres_per_unit)
            self._surfaces[mesh] = _tolerant(scan.measure, cut.error_m * scan.metres_per_unit)
        self._targets = pythreejs.Group(children=list(self._surfaces))
        self._lamps = pythreejs.Group(children=[things.lamp(*lamp, "white") for lamp in _LAMPS])
        self.root = pythreejs.Group(
            children=[self._targets], position=tuple((-self._middle).tolist())
        )
        self.picks: list[Anchor] = []
        self.found: Distance | None = None
        self._heard: list[Callable[[Anchor], object]] = []
        self._marks: list[Any] = []
        self._last: Measurements | None = None
        self._text = ipywidgets.HTML(_HOW_TO_MEASURE)
        self._picker = pythreejs.Picker(controlling=self._targets, event="dblclick")
        self._picker.observe(self._on_pick, names=["point"])
        self.renderer = self._make_renderer(width, height, azimuth, elevation)
        self._box = ipywidgets.VBox([self.renderer, self._text])

    def __repr__(self) -> str:
        return f"ComposedScene({', '.join(map(repr, self._scans))})"

    def add(self, thing: Any) -> Self:  # noqa: ANN401 - any pythreejs object
        """Add a pythreejs object, placed in the scans' frame: metres, z up.

        Parameters
        ----------
        thing : pythreejs.Object3D

        Raises
        ------
        InputError
            If it is none.
        """
        if not isinstance(thing, pythreejs.Object3D):
            raise InputError(
                f"Not a pythreejs object: {type(thing).__name__}",
                hint="add meshes, lines, lights, sprites or groups.",
            )
        self.root.add(thing)
        return self

    def add_mesh(
        self, vertices: object, faces: object, *, color: str = "#c9a66b", opacity: float = 1.0
    ) -> Self:
        """Add a mesh of plain colour, as a reconstruction of what is lost.

        Parameters
        ----------
        vertices : (n, 3) array-like
            In metres.
        faces : (m, 3) array-like of int
        color : str
            As CSS has it.
        opacity : float
            0 to 1.

        Raises
        ------
        InputError
            If the arrays are no mesh.
        """
        return self.add(things.reconstruction(vertices, faces, color, opacity))

    def add_arrow(self, start: object, end: object, *, color: str = _RED) -> Self:
        """Add an arrow.

        Parameters
        ----------
        start, end : (3,) array-like
            In metres; the tip is at `end`.
        color : str
        """
        return self.add(things.arrow(start, end, color))

    def add_label(
        self, place: object, text: str, *, height_m: float | None = None, color: str = _INK
    ) -> Self:
        """Add a text that faces the viewer.

        Parameters
        ----------
        place : (3,) array-like
            Its middle, in metres.
        text : str
        height_m : float, optional
            Of the letters, in metres.
        color : str
        """
        letters = _LETTER_SHARE * self._diagonal if height_m is None else height_m
        return self.add(things.label(place, text, letters, color))

    def add_section(
        self, section: Section | Plane, *, color: str = _RED, cut: bool = False
    ) -> Self:
        """Add the outline of a section, and hide what is before it if that is asked for.

        Parameters
        ----------
        section : Section or Plane
            A plane cuts the first scan, at full resolution.
        color : str
        cut : bool
            Whether the side that the plane's normal points to is hidden.

        Raises
        ------
        InputError
            If the plane does not cross the scan.
        """
        found = self._scans[0].measure.section(section) if isinstance(section, Plane) else section
        self.add(things.outline(found, color))
        if cut:
            plane = things.cut_away(found.plane, self._middle)
            for mesh in self._surfaces:
                mesh.material.clippingPlanes = (*mesh.material.clippingPlanes, plane)
            self.renderer.localClippingEnabled = True
        return self

    def add_light(
        self,
        azimuth: float,
        elevation: float,
        *,
        intensity: float = 1.0,
        color: str = "white",
        only: bool = False,
    ) -> Self:
        """Add a light from far away, as raking light.

        Parameters
        ----------
        azimuth, elevation : float
            Where it comes from, in degrees: around the object, from +x over +y, and above the
            horizon.
        intensity : float
        color : str
        only : bool
            Whether the studio's lamps are switched off.
        """
        if only:
            self._lamps.children = []
        self._lamps.add(things.lamp(azimuth, elevation, intensity, color))
        return self

    def on_pick(self, call: Callable[[Anchor], object]) -> Self:
        """Call a function with each point that is double-clicked, at full resolution.

        Parameters
        ----------
        call : callable
        """
        self._heard.append(call)
        return self

    def pick(self, place: object, scan: int = 0) -> Anchor:
        """Measure at a point of a scan, as a double click there does.

        Parameters
        ----------
        place : (3,) array-like
            In metres.
        scan : int
            Which of the scene's scans.

        Raises
        ------
        InputError
            If the scan has no surface there.
        """
        return self._measure_at(place, list(self._surfaces.values())[scan])

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:  # noqa: ANN401 - IPython's
        """Return the scene for a live notebook, and a sentence for a saved one."""
        shown = self._box._repr_mimebundle_(**kwargs)
        note = f"{self!r}: run the cell again to see the scene; notebooks do not keep it"
        return {**shown, "text/plain": note}

    def _on_pick(self, change: dict[str, Any]) -> None:
        picked = self._picker.object
        if picked not in self._surfaces:
            return
        try:
            self._measure_at(np.array(change["new"]) + self._middle, self._surfaces[picked])
        except InputError as error:
            self._text.value = escape(f"{error.message}; {error.hint}")

    def _measure_at(self, place: object, surface: Measurements) -> Anchor:
        anchor = surface.point(place)
        is_second = len(self.picks) % _PAIR == 1 and self._last is surface
        if not is_second:
            self._clear()
        self.picks.append(anchor)
        self._last = surface
        self._mark(things.dot(anchor.point, _DOT_SHARE * self._diagonal, _BLUE))
        self.found = surface.distance(self.picks[-_PAIR], anchor) if is_second else None
        self._say(anchor)
        for call in self._heard:
            call(anchor)
        return anchor

    def _say(self, anchor: Anchor) -> None:
        """Draw the measured line, and tell values with where they come from."""
        if self.found is None:
            x, y, z = (f"{1e3 * one:.3f}" for one in anchor.point)
            self._text.value = f"Point ({x}, {y}, {z}) mm, vertex {anchor.vertex}"
            return
        ends = np.stack([self.found.start.point, self.found.end.point])
        self._mark(things.lines(ends[None], _BLUE, is_over=True))
        letters = _LETTER_SHARE * self._diagonal
        self._mark(things.label(ends.mean(axis=0), str(self.found.distance), letters, _INK))
        self._text.value = self.found._repr_html_()

    def _mark(self, thing: Any) -> None:  # noqa: ANN401
        self._marks.append(thing)
        self.root.add(thing)

    def _clear(self) -> None:
        if self._marks:
            self.root.remove(self._marks)
        self._marks, self.picks = [], []

    def _make_renderer(self, width: int, height: int, azimuth: float, elevation: float) -> Any:  # noqa: ANN401
        reach = _MARGIN * self._diagonal / 2.0 / np.sin(np.deg2rad(_FIELD_OF_VIEW) / 2.0)
        around, above = np.deg2rad(azimuth), np.deg2rad(elevation)
        back = np.array([
            np.cos(above) * np.cos(around), np.cos(above) * np.sin(around), np.sin(above)
        ])  # fmt: skip
        camera = pythreejs.PerspectiveCamera(
            fov=_FIELD_OF_VIEW,
            aspect=width / height,
            near=reach / 1e3,
            far=reach * 1e2,
            up=(0.0, 0.0, 1.0),
            position=tuple((reach * back).tolist()),
        )
        camera.lookAt((0.0, 0.0, 0.0))
        ambient = pythreejs.AmbientLight(intensity=_AMBIENT)
        scene = pythreejs.Scene(
            children=[self.root, self._lamps, ambient, camera], background=_BACKGROUND
        )
        controls = [pythreejs.OrbitControls(controlling=camera), self._picker]
        return pythreejs.Renderer(
            scene, camera, controls, antialias=True, width=width, height=height
        )


def _tolerant(measure: Measurements, error_m: float) -> Measurements:
    """Return measurements that take points of a level of detail for points of the surface."""
    tolerance = max(measure.tolerance_m, 2.0 * error_m)
    return Measurements(measure.surface, measure.origin, tolerance)


def scene(*scans: Scan, **options: Any) -> ComposedScene:  # noqa: ANN401 - see ComposedScene
    """Compose a scene of scans and what explains them.

    Parameters
    ----------
    *scans : Scan
        At least one; all in one frame.
    **options
        `max_triangles`, `width`, `height`, `azimuth`, `elevation`: see `ComposedScene`.

    Returns
    -------
    ComposedScene
    """
    return ComposedScene(*scans, **options)
