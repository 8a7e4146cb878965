"""The blocks of the page on scans run, in the order in which a person reads them."""

import re
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[3] / "docs/scans.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_block_runs() -> None:
    blocks = BLOCK.findall(GUIDE.read_text())
    assert len(blocks) >= 3
    names: dict[str, object] = {}
    exec("\n".join(blocks), names)  # noqa: S102 - our own page
    assert str(names["drawing"]).startswith("<svg")
