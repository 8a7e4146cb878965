"""Releases: making, keeping and verifying them, the last without any key."""
