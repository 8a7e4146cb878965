"""Runs the hub: sign-in, sandboxes, the registry of workgroups and datasets, key custody."""
