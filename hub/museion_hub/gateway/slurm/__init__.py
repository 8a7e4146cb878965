"""Clusters as jobs of Slurm: the backend, what it submits, and how it speaks with Slurm."""
