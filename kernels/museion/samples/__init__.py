"""Sample datasets, made here or real.

`museion.samples.panel` and `museion.samples.vessel` are physically based and labelled
synthetic; a pigment library and a scan come from the folder with real sample data.

``python -m museion.samples --to murals`` puts them into a workgroup.
"""
