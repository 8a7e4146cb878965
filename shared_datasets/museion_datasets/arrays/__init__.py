"""Arrays over sealed objects: the zarr store, the codec pipeline, and xarray's forms on it."""
