"""What a new workspace starts with: a copy of each notebook, made once, never written over."""

import shutil
from pathlib import Path


def seed_workspace(workspace: Path, notebooks: Path | None) -> list[Path]:
    """Copy the notebooks into a workspace that has nothing in it yet.

    Parameters
    ----------
    workspace
        The workspace's directory; what people delete later stays deleted.
    notebooks
        Where the originals are, if anywhere.

    Returns
    -------
    list of Path
        The copies.
    """
    if notebooks is None or any(workspace.iterdir()):
        return []
    originals = sorted(notebooks.glob("*.ipynb"))
    return [Path(shutil.copyfile(path, workspace / path.name)) for path in originals]
