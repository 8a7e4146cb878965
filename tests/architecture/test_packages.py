"""The four packages import lightly, name their public face, and ship what they need."""

import importlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("museion", "museion_datasets", "museion_hub", "museion_lab")
HEAVY = ("numpy", "zarr", "xarray", "dask", "distributed", "sqlalchemy", "fastapi", "jupyterhub")


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_imports_nothing_heavy(package: str) -> None:
    code = f"import sys, {package}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


@pytest.mark.parametrize("package", ["museion", "museion_datasets"])
def test_public_names_are_sorted_and_exist(package: str) -> None:
    module = importlib.import_module(package)
    names = list(module.__all__)
    assert names == sorted(names)
    assert all(getattr(module, name) is not None for name in names)


def test_hub_reads_only_the_light_part_of_the_datasets_library() -> None:
    code = (
        "import sys, museion_datasets.model, museion_datasets.policy, "
        "museion_datasets.envelope, museion_datasets.errors, museion_datasets.log; "
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []


def test_server_of_a_workspace_starts_without_what_only_analyses_need() -> None:
    only_analyses = ("xarray", "pandas", "dask.array", "distributed", "scipy", "pyarrow")
    code = (
        "import sys; sys.modules['rfc3987_syntax'] = None; import museion_lab.app; "
        f"print(*sorted(set({only_analyses!r}) & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.mark.parametrize(
    "ending",
    [
        "museion/static/cube.js",
        "museion/static/scan.js",
        "museion_datasets/static/meshopt_simplifier.wasm",
        "museion_hub/pages/templates/home.html",
        "museion_hub/registry/migrations/env.py",
        "share/jupyter/labextensions/@museion/lab/package.json",
        "etc/jupyter/jupyter_server_config.d/museion_lab.json",
        "museion_datasets/py.typed",
    ],
)
def test_wheel_holds(wheel: zipfile.ZipFile, ending: str) -> None:
    assert any(name.endswith(ending) for name in wheel.namelist())


def test_wheel_holds_no_tests_and_no_state(wheel: zipfile.ZipFile) -> None:
    unwanted = ("tests/", ".museion/", "node_modules/")
    assert not [name for name in wheel.namelist() if name.startswith(unwanted)]
