"""What is committed names no machine, fetches nothing at run time, and is locked."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATHS_OF_ONE_MACHINE = re.compile(r"""(^|[\s"'=:(])/(work/(main|shared)|farm|root)/""")
# One letter in brackets, so that this file doesn't find itself.
FETCHED_AT_RUN_TIME = re.compile(r"\bc[d]n\.|unp[k]g|jsde[l]ivr|sky[p]ack")
REGISTRIES = re.compile(r"py[p]i\.org|python[h]osted|npm[j]s\.(org|com)")


def committed(*folders: str) -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def lines_matching(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    found = []
    for path in paths:
        lines = path.read_text(errors="ignore").splitlines()
        found += [f"{path.name}: {line[:120]}" for line in lines if pattern.search(line)]
    return found


def test_no_path_of_one_machine_is_committed() -> None:
    assert not lines_matching(PATHS_OF_ONE_MACHINE, committed())


def test_nothing_is_fetched_from_elsewhere_at_run_time() -> None:
    code = committed("hub", "kernels", "extensions", "shared_datasets", "notebooks")
    assert not lines_matching(FETCHED_AT_RUN_TIME, code)


def test_no_registry_is_named() -> None:
    assert not lines_matching(REGISTRIES, committed())


def test_every_locked_package_has_a_hash() -> None:
    text = (ROOT / "requirements.txt").read_text().replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(packages) > 50
    assert all("==" in line and "--hash=sha256:" in line for line in packages)
    assert "://" not in text


def test_npm_packages_are_locked_with_integrity() -> None:
    text = (ROOT / "package-lock.json").read_text()
    assert '"integrity"' in text
    assert '"resolved": "http' not in text


@pytest.mark.parametrize("name", ["uv.lock", "node_modules", ".venv", ".museion"])
def test_what_a_machine_makes_is_ignored(name: str) -> None:
    command = ["git", "check-ignore", "--quiet", f"{name}/x" if "." not in name[1:] else name]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_continuous_integration_runs_the_tests_and_nothing_more() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert lines[1:] == ["exec make test"]
