"""What items are called, and under which keys they lie.

An item is an array, a tree, a table, a scan or a file; its kind decides its folder. Beside
some items lies what belongs to them: the pyramid of an array, the measured form of a scan,
the record of where the item comes from, the still picture that a display shows.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from museion_datasets.errors import InvalidError, NotFoundError
from museion_datasets.versions.snapshot import children, keys_under

PARQUET = ".parquet"
STILLS = "stills/"
PROVENANCE = "provenance/"

_ITEM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


class ItemKind(StrEnum):
    """What an item is, by the folder it lies in."""

    ARRAY = "array"
    TREE = "tree"
    TABLE = "table"
    SCAN = "scan"
    FILE = "file"


_PLACES: Mapping[ItemKind, tuple[str, ...]] = MappingProxyType({
    ItemKind.ARRAY: ("arrays/{}/", "pyramids/{}/", "provenance/arrays/{}", "stills/arrays/{}"),
    ItemKind.TREE: ("trees/{}/", "provenance/trees/{}", "stills/trees/{}"),
    ItemKind.TABLE: ("tables/{}.parquet", "provenance/tables/{}", "stills/tables/{}"),
    ItemKind.SCAN: ("scans/{}/", "files/scans/{}/", "provenance/scans/{}", "stills/scans/{}"),
    ItemKind.FILE: ("files/{}", "provenance/files/{}", "stills/files/{}"),
})


def item_folder(kind: ItemKind, name: str) -> str:
    """Return the key, or the folder of keys without final slash, that holds an item.

    Parameters
    ----------
    kind : ItemKind
        What it is.
    name : str
        Its name.

    Returns
    -------
    str
        As in ``"arrays/vnir"``.
    """
    return _PLACES[kind][0].format(name).rstrip("/")


def still_key(kind: ItemKind, name: str) -> str:
    """Return the key of an item's still picture.

    Parameters
    ----------
    kind : ItemKind
        What it is.
    name : str
        Its name.

    Returns
    -------
    str
        As in ``"stills/arrays/vnir"``.
    """
    return _PLACES[kind][-1].format(name)


def provenance_key(kind: ItemKind, name: str) -> str:
    """Return the key of the record of where an item comes from.

    Parameters
    ----------
    kind : ItemKind
        What it is.
    name : str
        Its name.

    Returns
    -------
    str
        As in ``"provenance/arrays/vnir"``.
    """
    return _PLACES[kind][-2].format(name)


def find_kind(keys: Sequence[str], name: str) -> ItemKind | None:
    """Return which kind of item has a name.

    Parameters
    ----------
    keys : sequence of str
        Sorted logical keys of a version.
    name : str
        The item's name.

    Returns
    -------
    ItemKind or None
        The first that has it, in the order of `ItemKind`; None if there is no such item.
    """
    return next((kind for kind in ItemKind if _keys_at(keys, _PLACES[kind][0], name)), None)


def list_items(keys: Sequence[str]) -> list[tuple[ItemKind, str]]:
    """Return the items of a version.

    Parameters
    ----------
    keys : sequence of str
        Sorted logical keys.

    Returns
    -------
    list of (ItemKind, str)
        By kind, then by name; of items with the same name the first counts.
    """
    files = [key.removeprefix("files/") for key in keys_under(keys, "files/")]
    found = {
        ItemKind.ARRAY: _folders(keys, "arrays/"),
        ItemKind.TREE: _folders(keys, "trees/"),
        ItemKind.TABLE: [name.removesuffix(PARQUET) for name in children(keys, "tables/")],
        ItemKind.SCAN: _folders(keys, "scans/"),
        ItemKind.FILE: files,
    }
    kinds = {name: kind for kind in reversed(ItemKind) for name in found[kind]}
    return [(kind, name) for kind in ItemKind for name in found[kind] if kinds[name] is kind]


def keys_of_item(keys: Sequence[str], kind: ItemKind, name: str) -> list[str]:
    """Return the keys of an item and of what belongs to it.

    Parameters
    ----------
    keys : sequence of str
        Sorted logical keys of a version.
    kind : ItemKind
        What it is.
    name : str
        Its name.

    Returns
    -------
    list of str
        Empty if there is no such item.
    """
    return [key for place in _PLACES[kind] for key in _keys_at(keys, place, name)]


def renamed_keys(
    keys: Sequence[str], kind: ItemKind, name: str, new_name: str
) -> list[tuple[str, str]]:
    """Return the keys of an item with the keys they get by renaming it.

    Parameters
    ----------
    keys : sequence of str
        Sorted logical keys of a version.
    kind : ItemKind
        What it is.
    name, new_name : str
        The item's name before and after.

    Returns
    -------
    list of (str, str)
        Metadata before what it describes.

    Raises
    ------
    NotFoundError
        If there is no such item.
    """
    pairs = [
        (key, place.format(new_name) + key.removeprefix(place.format(name)))
        for place in _PLACES[kind]
        for key in _keys_at(keys, place, name)
    ]
    if not pairs:
        raise NotFoundError(f"No such {kind.value}: {name!r:.80}", hint="check the spelling.")
    return sorted(pairs, key=lambda pair: (not pair[0].endswith("/zarr.json"), pair))


def require_item_name(name: str) -> None:
    """Raise unless `name` can name an array, tree, table or scan.

    Parameters
    ----------
    name : str
        Any text.

    Raises
    ------
    InvalidError
        If it has other characters than letters, digits, dots, hyphens and underscores.
    """
    if not _ITEM_NAME.fullmatch(name):
        raise InvalidError(
            f"Not a usable item name: {name!r:.80}",
            hint="use up to 80 letters, digits, dots, hyphens and underscores.",
        )


def _folders(keys: Sequence[str], folder: str) -> list[str]:
    """Return the names in a folder, without the metadata of the folder itself."""
    return [name for name in children(keys, folder) if name != "zarr.json"]


def _keys_at(keys: Sequence[str], place: str, name: str) -> Sequence[str]:
    """Return the keys in one place of an item: a folder's, or the one key."""
    key = place.format(name)
    found = keys_under(keys, key)
    return found if place.endswith("/") else found[:1] if key in found[:1] else ()
