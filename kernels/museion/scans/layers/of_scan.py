"""The layers of a stored scan, as methods that `museion.scans.Scan` inherits."""

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from museion.errors import InputError
from museion_datasets.ingest.scans.layer_format import LayerHead
from museion_datasets.versions.snapshot import children

if TYPE_CHECKING:
    from museion.scans.layers.integral import Progress
    from museion.scans.layers.layer import Layer
    from museion.scans.layers.solid import Solid
    from museion.scans.measure.deviation import Deviation
    from museion.scans.scan import Scan
    from museion_datasets.dataset import Dataset


class ScanLayers:
    """Part of a `museion.scans.Scan`: values on its vertices."""

    @cached_property
    def layers(self) -> Mapping[str, LayerHead]:
        """The stored layers by name: what they are, before their values are read.

        Layers of another geometry, left from before the scan was replaced, are not among them.
        """
        from museion.scans.layers.stored import read_head  # noqa: PLC0415 - which reads scans

        scan = self._whole
        names = children(scan.keys(), "layers/")
        heads = {
            name: read_head(scan.read_part(f"layers/{name}/head"), scan.geometry) for name in names
        }
        return MappingProxyType({name: head for name, head in heads.items() if head is not None})

    def layer(self, name: str) -> "Layer":
        """Read a stored layer.

        Parameters
        ----------
        name : str
            One of `layers`.

        Returns
        -------
        Layer
            Its `values` are one for each row of `vertices`, NaN where nothing is known.

        Raises
        ------
        InputError
            If there is none of this name.
        """
        from museion.scans.layers.stored import read_layer  # noqa: PLC0415

        head = self.layers.get(name)
        if head is None:
            known = ", ".join(self.layers) or "none"
            raise InputError(f"No such layer: {name!r:.80}", hint=f"the scan has {known}.")
        return read_layer(name, head, self._whole)

    def relief(
        self,
        *,
        radius_m: float,
        kind: str = "msii",
        scales: int = 3,
        name: str = "",
        progress: "Progress | None" = None,
    ) -> "Layer":
        """Return where the surface stands out and where it is hollow.

        For "msii", the multi-scale integral invariant, a value is the share of a ball around
        the vertex that lies outside the material, mean over `radius_m`, its half and its
        quarter: 0.5 on a plane, more on ridges, less in grooves. For "curvature" it is the mean
        curvature in 1/m, positive on ridges, as a ball of `radius_m` sees it.

        Parameters
        ----------
        radius_m : float
            About the width of what is to be seen, as the strokes of an inscription.
        kind : {"msii", "curvature"}
        scales : int
            How many radii for "msii".
        name : str
            Of the layer; the kind of relief by default.
        progress : callable, optional
            Told which share is done, from 0 to 1.

        Raises
        ------
        InputError
            If the scan has no triangles, its unit is not known, or the radius does not suit it.
        """
        from museion.scans.layers.relief import measure_relief  # noqa: PLC0415 - loads scipy

        found = measure_relief(
            self._solid, self._whole.origin, radius_m,
            kind=kind, scales=scales, progress=progress,
        )  # fmt: skip
        return found.named(name) if name else found

    def occlusion(
        self,
        *,
        rays: int = 64,
        distance_m: float | None = None,
        name: str = "occlusion",
        progress: "Progress | None" = None,
    ) -> "Layer":
        """Return how much of the sky each vertex sees: 1 in the open, 0 in a closed hollow.

        Parameters
        ----------
        rays : int
            For each vertex, weighted by the cosine.
        distance_m : float, optional
            What is farther off hides nothing; the whole object counts by default.
        name : str
            Of the layer.
        progress : callable, optional
            Told which share is done, from 0 to 1.

        Raises
        ------
        InputError
            If the scan has no triangles, its unit is not known, or rays or distance make no
            sense.
        """
        from museion.scans.layers.occlusion import measure_occlusion  # noqa: PLC0415

        return measure_occlusion(
            self._solid, self._whole.origin,
            rays=rays, distance_m=distance_m, name=name, progress=progress,
        )  # fmt: skip

    def deviation_layer(
        self,
        deviation: "Deviation",
        *,
        name: str = "deviation",
        reach_m: float | None = None,
    ) -> "Layer":
        """Return a deviation from another epoch as a layer.

        Parameters
        ----------
        deviation : Deviation
            As ``later.measure.deviation(earlier.measure, …)`` gives it; this scan is the later
            epoch for C2M, the earlier one for M3C2.
        name : str
            Of the layer.
        reach_m : float, optional
            Of M3C2: how far from a core point its distance counts.

        Raises
        ------
        InputError
            If the deviation is not one of this scan.
        """
        from museion.scans.layers.epochs import deviation_layer  # noqa: PLC0415

        return deviation_layer(self._whole, deviation, name=name, reach_m=reach_m)

    def save_layer(
        self,
        layer: "Layer",
        *,
        message: str = "",
        purpose: str | None = None,
    ) -> "Dataset":
        """Store a layer as the next version of the dataset; the scan is not built again.

        Parameters
        ----------
        layer : Layer
        message : str
            What has changed, for people.
        purpose : str, optional
            What the dataset is opened for, if its owner limits that.

        Returns
        -------
        Dataset
            The new version, open.

        Raises
        ------
        InputError
            If the scan was replaced meanwhile.
        """
        from museion.scans.layers.stored import save_layer  # noqa: PLC0415

        return save_layer(self._whole, layer, message=message, purpose=purpose)

    @cached_property
    def _solid(self) -> "Solid":
        from museion.scans.layers.solid import Solid  # noqa: PLC0415

        return Solid.of(self._whole.measured, self._whole.metres_per_unit)

    @property
    def _whole(self) -> "Scan":
        return cast("Scan", self)
