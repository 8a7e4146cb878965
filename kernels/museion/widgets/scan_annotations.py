"""Annotations that members make in the scan viewer, in Python: `ScanAnnotations`.

In a shared notebook they live in its document, and the kernel has a copy that the browsers send.
What Python adds is a wish that the browser which ran the cell carries out, so that its member
is the author. Where nothing is shared, this widget keeps them.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import traitlets

from museion.errors import InputError
from museion.scans.annotations.exchange import from_dict, to_dict
from museion.scans.annotations.model import (
    MAX_ANNOTATIONS,
    Annotation,
    Camera,
    Origin,
    Shape,
    require_annotations,
)
from museion.scans.scan import Scan

if TYPE_CHECKING:
    from museion_datasets.dataset import Dataset


class ScanAnnotations(traitlets.HasTraits):
    """What a viewer of a scan shares with its members: `annotations`."""

    _annotations = traitlets.List(traitlets.Dict()).tag(sync=True)
    _annotations_wishes = traitlets.List(traitlets.Dict()).tag(sync=True)
    _annotations_calls = traitlets.List(traitlets.Dict()).tag(sync=True)
    _pending = traitlets.Dict()
    _is_own = False
    scan: Scan

    @property
    def annotations(self) -> list[Annotation]:
        """The annotations of this moment, the eldest first.

        Raises
        ------
        InputError
            If a browser sent something else.
        """
        return list(require_annotations([from_dict(each) for each in self._annotations]))

    def annotate(
        self,
        points: Sequence[Sequence[float]],
        body: str = "",
        *,
        shape: str = "",
        tags: Sequence[str] = (),
        camera: Camera | None = None,
    ) -> Annotation:
        """Annotate a place on the scan.

        Parameters
        ----------
        points : sequence of (3,)
            In metres, in the scan's frame, on its surface.
        body : str
            Plain text.
        shape : {"point", "line", "polygon"}
            By default a point if there is one, else a line.
        tags : sequence of str
        camera : Camera, optional
            The view that shows it well.

        Returns
        -------
        Annotation
            Its author is added once a browser has shown it in the shared notebook.

        Raises
        ------
        InputError
            If it is no annotation, or not on the scan.
        """
        chosen = shape or (Shape.POINT if len(points) == 1 else Shape.LINE)
        on = [self.scan.measure.point(point).point.tolist() for point in points]
        made = Annotation(
            id=str(uuid.uuid4()),
            shape=cast("Shape", chosen),
            points=tuple((x, y, z) for x, y, z in on),
            body=body,
            tags=tuple(tags),
            camera=camera,
            version=self.scan.version,
        )
        self._wish([made])
        return made

    def remove_annotation(self, annotation: Annotation | str) -> None:
        """Take an annotation out of the notebook, for everybody.

        Parameters
        ----------
        annotation : Annotation or str
            Or its id.

        Raises
        ------
        InputError
            If there is no such annotation.
        """
        wanted = annotation if isinstance(annotation, str) else annotation.id
        kept = [each for each in self._annotations if each.get("id") != wanted]
        if len(kept) == len(self._annotations):
            raise InputError(f"No such annotation: {wanted!r:.80}", hint="see view.annotations.")
        self._pending = {key: each for key, each in self._pending.items() if key != wanted}
        self._keep(kept)
        self._annotations_wishes = [{"wish": str(uuid.uuid4()), "remove": wanted}]

    def load_annotations(self) -> list[Annotation]:
        """Bring the annotations that are stored with the scan into the notebook.

        They lie on the surface of this version, flagged where that is not sure. What the
        notebook has already stays as it is.

        Returns
        -------
        list of Annotation
            Those that are new here, each with where it comes from.
        """
        known = {each.get("id") for each in self._annotations}
        found = [
            _brought(each, self.scan.version)
            for each in self.scan.annotations
            if each.id not in known
        ]
        self._wish(found)
        return found

    def save_annotations(
        self, message: str = "", *, keep_others: bool = True, purpose: str | None = None
    ) -> "Dataset":
        """Save the annotations with the scan, as the dataset's next version.

        Parameters
        ----------
        message : str
            What has changed, for people.
        keep_others : bool
            Whether stored annotations that this notebook does not have stay.
        purpose : str, optional
            What for, if the owner of the dataset limits that.

        Returns
        -------
        Dataset
            The new version, open.

        Raises
        ------
        InputError
            If there is nothing to save, or one is not on the scan.
        """
        from museion.scans.annotations.stored import save_annotations  # noqa: PLC0415

        annotations = self.annotations
        if not annotations and keep_others:
            raise InputError("There are no annotations to save", hint="make some in the viewer.")
        return save_annotations(
            self.scan.dataset,
            self.scan.name,
            annotations,
            message=message,
            keep_others=keep_others,
            purpose=purpose,
        )

    def _wish(self, made: Sequence[Annotation]) -> None:
        """Show annotations here, and let a browser put them where they are shared.

        Raises
        ------
        InputError
            If there are too many.
        """
        if len(self._annotations) + len(made) > MAX_ANNOTATIONS:
            raise InputError("Too many annotations", hint=f"at most {MAX_ANNOTATIONS}.")
        told = [to_dict(each) for each in made]
        self._pending = {**self._pending, **{each["id"]: each for each in told}}
        self._keep([*self._annotations, *told])
        self._tell(told)

    def _keep(self, told: list[dict[str, Any]]) -> None:
        self._is_own = True
        try:
            self._annotations = told
        finally:
            self._is_own = False

    def _tell(self, told: Sequence[dict[str, Any]]) -> None:
        self._annotations_wishes = [{"wish": str(uuid.uuid4()), "put": each} for each in told]

    @traitlets.observe("_annotations_calls")
    def _repeat(self, _change: object) -> None:
        """Wish again: the browser that calls has just begun to listen."""
        if self._pending:
            self._tell(list(self._pending.values()))

    @traitlets.validate("_annotations")
    def _keep_pending(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        """Keep what no browser has taken over yet."""
        told: list[dict[str, Any]] = list(proposal["value"])
        if self._is_own:
            return told
        ids = {each.get("id") for each in told}
        self._pending = {key: each for key, each in self._pending.items() if key not in ids}
        return [*told, *self._pending.values()]


def _brought(annotation: Annotation, version: int) -> Annotation:
    """Return a stored annotation as one of the notebook, with where it comes from."""
    origin = annotation.origin or Origin(version, annotation.author, annotation.created)
    return replace(annotation, origin=origin)
