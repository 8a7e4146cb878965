"""Every page the hub shows: their look, their words and the home page's data.

`pages.setup` has what the deployment's configuration calls::

    c.JupyterHub.template_paths = setup.template_paths()
    c.JupyterHub.template_vars = setup.template_vars(directory, settings)

and the Authenticator puts the pages' own routes before JupyterHub's, which is what makes
``/hub/home`` and the start of a server ours (``JupyterHub.extra_handlers`` come after the
default ones, and are deprecated)::

    def get_handlers(self, app):
        return [*super().get_handlers(app), *setup.handlers(directory)]

`pages.outage` makes the page that the proxy shows when the hub itself does not answer.
``static/tokens.css`` is the one source of colours, type and spacing for the hub's pages, the
JupyterLab extension and the widgets; ``docs/design.md`` explains it.
"""
