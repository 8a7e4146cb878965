"""Dask clusters: what a notebook asks for, the agent that keeps each, and the client to it."""
