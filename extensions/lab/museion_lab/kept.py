"""What is costly to make, such as an opened item or a decrypted window: the last few are kept."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


def _one(_: object) -> int:
    return 1


class Kept[K: Hashable, T]:
    """Things by key, those used last. Safe to use from several threads.

    Parameters
    ----------
    most : int
        How much is kept; one thing always is, however large.
    size_of : callable
        How much of `most` a thing takes; by default one.
    """

    def __init__(self, most: int, size_of: Callable[[T], int] = _one) -> None:
        self._most = most
        self._size_of = size_of
        self._things: OrderedDict[K, T] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K, make: Callable[[], T]) -> T:
        """Return the thing of a key, made now or before.

        Parameters
        ----------
        key : hashable
            What it depends on.
        make : callable
            Returns a new one. Two threads that ask for it at once may both make it; both get
            the same. What it raises is not kept.

        Returns
        -------
        object
            The thing.
        """
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key]
        made = make()
        with self._lock:
            thing = self._things.setdefault(key, made)
            self._things.move_to_end(key)
            while len(self._things) > 1 and self._total() > self._most:
                self._things.popitem(last=False)
        return thing

    def _total(self) -> int:
        return sum(self._size_of(thing) for thing in self._things.values())
