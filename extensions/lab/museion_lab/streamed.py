"""What the endpoints that stream a dataset share: opening it, caching, refusing bad queries."""

import hashlib
from http import HTTPStatus

from museion_datasets.dataset import Dataset
from museion_datasets.policy import DatasetPolicy
from museion_lab.cube_queries import QueryError, read_version
from museion_lab.handlers import MuseionHandler

ADDRESS = r"([a-z0-9][a-z0-9-]*)/([a-z0-9][a-z0-9-]*)/([A-Za-z0-9][A-Za-z0-9._-]*)"
"""Workgroup, dataset and item in an address, as three groups."""

MAX_AGE_S = 3600  # a version never changes, but access to it may end


class StreamedHandler(MuseionHandler):
    """Base of the handlers that answer with parts of a dataset's version."""

    def argument(self, name: str) -> str | None:
        """Return one argument of the query, or None."""
        value: str | None = self.get_query_argument(name, None)
        return value

    async def open_dataset(self, workgroup: str, name: str) -> Dataset:
        """Return the dataset that the address and `version` name.

        Parameters
        ----------
        workgroup, name : str
            From the address.

        Returns
        -------
        Dataset
            Opened before, or now.
        """
        self._version = read_version(self.argument("version"))
        self._dataset = await self.datasets.get(f"{workgroup}/{name}", self._version)
        return self._dataset

    def is_known(self, variant: str = "") -> bool:
        """Set the caching headers, and answer 304 if the browser has the answer already.

        Of a dataset whose owner restricts it nothing is kept, as a browser keeps it decrypted
        on its disk.

        Parameters
        ----------
        variant : str
            What else the answer depends on, beside address and version.

        Returns
        -------
        bool
            Whether 304 was sent.
        """
        if is_restricted(self._dataset.snapshot.policy):
            self.set_header("Cache-Control", "private, no-store")
            return False
        request = self.request
        tag = f"{self._dataset.record.id} {self._dataset.version} {request.path} {request.query}"
        tag += f" {variant}" if variant else ""
        self.set_header("ETag", f'"{hashlib.sha256(tag.encode()).hexdigest()[:32]}"')
        age = "no-cache" if self._version is None else f"max-age={MAX_AGE_S}"
        self.set_header("Cache-Control", f"private, {age}")
        if not self.check_etag_header():
            return False
        self.set_status(HTTPStatus.NOT_MODIFIED)
        self.finish()
        return True

    def _handle_request_exception(self, error: BaseException) -> None:
        """Answer a bad query with its own sentence: it repeats only what was asked."""
        if isinstance(error, QueryError) and not self._finished:
            self.set_status(HTTPStatus.BAD_REQUEST)
            self.finish({"kind": "invalid", "message": error.message, "hint": error.hint})
            return
        super()._handle_request_exception(error)


def is_restricted(policy: DatasetPolicy | None) -> bool:
    """Return whether the owner limits where, when or what for a dataset is opened.

    Parameters
    ----------
    policy : DatasetPolicy or None
        The dataset's; None where nobody declared one.

    Returns
    -------
    bool
        True if copies that nobody looks after, as in a browser's cache, go too far.
    """
    return policy is not None and bool(
        policy.storage_jurisdictions
        or policy.compute_jurisdictions
        or policy.embargo_until
        or policy.purposes
    )
