"""What every viewer's output carries, so that it shows in every place a notebook goes.

- ``application/vnd.museion.view+json``: where the data is; JupyterLab draws from it over
  HTTP, without kernel, also for a person who arrives later;
- ``application/vnd.jupyter.widget-view+json``: the live widget, for other notebooks;
- ``image/png``: a still, which stays in the saved notebook;
- ``text/plain``.

No trait holds measured values, so that a saved widget state holds none either.
"""

import base64
from abc import abstractmethod
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython.display import display

from museion.errors import SessionError

VIEW_MIME = "application/vnd.museion.view+json"
SPEC_VERSION = 1


def browser_code(viewer: str) -> Path:
    """Return the built browser code of a viewer.

    Parameters
    ----------
    viewer : str
        As in ``"cube"``.

    Returns
    -------
    Path
        One self-contained JavaScript module.

    Raises
    ------
    SessionError
        If it was not built.
    """
    path = Path(__file__).parent.parent / "static" / f"{viewer}.js"
    if not path.is_file():
        raise SessionError(
            f"The browser code of the viewer is not built: {path.name}",
            hint="run `make build` in the checkout, then restart the kernel.",
        )
    return path


class StreamedView(anywidget.AnyWidget):
    """A viewer that reads from the workspace's server.

    A subclass sets ``_esm``, calls ``super().__init__(_spec=…)`` with a view specification
    (``view.schema.json``) and implements `still` and `describe`.
    """

    _spec = traitlets.Dict().tag(sync=True)

    @abstractmethod
    def still(self) -> bytes:
        """Return a PNG of what the viewer shows at first."""

    @abstractmethod
    def describe(self) -> str:
        """Return one line for where no picture can be shown."""

    @property
    def spec(self) -> dict[str, Any]:
        """The view specification, with this widget's model and its present options."""
        return {**self._spec, "model_id": self.model_id}

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401
        data, metadata = self._bundle_without_still(**kwargs)
        return {**data, "image/png": base64.b64encode(self.still()).decode("ascii")}, metadata

    def _bundle_without_still(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if bundle is not None else ({}, {})
        return {**data, VIEW_MIME: self.spec, "text/plain": self.describe()}, metadata


class ShownFirst(StreamedView):
    """A view whose still picture takes longer than its first image in the browser.

    The output is told without the picture, then again with it. JupyterLab leaves the viewer as
    it is then, because its description is the same.
    """

    def _ipython_display_(self) -> None:
        """Show the view, then add its still picture to the same output."""
        bundle, metadata = self._bundle_without_still()
        handle = display(bundle, metadata=metadata, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        picture = base64.b64encode(self.still()).decode("ascii")
        handle.update({**bundle, "image/png": picture}, metadata=metadata, raw=True)
