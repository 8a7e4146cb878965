"""The registry's own pages: workgroups, one's account, the administrators' overview, joining.

They read through the functions that answer the API and change things through the API itself, so
nothing here decides who may do what. Templates, styles and scripts are the hub's, from
`museion_hub.pages`.
"""
