"""Brings measured objects into a dataset: original bytes kept, analysis form made beside them.

``from museion_datasets.ingest.run import ingest`` for files and folders;
`museion_datasets.ingest.scans.scan` for meshes that a browser shall stream;
`museion_datasets.ingest.cube` for a cube that is in memory already. Importing this package
loads nothing.
"""
