"""Measurements that members take in the scan viewer, in Python: `ScanMeasurements`.

The browser shows a preview on what it displays. What counts is measured here, on every
measured triangle, by `museion.scans.measure`, and told to all browsers.
"""

import uuid
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import traitlets
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.scan import Scan
from museion.widgets.scan_marks import Mark, answer_of, measure_mark, require_kind, require_mark
from museion_datasets.errors import HintedError

if TYPE_CHECKING:
    from museion.scans.measure.paradata import Measurement
    from museion.scans.measure.section import Section

MAX_MEASUREMENTS = 200


class ScanMeasurements(traitlets.HasTraits):
    """What a viewer of a scan shares with its members: `measurements`."""

    measurement_marks = traitlets.List(traitlets.Dict()).tag(sync=True)
    measurement_answers = traitlets.List(traitlets.Dict()).tag(sync=True)
    scan: Scan

    @property
    def measurements(self) -> "dict[str, Measurement]":
        """What was measured in the viewer, by label: results of `museion.scans.measure`.

        What could not be measured is in `measurement_troubles`.
        """
        return {
            label: found
            for label, mark in self._labelled()
            if not isinstance(found := self._measured(mark), HintedError)
        }

    @property
    def measurement_troubles(self) -> dict[str, str]:
        """Why a measurement of the viewer has no value, by label."""
        return {
            label: _sentence(found)
            for label, mark in self._labelled()
            if isinstance(found := self._measured(mark), HintedError)
        }

    def add_measurement(
        self,
        kind: str,
        points: Sequence[Sequence[float]] | NDArray[Any],
        *,
        label: str = "",
        along: Sequence[float] | None = None,
    ) -> "Measurement":
        """Measure, and show it in the viewer.

        Parameters
        ----------
        kind : {"distance", "polyline", "geodesic", "angle", "section"}
        points : (n, 3) array-like
            In metres in the scan's frame: two ends, the points of a line, or first side, apex
            and second side of an angle; of a section three points of its plane, or two.
        label : str
            Its name; one is made by default.
        along : (3,), optional
            Of a section through two points: a direction in its plane.

        Returns
        -------
        Measurement
            As `scan.measure` gives it.

        Raises
        ------
        InputError
            If it cannot be measured, or the label is taken.
        """
        known = {mark["label"] for mark in self.measurement_marks}
        if label in known:
            raise InputError(f"The label is taken: {label!r:.80}", hint="choose another.")
        name = require_kind(kind).value.capitalize()
        numbers = range(1, len(known) + 2)
        mark = require_mark({
            "id": str(uuid.uuid4()),
            "kind": kind,
            "label": label or next(t for n in numbers if (t := f"{name} {n}") not in known),
            "points": [[float(value) for value in point] for point in points],
            "along": None if along is None else [float(value) for value in along],
            "within": 0.0,
        })
        found = self._measured(mark)
        if isinstance(found, HintedError):
            raise found
        self.measurement_marks = [*self.measurement_marks, dict(mark)]
        return found

    def remove_measurement(self, label: str) -> None:
        """Take a measurement out of the viewer.

        Raises
        ------
        InputError
            If none is called so.
        """
        kept = [mark for mark in self.measurement_marks if mark["label"] != label]
        if len(kept) == len(self.measurement_marks):
            known = ", ".join(mark["label"] for mark in kept) or "there are none"
            raise InputError(f"No such measurement: {label!r:.80}", hint=f"known: {known}.")
        self.measurement_marks = kept

    def declare(self, *, unit: str | None = None, noise_m: float | None = None) -> None:
        """Say what the scan's file does not, and measure all anew.

        Parameters
        ----------
        unit, noise_m : optional
            As of `Scan.declare`.
        """
        self.scan = self.scan.declare(unit=unit, noise_m=noise_m)
        self._known.clear()
        self._answer()

    def answer_question(self, _view: object, content: object, _buffers: object) -> None:
        """Answer a browser that asks for the drawing of a section; pass to `Widget.on_msg`."""
        if not isinstance(content, dict) or not isinstance(content.get("request"), str):
            return
        question = content.get("question")
        if not isinstance(question, dict) or question.get("ask") != "section":
            return
        try:
            answer = {"text": self._drawing(question)}
        except HintedError as error:
            answer = {"trouble": _sentence(error)}
        self._send_answer({"request": content["request"], "answer": answer})

    def _send_answer(self, content: dict[str, Any]) -> None:
        """Send to the browsers."""
        raise NotImplementedError

    def _drawing(self, question: Mapping[str, Any]) -> str:
        """Return a section's drawing.

        Raises
        ------
        InputError
            If there is no such section or form.
        """
        marks = [mark for mark in self.measurement_marks if mark["id"] == question.get("id")]
        if not marks or marks[0]["kind"] != "section":
            raise InputError("There is no such section any more", hint="draw it again.")
        found = self._measured(marks[0])
        if isinstance(found, HintedError):
            raise found
        section: Section = found  # type: ignore[assignment]
        form = question.get("format")
        if form == "svg":
            return section.to_svg(str(question.get("scale", "1:1")))
        if form in {"dxf", "csv"}:
            return section.to_dxf() if form == "dxf" else section.to_csv()
        raise InputError(f"Unknown form: {form!r:.20}", hint="svg, dxf or csv.")

    @cached_property
    def _known(self) -> "dict[str, Measurement | HintedError]":
        """Results by what they were measured for."""
        return {}

    def _labelled(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return marks with their labels; of several that are called the same, each its own."""
        found: dict[str, Mapping[str, Any]] = {}
        for mark in self.measurement_marks:
            label, number = mark["label"], 2
            while label in found:
                label, number = f"{mark['label']} ({number})", number + 1
            found[label] = mark
        return list(found.items())

    def _measured(self, mark: Mapping[str, Any]) -> "Measurement | HintedError":
        key = _key(mark)
        if key not in self._known:
            try:
                self._known[key] = measure_mark(self.scan.measure, require_mark(mark))
            except HintedError as error:
                self._known[key] = error
        return self._known[key]

    @traitlets.observe("measurement_marks")
    def _answer(self, _change: object = None) -> None:
        wanted = {_key(mark) for mark in self.measurement_marks}
        for key in self._known.keys() - wanted:
            del self._known[key]
        answers = []
        for mark in self.measurement_marks:
            found = self._measured(mark)
            if isinstance(found, HintedError):
                trouble = _sentence(found)
                answers.append({"id": mark["id"], "values": [], "notes": [], "trouble": trouble})
            else:
                answers.append(answer_of(require_mark(mark), found))
        self.measurement_answers = answers

    @traitlets.validate("measurement_marks")
    def _check_marks(self, proposal: dict[str, Any]) -> list[Mark]:
        """Accept only measurements.

        Raises
        ------
        InputError
            From Python; a browser only sends what was put on the surface.
        """
        marks = [require_mark(mark) for mark in proposal["value"]]
        if len(marks) > MAX_MEASUREMENTS:
            raise InputError(
                f"Too many measurements: {len(marks)}", hint=f"at most {MAX_MEASUREMENTS} show."
            )
        if len({mark["id"] for mark in marks}) < len(marks):
            raise InputError("Two measurements have the same id", hint="give each its own.")
        return marks


def _key(mark: Mapping[str, Any]) -> str:
    return repr([mark[name] for name in ("kind", "points", "along", "within")])


def _sentence(error: HintedError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message
