"""Registration: how one image of an object lies on another, as a transform that is kept.

>>> from museion.imaging import registration
>>> transform = registration.register_mutual_information(lead, band)  # doctest: +SKIP
>>> on_vnir = registration.apply(transform, maps["counts"], like=vnir)  # doctest: +SKIP
"""

from museion.imaging.registration.apply import apply
from museion.imaging.registration.features import register_features
from museion.imaging.registration.mutual import register_mutual_information
from museion.imaging.registration.points import register_points
from museion.imaging.registration.stored import find_transform, put_transform
from museion.imaging.registration.transform import Freedom, Residual, Transform

__all__ = [
    "Freedom",
    "Residual",
    "Transform",
    "apply",
    "find_transform",
    "put_transform",
    "register_features",
    "register_mutual_information",
    "register_points",
]
