"""JupyterHub's configuration file; everything is decided in `museion_hub.configure`."""

import os
from pathlib import Path

from museion_hub.configure import configure
from museion_hub.runtime import load_runtime
from museion_hub.settings import load_settings

config = os.environ.get("MUSEION_CONFIG", "")
settings = load_settings(Path(config) if config else None)
runtime = load_runtime(Path(os.environ["MUSEION_RUNTIME"]))
configure(settings, runtime, get_config())  # type: ignore[name-defined]  # noqa: F821
