"""`GET museion/datasets`: what this workspace may open."""

from tornado import web

from museion_lab.handlers import MuseionHandler, authorized


class DatasetsHandler(MuseionHandler):
    """The datasets this workspace's members may open."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the registry's list."""
        records = await self.datasets.records()
        self.finish({"datasets": [record.to_json() for record in records]})


def routes() -> list[tuple[str, type]]:
    """Return the endpoints of this module, below `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    return [("datasets", DatasetsHandler)]
