"""Exchanges a running server's own token for a new one.

The kernels of a workspace can read its token, so whoever was a member may have copied it, and
with it could read the workspace and ask the registry for keys. When a member is out, the server
is handed a new token; once it has it, the old ones end, and the server's secret as an OAuth
client with them. Nothing restarts.
"""

from typing import Any, Final

from jupyterhub import orm
from jupyterhub.user import User
from jupyterhub.utils import hash_token

NOTE: Final = "Server at "
"""How JupyterHub's note on a server's own token begins."""


def make_server_token(user: User) -> str | None:
    """Make another token with the rights of the server's own.

    Parameters
    ----------
    user
        The account of the server.

    Returns
    -------
    str or None
        None if the server has no token to be exchanged.
    """
    rows = _own_tokens(user)
    if not rows:
        return None
    return str(user.new_api_token(note=rows[0].note, scopes=rows[0].scopes))


def put_in_force(db: Any, user: User, token: str) -> None:  # noqa: ANN401  an untyped database session
    """End all tokens of a server but this one, which the server has taken over.

    Parameters
    ----------
    db
        The hub's database.
    user
        The account of the server.
    token
        As `make_server_token` gave it.
    """
    spawner = user.spawner
    spawner.api_token = token
    client = db.query(orm.OAuthClient).filter_by(identifier=spawner.oauth_client_id).first()
    if client is not None:
        client.secret = hash_token(token)
    kept = orm.APIToken.find(db, token)
    for row in _own_tokens(user):
        if row is not kept:
            db.delete(row)
    db.commit()


def delete_token(db: Any, token: str) -> None:  # noqa: ANN401  an untyped database session
    """End a token, if it still is one."""
    row = orm.APIToken.find(db, token)
    if row is not None:
        db.delete(row)
        db.commit()


def _own_tokens(user: User) -> list[orm.APIToken]:
    return [row for row in user.orm_user.api_tokens if str(row.note or "").startswith(NOTE)]
