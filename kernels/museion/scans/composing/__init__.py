"""Scenes composed in Python with pythreejs: `museion.scans.scene`."""
