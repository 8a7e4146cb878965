"""Looking keys up in a sorted list of them, without reading more than needed."""

from bisect import bisect_left
from collections.abc import Sequence

from museion_datasets.sealing.manifest import Keys

_PREFIX_END = "\U0010ffff"


def keys_under(keys: Sequence[str], prefix: str) -> Sequence[str]:
    """Return the keys that begin with a prefix.

    Parameters
    ----------
    keys : sequence of str
        Sorted.
    prefix : str
        Any text.

    Returns
    -------
    sequence of str
        A slice of `keys`.
    """
    return keys[_position(keys, prefix) : _position(keys, prefix + _PREFIX_END)]


def children(keys: Sequence[str], folder: str) -> list[str]:
    """Return the names directly inside a folder.

    Parameters
    ----------
    keys : sequence of str
        Sorted.
    folder : str
        Ends with a slash, or is empty for the top.

    Returns
    -------
    list of str
        Names of keys and of folders, each once.
    """
    names: list[str] = []
    at = _position(keys, folder)
    while at < len(keys) and keys[at].startswith(folder):
        name, slash, _ = keys[at][len(folder) :].partition("/")
        if name not in names[-1:]:
            names.append(name)
        at = _position(keys, f"{folder}{name}/{_PREFIX_END}") if slash else at + 1
    return list(dict.fromkeys(names))


def _position(keys: Sequence[str], key: str) -> int:
    """Return where a key stands, or would stand, without reading more pages than needed."""
    return keys.position(key) if isinstance(keys, Keys) else bisect_left(keys, key)
