"""Scalar layers of a scan: relief, occlusion, deviation, and values from elsewhere."""
