"""The registry: people, workgroups, datasets, grants and who may do what with them.

`names` holds the rules for names, `tables` what is stored, `database` how it is reached.
`directory` is the read side for the hub process, `people`, `workgroups` and `catalogue` are the
write side, and `app` serves both over HTTP to notebooks and pages.
"""
