"""Every block of the guide runs, in the order in which a person reads it."""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

GUIDE = Path(__file__).resolve().parents[3] / "docs/datasets.md"
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """Return neighbouring blocks of a language as one program."""
    joined: list[tuple[str, str]] = []
    for language, code in BLOCK.findall(GUIDE.read_text()):
        if joined and joined[-1][0] == language:
            joined[-1] = (language, joined[-1][1] + code)
        else:
            joined.append((language, code))
    return joined


def program(language: str, code: str, folder: Path) -> list[str]:
    if language == "sh":
        return ["bash", "-euc", code]
    script = folder / "block.py"
    lines = "".join(f"    {line}\n" if line else "\n" for line in code.splitlines())
    script.write_text(f'if __name__ == "__main__":\n{lines}')
    return [sys.executable, str(script)]


def test_every_block_of_the_guide_runs(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "MUSEION_REGISTRY_URL": f"file://{tmp_path}/museion",
        "JUPYTERHUB_USER": "wg-murals",
        "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
    }
    found = blocks()
    assert len(found) >= 3
    for language, code in found:
        command = program(language, code, tmp_path)
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
    assert (tmp_path / "plain/arrays/vnir/zarr.json").exists()
