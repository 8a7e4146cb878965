"""What can go wrong in a notebook beside the datasets themselves.

::

    MuseionError
    ├── InputError         the caller changes the call
    ├── SessionError       the process is not set up to reach the datasets
    ├── RefusedError       the person asks the operator for access
    ├── ComputationError   more memory, or smaller blocks: the workers can't do it like this
    └── UnreachableError   wait, or use another place: nothing answers, or too slowly

Errors of datasets are `museion_datasets.errors`.
"""

from enum import StrEnum
from typing import ClassVar

from museion_datasets.errors import HintedError


class ErrorKind(StrEnum):
    """Stable names of what went wrong."""

    INPUT = "input"
    SESSION = "session"
    REFUSED = "refused"
    COMPUTATION = "computation"
    UNREACHABLE = "unreachable"


class MuseionError(HintedError):
    """Base of this tree."""

    kind: ClassVar[ErrorKind]


class InputError(MuseionError):
    """An argument that the function cannot work with."""

    kind = ErrorKind.INPUT


class SessionError(MuseionError):
    """The process has no way to the datasets."""

    kind = ErrorKind.SESSION


class RefusedError(MuseionError):
    """A service knows this account and says no."""

    kind = ErrorKind.REFUSED


class ComputationError(MuseionError):
    """Work that a cluster's workers die of, or have not the memory for."""

    kind = ErrorKind.COMPUTATION


class UnreachableError(MuseionError):
    """A service does not answer, or what it started does not arrive."""

    kind = ErrorKind.UNREACHABLE
