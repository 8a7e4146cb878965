"""Attributes of ours on what xarray and zarr keep."""

ORIGIN_ATTRIBUTE = "museion"
"""Where an opened array comes from; never stored."""
ARRAY_ATTRIBUTE = "museion_array"
"""The variable of a group that is a DataArray, by its name."""
