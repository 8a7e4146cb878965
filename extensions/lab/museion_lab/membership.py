"""Who may write here: the workgroup's members, and nobody else whom the hub lets in.

The hub sends each visitor's groups. The group `wg-<slug>` holds members and leads; an
administrator who only looks in is not in it, and neither is the workgroup's own account.
In a private space its owner writes. On a laptop without hub everybody does who signed in.
"""

from collections.abc import Collection
from typing import Any

from museion_lab.environment import ACCOUNT_PREFIX, read_environment


def may_write(user: Any) -> bool:  # noqa: ANN401 - jupyter_server's user, or a test's
    """Tell whether a visitor may change anything here.

    Parameters
    ----------
    user : jupyter_server.auth.User or None
        The authenticated visitor, as in a handler's `current_user`.

    Returns
    -------
    bool
        False for somebody who may only look, and for nobody.
    """
    if user is None:
        return False
    account = read_environment().account
    if not account:
        return True
    hub_user = getattr(user, "hub_user", None)
    if hub_user is None:
        return False
    return writes_in(account, str(hub_user["name"]), hub_user.get("groups", ()))


def writes_in(account: str, username: str, groups: Collection[str]) -> bool:
    """Tell whether a visitor writes in an account's space.

    Parameters
    ----------
    account : str
        Whose server this is, as in ``"wg-murals"`` or ``"murals-lead"``.
    username : str
        The visitor.
    groups : collection of str
        The visitor's groups, as the hub says.

    Returns
    -------
    bool
        True for members of the workgroup, or for the owner of a private space.
    """
    if account.startswith(ACCOUNT_PREFIX):
        return account in groups and username != account
    return username == account
