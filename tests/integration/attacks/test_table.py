"""The table of attacks in the documentation is the one that the tests declare."""

from collections import Counter
from pathlib import Path

from tests.integration.attacks.rows import BEGIN, END, declared, table

SECURITY = Path(__file__).resolve().parents[3] / "docs" / "security.md"


def test_document_holds_the_table_of_the_tests() -> None:
    content = SECURITY.read_text(encoding="utf-8")
    written = content.partition(BEGIN)[2].partition(END)[0]
    assert written.strip() == table().strip(), "python -m tests.integration.attacks.rows prints it"


def test_each_attempt_is_told_once() -> None:
    counted = Counter(row.attempt for row, _ in declared())
    assert [attempt for attempt, count in counted.items() if count > 1] == []
