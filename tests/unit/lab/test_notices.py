"""What a workspace's server tells of the watch over it, whatever its file holds."""

import json
from pathlib import Path

import pytest

from museion_lab.notices import read_notices

NOTICE = {"time": 5, "message": "The limit was reached", "kernels": ["k"], "measure": "largest"}


def test_notices_are_told_with_time_message_and_kernels(tmp_path: Path) -> None:
    report = tmp_path / "limits.json"
    report.write_text(json.dumps({"format": 1, "notices": [NOTICE]}))
    told = [{"time": 5.0, "message": "The limit was reached", "kernels": ["k"]}]
    assert read_notices(str(report)) == told


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"notices": 1}', '{"notices": [{}]}'])
def test_file_of_another_form_tells_nothing(tmp_path: Path, content: str) -> None:
    report = tmp_path / "limits.json"
    report.write_text(content)
    assert read_notices(str(report)) == []


def test_without_a_watch_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert read_notices("") == read_notices(str(tmp_path / "missing")) == []
