"""Each notebook that a new workspace starts with runs there from top to bottom."""

import re
from pathlib import Path

import nbformat
import pytest

from museion_hub.runtime import load_runtime
from museion_hub.settings import load_settings
from museion_hub.workplaces import StatePaths
from tests.support.deployment import ROOT, Deployment
from tests.support.hub import TempHub
from tests.support.kernel import kernel_of

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LEAST_RIGHT_PERCENT = 80
pytestmark = pytest.mark.notebook


def code_cells(notebook: Path) -> list[str]:
    cells = nbformat.read(notebook, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def murals(deployment: Deployment) -> TempHub:
    paths = StatePaths(deployment.state)
    settings = load_settings(paths.settings_file)
    hub = TempHub(settings, load_runtime(paths.runtime_file), deployment.password)
    hub.start_servers("wg-murals", "wg-lapidary")
    return hub


def test_there_is_a_first_notebook() -> None:
    assert NOTEBOOKS[0].name == "01-first-look.ipynb"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_not_committed(notebook: Path) -> None:
    cells = nbformat.read(notebook, as_version=4).cells
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_from_top_to_bottom(notebook: Path, murals: TempHub) -> None:
    with kernel_of(murals, "wg-murals", "murals-lead") as kernel:
        printed = "\n".join(kernel.run(cell) for cell in code_cells(notebook))
    if notebook.stem == "01-first-look":
        assert "900 to 1000 nm: 2" in printed  # some 20 % darker: the drawing shows in NIR
        assert "500 to 600 nm: 1%" in printed  # and hardly in the visible
    if notebook.stem == "02-reading-a-painting":
        right = re.search(r"main paint right: (\d+)%", printed)
        assert right, printed
        assert int(right[1]) >= LEAST_RIGHT_PERCENT
        assert re.search(r"HALO.*\n +best +lead-tin yellow", printed)  # not Naples yellow
        assert re.search(r"VEIL.*\n +best +lead white", printed)  # not chalk


def test_a_member_finds_the_samples_and_what_was_shared(murals: TempHub) -> None:
    with kernel_of(murals, "wg-murals", "murals-member") as kernel:
        paths = kernel.run("import museion; print(*(d.path for d in museion.datasets()))").split()
    assert {"murals/panel", "murals/vessel"} <= set(paths)
    with kernel_of(murals, "wg-lapidary", "lapidary-lead") as kernel:
        shared = kernel.run("import museion; print(museion.open('murals/vessel').version)")
        hidden = kernel.run(
            "try:\n    museion.open('murals/panel')\nexcept Exception as e:\n    print(e)"
        )
    assert shared == "1"
    assert "There is nothing here for you" in hidden
