"""A scan's head without its finer levels: for readers who may not see all of it.

Errors never grow from coarse to fine, so the groups above a limit are closed upwards: what is
left is a scan of its own, coarser but without holes. Pages keep their numbers, so answers that a
browser kept from another day never mix up; what is left out has an empty row that nothing
refers to.
"""

from dataclasses import replace

import numpy as np

from museion_datasets.ingest.scans.format import MEASURED, ScanHead


def reduced_head(head: ScanHead, least_m: float) -> tuple[ScanHead, frozenset[int]]:
    """Return a head of the coarser levels only.

    Parameters
    ----------
    head : ScanHead
    least_m : float
        In metres: groups that are closer than this to what was measured are left out.

    Returns
    -------
    ScanHead
        Its counts are those of its finest level.
    frozenset of int
        The pages that are left; always the root, page 0.
    """
    is_kept = head.groups["distance"] * head.grid.step >= least_m
    kept_clusters = np.repeat(is_kept, head.groups["clusters"])
    clusters = head.clusters[kept_clusters].copy()
    source = clusters["made_from"]
    is_made = source != MEASURED
    is_made[is_made] = is_kept[source[is_made]]
    clusters["made_from"] = np.where(is_made, source, np.uint32(MEASURED))
    groups = head.groups.copy()
    groups[~is_kept] = 0
    groups["first_cluster"] = np.cumsum([0, *groups["clusters"][:-1].tolist()])
    finest = clusters[~is_made]
    reduced = replace(
        head,
        vertex_count=int(finest["vertices"].sum()),
        triangle_count=int(finest["triangles"].sum()),
        metadata=head.metadata | {"reduced_to_m": least_m},
        groups=groups,
        clusters=clusters,
    )
    return reduced, frozenset(np.flatnonzero(is_kept).tolist())
