"""Where the pages' templates, styles, scripts and images are, and the version they carry."""

import hashlib
from pathlib import Path


def static_path() -> Path:
    """Return the folder that is served under ``/hub/assets/``."""
    return Path(__file__).parent / "static"


def templates_path() -> Path:
    """Return the folder of the templates."""
    return Path(__file__).parent / "templates"


def assets_version() -> str:
    """Return a digest of every asset: browsers keep an asset until it changes."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(static_path().iterdir()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
