"""Viewers for a notebook: what is shown comes from the workspace's server, not the kernel."""
