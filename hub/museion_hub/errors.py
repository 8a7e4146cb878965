"""What can go wrong around the hub, grouped by what a handler would do about it.

::

    HubError
    ├── SettingsError          somebody corrects museion.toml
    ├── StateError             somebody looks after the state directory
    │   ├── AlreadyRunningError    … by stopping the other deployment
    │   └── DiskFullError          … by freeing space
    ├── PortTakenError         another port is chosen, or the other program stopped
    ├── MissingProgramError    something is installed
    ├── SandboxError           the machine is set up for sandboxes, or isolation changed by name
    ├── StartError             somebody reads the log of what did not start
    ├── AuditError             somebody compares the log with a backup and members' checkpoints
    ├── CustodyError           see `museion_hub.custody.errors`
    └── RegistryError          see `museion_hub.registry.errors`

Each error has a stable ``kind``, one sentence and a hint with the remedy.
"""

from enum import StrEnum
from pathlib import Path

from museion_datasets.errors import HintedError

BYTES_PER_GB = 1e9


class ErrorKind(StrEnum):
    """Stable names of what went wrong."""

    SETTINGS = "settings"
    STATE = "state"
    ALREADY_RUNNING = "already_running"
    DISK_FULL = "disk_full"
    PORT_TAKEN = "port_taken"
    MISSING_PROGRAM = "missing_program"
    SANDBOX = "sandbox"
    START = "start"


class HubError(HintedError):
    """Base of every error of this package."""


class SettingsError(HubError):
    """The settings file says something that can't be meant."""

    kind = ErrorKind.SETTINGS


class StateError(HubError):
    """The state directory is not as this program left it."""

    kind = ErrorKind.STATE


class AlreadyRunningError(StateError):
    """Another process serves this state directory."""

    kind = ErrorKind.ALREADY_RUNNING

    def __init__(self, holder: str) -> None:
        super().__init__(
            f"Museion is already running here, as process: {holder}",
            hint="stop it with Ctrl-C where it was started, or choose another `state_dir`",
        )


class DiskFullError(StateError):
    """The disk has no room for a deployment's state."""

    kind = ErrorKind.DISK_FULL

    def __init__(self, folder: Path, free_bytes: int, needed_bytes: int) -> None:
        super().__init__(
            f"The disk of {folder} is too full, free: {free_bytes / BYTES_PER_GB:.1f} GB",
            hint=f"free space until {needed_bytes / BYTES_PER_GB:.1f} GB are left, "
            "or set `state_dir` to a folder on another disk",
        )


class PortTakenError(HubError):
    """Another program listens on the port."""

    kind = ErrorKind.PORT_TAKEN

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Another program already listens on port: {port}",
            hint="stop that program, or set another `port` in museion.toml",
        )


class MissingProgramError(HubError):
    """A program that this one starts is not installed."""

    kind = ErrorKind.MISSING_PROGRAM

    def __init__(self, program: str, remedy: str) -> None:
        super().__init__(f"A program is not installed: {program}", hint=remedy)


class SandboxError(HubError):
    """A server can't be shut in as the settings demand."""

    kind = ErrorKind.SANDBOX


class StartError(HubError):
    """A server ended before it answered."""

    kind = ErrorKind.START
