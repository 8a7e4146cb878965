"""Modules and functions stay small enough to read in one sitting."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("hub", "kernels", "shared_datasets", "extensions")
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40


def tracked(*endings: str) -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *CODE]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    paths = (ROOT / line for line in listed.stdout.splitlines())
    return sorted(path for path in paths if path.suffix in endings and path.exists())


def readable(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, body_lines(node)


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its decorators, signature and docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_the_four_packages_are_there() -> None:
    names = {path.parent.name for path in tracked(".typed")}
    assert names >= {"museion_hub", "museion_lab", "museion", "museion_datasets"}


@pytest.mark.parametrize("path", tracked(".py", ".ts", ".tsx"), ids=readable)
def test_module_is_no_longer_than_the_style_allows(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", tracked(".py"), ids=readable)
def test_functions_are_no_longer_than_the_style_allows(path: Path) -> None:
    long = {name: lines for name, lines in functions(path) if lines > LONGEST_FUNCTION}
    assert not long


@pytest.mark.parametrize("path", tracked(".py"), ids=readable)
def test_module_says_first_what_it_promises(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", tracked(".py"), ids=readable)
def test_module_has_a_name_that_says_something(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "manager", "misc"}
