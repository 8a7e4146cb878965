"""What a pod sees of the machine; pure functions from an account to a command line.

The environment read-only, the two modules that make a pod, the workgroup's sealed objects at
``/datasets`` (its own may be added to, as in its workspace; others' are read-only), and a
private ``/tmp`` in memory. The network is the pod's own
unless the deployment's settings say otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from museion_hub.registry.views import StorageMount
from museion_hub.sandbox.bubblewrap import Mount, Plan, require_hidden, sandbox_arguments
from museion_hub.sandbox.shared import dataset_mounts

PRIVATE_FOLDER = "/tmp"  # noqa: S108  the sandbox's own
STORAGE_FOLDER = "/datasets"
PACKAGE = Path(__file__).parents[1]
POD_FILES = tuple(
    PACKAGE / name
    for name in ("__init__.py", "gateway/__init__.py", "gateway/channel.py", "gateway/pod.py")
)
POD_MODULE = "museion_hub.gateway.pod"


@dataclass(frozen=True, slots=True)
class PodPlace:
    """Where pods of a deployment run.

    Attributes
    ----------
    python : Path
        Interpreter of the environment.
    readable : tuple of Path
        What the interpreter needs to see, each at its own path.
    state_dir : Path
        The deployment's state directory, which holds its secrets.
    storage : Path
        Root of the sealed objects.
    is_sandboxed : bool
        Whether pods are shut in at all.
    has_host_network : bool
        Whether pods use the machine's network.
    """

    python: Path
    readable: tuple[Path, ...]
    state_dir: Path
    storage: Path
    is_sandboxed: bool = True
    has_host_network: bool = False

    @property
    def has_private_network(self) -> bool:
        """Whether a pod's ports are its own."""
        return self.is_sandboxed and not self.has_host_network


def pod_command(
    place: PodPlace, account: str, seen: Sequence[StorageMount], wire: int
) -> list[str]:
    """Return the command line that runs a pod.

    Parameters
    ----------
    place : PodPlace
        Where it runs.
    account : str
        Hub account that owns the cluster.
    seen : sequence of StorageMount
        What of the storage the account may see.
    wire : int
        Descriptor of the pod's end of the wire.

    Returns
    -------
    list of str

    Raises
    ------
    SandboxError
        The sandbox would see the deployment's secrets.
    """
    command = [str(place.python), "-P", "-m", POD_MODULE, str(wire)]
    if not place.is_sandboxed:
        return command
    datasets, expected = dataset_mounts(place.storage, STORAGE_FOLDER, seen, may_write=True)
    mounts = (*_environment(place), *datasets)
    require_hidden(place.state_dir, mounts, place.storage)
    plan = Plan(
        name=account,
        mounts=mounts,
        private=(PRIVATE_FOLDER,),
        folder=PRIVATE_FOLDER,
        folders=(STORAGE_FOLDER,),
        has_host_network=place.has_host_network,
    )
    return sandbox_arguments(plan, [*command, *expected])


def pod_environment(place: PodPlace) -> dict[str, str]:
    """Return the environment of a pod: nothing of the gateway's own, and no secret."""
    return {
        "HOME": PRIVATE_FOLDER,
        "LANG": "C.UTF-8",
        "PATH": f"{place.python.parent}:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": PRIVATE_FOLDER,
    }


def storage_environment(place: PodPlace) -> Mapping[str, str]:
    """Return the variable that tells the datasets library where sealed objects are."""
    return {"MUSEION_STORAGE": STORAGE_FOLDER if place.is_sandboxed else str(place.storage)}


def _environment(place: PodPlace) -> list[Mount]:
    return [Mount(path, str(path)) for path in (*place.readable, *POD_FILES)]
