"""The page the proxy shows by itself: for a hub, or a workspace, that does not answer.

It can't fetch anything from the hub then, so its style is inside it, tokens included; the
proxy reads it from a folder (its option ``--error-path``).
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from museion_hub.pages.assets import static_path, templates_path

FILE_NAME = "error.html"


def outage_page(title: str) -> str:
    """Return the page, complete in itself.

    Parameters
    ----------
    title
        The deployment's name.
    """
    environment = Environment(loader=FileSystemLoader(templates_path()), autoescape=True)
    tokens = (static_path() / "tokens.css").read_text(encoding="utf-8")
    return environment.get_template("outage.html").render(title=title, tokens=tokens)


def write_outage_page(folder: Path, title: str) -> Path:
    """Put the page where the proxy finds it, and return the folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / FILE_NAME).write_text(outage_page(title), encoding="utf-8")
    return folder
