"""Runs every check and every test, in the order in which they are cheapest to fail.

A failing check doesn't hide the next: all run, and the exit code tells.

Tests of integration and of the browser drive hubs, storages and schedulers side by side on a
machine that may be too busy for them. If a few of them fail, their modules run once more, alone;
what fails again has failed, and what does not is named at the end, for somebody to look at.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bootstrap import node_environment  # noqa: E402  found at the root only now

CHECKS = {
    "ruff": ("ruff", "check", "--quiet"),
    "format": ("ruff", "format", "--check", "--quiet"),
    "types": ("mypy",),
    "imports": ("lint-imports", "--no-logo"),
    "browser code": ("npm", "run", "--silent", "check"),
    "browser code's tests": ("npm", "test", "--silent"),
}
PROCESSES = max(2, os.process_cpu_count() or 1)
"""Two at least: tests wait for servers most of their time."""
PYTEST = (sys.executable, "-m", "pytest", "--cache-clear")
ALONE = (*PYTEST, "--numprocesses=0")
TESTS = {
    "tests": (*PYTEST, f"--numprocesses={PROCESSES}", "-m", "not alone"),
    "tests that take the whole machine": (*ALONE, "-m", "alone"),
}


SOME_FAILED = 1
"""What pytest returns if all tests ran and some failed."""
UNSTEADY = ("tests/integration/", "tests/browser/")
MOST_UNSTEADY = 6
"""Of more failed tests, chance is no explanation."""
LAST_FAILED = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"


def main() -> int:
    """Run all and return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only-checks", action="store_true")
    only_checks = parser.parse_args().only_checks
    env = node_environment()
    commands = CHECKS if only_checks else CHECKS | TESTS
    failed: list[str] = []
    unsteady: list[str] = []
    for name, command in commands.items():
        code = run(name, command, env)
        if not code:
            continue
        again = modules_to_run_again() if name in TESTS and code == SOME_FAILED else []
        if again and not run(f"{name}, again", (*ALONE, *again), env):
            unsteady += again
        else:
            failed.append(name)
    for kind, names in {"unsteady, look at": unsteady, "failed": failed}.items():
        if names:
            print(f"{kind}: {', '.join(names)}", flush=True)
    return bool(failed)


def run(name: str, command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run a command under its heading and return its exit code."""
    print(f"--- {name}", flush=True)
    executable = shutil.which(command[0], path=env["PATH"]) or command[0]
    return subprocess.run([executable, *command[1:]], cwd=ROOT, env=env, check=False).returncode


def modules_to_run_again() -> list[str]:
    """Return the modules of the tests that have just failed; none if a second run can't help."""
    tests = list(json.loads(LAST_FAILED.read_text())) if LAST_FAILED.exists() else []
    modules = sorted({test.partition("::")[0] for test in tests})
    may_be_unsteady = all(module.startswith(UNSTEADY) for module in modules)
    return modules if may_be_unsteady and len(tests) <= MOST_UNSTEADY else []


if __name__ == "__main__":
    sys.exit(main())
