"""What an attack is to the reader of `docs/security.md`: a row of its table.

Each test module here declares its rows; `python -m tests.integration.attacks.rows` prints the
table of all, and a test holds the document equal to it.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
HEADER = (
    "| attempt, from another workgroup's kernel | what stops it | test |\n| --- | --- | --- |\n"
)
BEGIN, END = "<!-- attacks: begin -->\n", "<!-- attacks: end -->\n"


@dataclass(frozen=True, slots=True)
class Row:
    """One attempt.

    Attributes
    ----------
    attempt : str
        What the attacker tries, as it stands in the document.
    barrier : str
        What stops it.
    """

    attempt: str
    barrier: str


def declared() -> Iterator[tuple[Row, str]]:
    """Yield each row with the name of its test module, in the modules' order."""
    for path in sorted(FOLDER.glob("test_*.py")):
        module = importlib.import_module(f"{__package__}.{path.stem}")
        for row in getattr(module, "ROWS", ()):
            yield row, path.name


def table() -> str:
    """Return the table as it stands in the document."""
    lines = [f"| {row.attempt} | {row.barrier} | `{name}` |\n" for row, name in declared()]
    return HEADER + "".join(lines)


if __name__ == "__main__":
    print(table(), end="")  # noqa: T201  it is a command
