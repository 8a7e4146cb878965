"""Starts a whole deployment on one machine, watches it, and stops all of it again."""
