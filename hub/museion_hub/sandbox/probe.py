"""Tells, before anything is started, whether this machine can shut servers in."""

import shutil
import subprocess

from museion_hub.errors import MissingProgramError, SandboxError
from museion_hub.sandbox.bubblewrap import Plan, sandbox_arguments
from museion_hub.settings import Isolation, Network, Settings

TIMEOUT_S = 10
TRIVIAL = Plan(name="probe", mounts=(), private=("/tmp",), folder="/")  # noqa: S108  its own
NOT_ALLOWED_HINT = (
    "allow user namespaces (`sysctl kernel.unprivileged_userns_clone=1`, or "
    "`kernel.apparmor_restrict_unprivileged_userns=0`), or, trusting everybody with everything, "
    'set `isolation = "none"` in museion.toml'
)


def probe(settings: Settings) -> None:
    """Start the smallest sandbox of the kind that the settings ask for.

    Raises
    ------
    MissingProgramError
        Bubblewrap is not installed.
    SandboxError
        The machine does not allow it.
    """
    if settings.isolation is Isolation.NONE:
        return
    if shutil.which("bwrap") is None:
        raise MissingProgramError("bwrap", "install Debian's `bubblewrap`")
    plan = Plan(
        name=TRIVIAL.name,
        mounts=TRIVIAL.mounts,
        private=TRIVIAL.private,
        folder=TRIVIAL.folder,
        has_host_network=settings.network is Network.HOST,
    )
    _run(sandbox_arguments(plan, ["true"]))


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"This machine can't start a sandbox: {type(error).__name__}"
        raise SandboxError(message, hint=NOT_ALLOWED_HINT) from error
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        message = f"This machine doesn't let Museion shut servers in: {reason[0]}"
        raise SandboxError(message, hint=NOT_ALLOWED_HINT)
