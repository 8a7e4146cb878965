"""A scan as files that other programs read: GLB, PLY, and a IIIF manifest."""
