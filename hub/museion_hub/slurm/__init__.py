"""Servers as jobs of Slurm, each in the same sandbox as on the hub's own machine."""
