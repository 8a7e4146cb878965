"""What the deployment's configuration needs: routes, template folder, template variables."""

from collections.abc import Callable
from typing import Any

from jupyterhub.handlers.static import CacheControlStaticFilesHandler
from tornado.log import app_log

from museion_hub.pages import home, starting, words
from museion_hub.pages.assets import static_path, templates_path
from museion_hub.pages.colour import Layer, paint_section
from museion_hub.pages.site import REGISTRY, site_of
from museion_hub.pages.view import Portrait, portrait
from museion_hub.registry.directory import Directory
from museion_hub.registry.errors import UnavailableError
from museion_hub.registry.names import account_name, find_slug
from museion_hub.registry.views import PersonView
from museion_hub.settings import Settings

type Route = tuple[str, type] | tuple[str, type, dict[str, Any]]


def handlers(directory: Directory) -> list[Route]:
    """Return the pages' routes, to be placed before JupyterHub's own.

    Parameters
    ----------
    directory
        Where the home page looks up people and workgroups.
    """
    reads = {"directory": directory}
    return [
        (r"/home", home.HomeHandler, reads),
        (r"/home/state", home.HomeStateHandler, reads),
        (r"/servers/([^/]+)/stop", home.StopServerHandler),
        (r"/spawn(?:/([^/]+))?", starting.StartHandler),
        (r"/spawn-pending/([^/]+)", starting.StartPendingHandler),
        (r"/assets/(.*)", CacheControlStaticFilesHandler, {"path": str(static_path())}),
    ]


def template_paths() -> list[str]:
    """Return the folders that hold the pages' templates."""
    return [str(templates_path())]


def template_vars(directory: Directory, settings: Settings) -> dict[str, Any]:
    """Return what templates may use beside JupyterHub's own variables.

    JupyterHub calls each callable with the signed-in user and gives the template the result.
    """
    return {
        "site": site_of(settings),
        "registry_url": REGISTRY,
        "viewer": lambda user: _viewer(directory, user),
        "is_administrator": lambda user: _is_administrator(directory, user),
        "workplace_title": lambda user: _workplace_titles(directory, user),
        "paint_section": lambda _user: _section_of,
        "error_words": lambda _user: words.error_words,
        "sign_in_notice": lambda _user: words.sign_in_notice,
        "cause_notice": lambda _user: words.cause_notice,
    }


def _section_of(account: str) -> tuple[Layer, ...]:
    return paint_section(find_slug(account) or account)


def _viewer(directory: Directory, user: Any) -> Portrait | None:  # noqa: ANN401  a hub User
    """Return who is signed in; an error page must render even if the registry can't be read."""
    if user is None:
        return None
    try:
        person = directory.find_person(user.name)
    except UnavailableError:
        app_log.exception("the registry could not be read for a page's header")
        person = None
    return portrait(person or PersonView(user.name, display_name="", color=""))


def _is_administrator(directory: Directory, user: Any) -> bool:  # noqa: ANN401  a hub User
    """Say whether who is signed in runs the deployment; not known counts as no."""
    if user is None:
        return False
    try:
        person = directory.find_person(user.name)
    except UnavailableError:
        return False
    return person is not None and person.is_administrator


def _workplace_titles(directory: Directory, user: Any) -> Callable[[str], str]:  # noqa: ANN401
    """Return a function: hub account → the name of its workspace, for the signed-in user."""

    def title(account: str) -> str:
        if user is None or account == user.name:
            return ""
        try:
            memberships = directory.memberships(user.name)
        except UnavailableError:
            app_log.exception("the registry could not be read for a workspace's title")
            return account
        return next((m.title for m in memberships if account_name(m.workgroup) == account), account)

    return title
