"""A person at a terminal sees each step and how long it took; so does a log file."""

import io

from museion_hub.run.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_step_is_shown_before_it_starts_and_when_it_is_done() -> None:
    stream = io.StringIO()
    with Progress(stream).step("starting the proxy"):
        assert stream.getvalue() == "  · starting the proxy\n"
    assert "✓ starting the proxy (0.0 s)" in stream.getvalue()


def test_a_terminal_shows_a_step_on_one_line() -> None:
    stream = Terminal()
    with Progress(stream).step("starting the proxy"):
        pass
    assert stream.getvalue().count("\n") == 1


def test_details_stand_on_lines_of_their_own() -> None:
    stream = Terminal()
    progress = Progress(stream)
    with progress.step("making samples"):
        progress.detail("panel")
    assert "\n    panel" in stream.getvalue()
