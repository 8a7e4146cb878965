"""Shuts a server in: what it sees of the machine, and the one door through which it talks."""
