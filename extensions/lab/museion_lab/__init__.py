"""Runs in a workspace server: serves decrypted tiles, spectra and scan pages to its members."""

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell jupyter-server where the extension is."""
    from museion_lab.app import MuseionLab  # noqa: PLC0415 - importing the package stays light

    return [{"module": "museion_lab.app", "app": MuseionLab}]
