"""Strict JSON for evidence: what is not exactly as described is refused.

A verifier believes what it reads, so reading leaves no room for two opinions: a member that
comes twice, an unknown or missing one, a wrong type, a number that JSON doesn't know or text
that is no Unicode is an error. Writing is deterministic: members sorted, no spaces, ASCII.
"""

import base64
import binascii
import json
import types
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any, Never, get_args, get_origin, get_type_hints

from museion_datasets.errors import InvalidError

MAX_JSON_BYTES = 1 << 20
_HINT = "it was altered, or written by a newer version of museion: update museion or get it again."


def encode_json(value: object) -> bytes:
    """Encode a value, the same way each time.

    Parameters
    ----------
    value : object
        A frozen dataclass of evidence, or what JSON knows.

    Returns
    -------
    bytes
        Compact ASCII with sorted members.

    Raises
    ------
    InvalidError
        If JSON cannot say it.
    """
    plain = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    try:
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidError(
            f"Not something that JSON can say: {type(error).__name__}",
            hint="use text, numbers, lists and objects with text as names.",
        ) from error
    return text.encode()


def decode_json(data: bytes, what: str, *, limit_bytes: int = MAX_JSON_BYTES) -> Any:  # noqa: ANN401 - parsed JSON
    """Parse JSON that somebody else wrote.

    Parameters
    ----------
    data : bytes
        The whole document.
    what : str
        What it should be, for the error.
    limit_bytes : int
        Longest document to accept.

    Returns
    -------
    object
        What JSON knows.

    Raises
    ------
    InvalidError
        If it is too long, not JSON, or JSON with a second meaning.
    """
    if len(data) > limit_bytes:
        raise InvalidError(f"Not a valid {what}: longer than {limit_bytes} bytes", hint=_HINT)
    try:
        value = json.loads(data.decode(), object_pairs_hook=_object, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"Not a valid {what}: not strict JSON", hint=_HINT) from error
    return value


def read_record[T](kind: type[T], data: object) -> T:
    """Make a frozen dataclass from parsed JSON.

    Parameters
    ----------
    kind : type
        Its fields are texts, integers, booleans, JSON objects, None, tuples of texts, or
        such dataclasses.
    data : object
        What `decode_json` returned.

    Returns
    -------
    object
        The record; its own checks have passed.

    Raises
    ------
    InvalidError
        If a member is missing, unknown or of a wrong type.
    """
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    members = require_members(data, names, kind.__name__)
    return kind(**{name: _read(hints[name], members[name], kind, name) for name in names})


def require_members(data: object, names: list[str], what: str) -> Mapping[str, Any]:
    """Return `data` as a JSON object with exactly these members.

    Parameters
    ----------
    data : object
        Parsed JSON.
    names : list of str
        The members it must have.
    what : str
        What it should be, for the error.

    Returns
    -------
    mapping
        The same object.

    Raises
    ------
    InvalidError
        If it is no object, or a member is missing or unknown.
    """
    if not isinstance(data, Mapping):
        raise InvalidError(f"Not a valid {what}: not a JSON object", hint=_HINT)
    if set(data) != set(names):
        wrong = sorted(map(str, set(data) ^ set(names)))
        message = f"Not a valid {what}: missing or unknown members {', '.join(wrong)[:200]}"
        raise InvalidError(message, hint=_HINT)
    return data


def require(claim: object, what: str, name: str, value: object) -> None:
    """Raise unless `claim` holds.

    Parameters
    ----------
    claim : object
        Something true.
    what, name : str
        Record and member, for the error.
    value : object
        What stands there.

    Raises
    ------
    InvalidError
        If it doesn't hold.
    """
    if not claim:
        message = f"Not a valid {what}: {name} is out of range: {value!r:.80}"
        raise InvalidError(message, hint=_HINT)


def encode_bytes(data: bytes) -> str:
    """Return `data` as base64.

    Parameters
    ----------
    data : bytes
        Any bytes.

    Returns
    -------
    str
        Standard alphabet, padded.
    """
    return base64.b64encode(data).decode()


def decode_bytes(text: object, what: str) -> bytes:
    """Return the bytes behind base64, of which there is one spelling only.

    Parameters
    ----------
    text : object
        What `encode_bytes` returned.
    what : str
        What it should be, for the error.

    Returns
    -------
    bytes
        As before the encoding.

    Raises
    ------
    InvalidError
        If it is anything else.
    """
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        data = None
    if data is None or encode_bytes(data) != text:
        raise InvalidError(f"Not a valid {what}: not base64", hint=_HINT)
    return data


def _read(hint: Any, value: object, kind: type, name: str) -> Any:  # noqa: ANN401 - any field
    """Return the value of one field, whose type is `hint`.

    Raises
    ------
    InvalidError
        If it is of another type.
    """
    origin = get_origin(hint)
    options = get_args(hint) if origin is types.UnionType else (hint,)
    if value is None and types.NoneType in options:
        return None
    (wanted,) = (option for option in options if option is not types.NoneType)
    if is_dataclass(wanted):
        return read_record(wanted, value)  # type: ignore[arg-type]
    if get_origin(wanted) is tuple:
        require(type(value) is list, kind.__name__, name, value)
        require(all(type(item) is str for item in value), kind.__name__, name, value)  # type: ignore[attr-defined]
        return tuple(value)  # type: ignore[arg-type]
    plain = get_origin(wanted) or wanted
    if type(value) is not plain:
        message = f"Not a valid {kind.__name__}: {name} has the wrong type {type(value).__name__}"
        raise InvalidError(message, hint=_HINT)
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object, none of whose members comes twice.

    Raises
    ------
    ValueError
        If one does.
    """
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member comes twice")
    return members


def _no_constant(name: str) -> Never:
    """Refuse NaN and the infinities.

    Raises
    ------
    ValueError
        Always.
    """
    raise ValueError(name)
