"""Scans: meshes and point clouds, read, checked, and made into pages."""
