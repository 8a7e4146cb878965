"""Runs every check and every test, in the order in which they are cheapest to fail.

A failing check doesn't hide the next: all run, and the exit code tells.
"""

import argparse
import os
import shutil
import subprocess
import sys
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
PYTEST = (sys.executable, "-m", "pytest")
TESTS = {
    "tests": (*PYTEST, f"--numprocesses={PROCESSES}", "-m", "not alone"),
    "tests that take the whole machine": (*PYTEST, "--numprocesses=0", "-m", "alone"),
}


def main() -> int:
    """Run all and return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only-checks", action="store_true")
    only_checks = parser.parse_args().only_checks
    env = node_environment()
    commands = CHECKS if only_checks else CHECKS | TESTS
    failed = []
    for name, command in commands.items():
        print(f"--- {name}", flush=True)
        executable = shutil.which(command[0], path=env["PATH"]) or command[0]
        if subprocess.run([executable, *command[1:]], cwd=ROOT, env=env, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
