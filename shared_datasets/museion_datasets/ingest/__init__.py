"""Brings measured objects into a dataset: original bytes kept, analysis form made beside them."""
