"""Runs in a workspace server: serves decrypted tiles, spectra and scan pages to its members."""

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell jupyter-server where the extensions are."""
    from museion_lab.app import MuseionLab  # noqa: PLC0415 - importing the package stays light
    from museion_lab.live.extension import WorkspaceCollaboration  # noqa: PLC0415 - the same

    return [
        {"module": "museion_lab.app", "app": MuseionLab},
        {"module": "museion_lab.live.extension", "app": WorkspaceCollaboration},
    ]
