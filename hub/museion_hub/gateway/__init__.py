"""Dask clusters for workgroups: dask-gateway, run by the hub, each cluster in a sandbox."""
