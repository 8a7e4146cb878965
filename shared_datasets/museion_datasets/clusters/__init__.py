"""Datasets on a cluster: grants, the leases they are held on, and a worker's library."""
