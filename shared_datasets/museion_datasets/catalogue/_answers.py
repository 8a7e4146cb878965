"""Taking a registry's answers apart."""

from collections.abc import Callable

from museion_datasets.errors import InvalidError, UnavailableError


def decode[T](read: Callable[[], T]) -> T:
    """Decode an answer.

    Parameters
    ----------
    read : callable
        Takes it apart.

    Returns
    -------
    T
        What `read` returns.

    Raises
    ------
    UnavailableError
        If it does not have the form that this version of the library understands.
    """
    try:
        return read()
    except (KeyError, TypeError, ValueError, InvalidError) as error:
        raise UnavailableError(
            f"The registry's answer is not understood: {type(error).__name__}",
            hint="the hub and this environment may be of different versions: update both.",
        ) from error
