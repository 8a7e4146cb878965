"""The command `museion`: what an operator types."""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from museion_hub.errors import HubError
from museion_hub.settings import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; what goes wrong is one sentence and a hint, never a traceback."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except HubError as error:
        sys.stderr.write(f"museion: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="museion", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="start everything here; Ctrl-C stops it")
    run.add_argument("--config", type=Path, help="settings file; by default ./museion.toml")
    run.add_argument("--demo", action="store_true", help="make demonstration workgroups and data")
    run.add_argument("--port", type=int, help="public port, instead of the setting")
    run.add_argument("--state-dir", type=Path, help="state directory, instead of the setting")
    return parser


def _run(options: argparse.Namespace) -> int:
    from museion_hub.run.supervisor import run  # noqa: PLC0415  `--help` stays quick

    run(_settings(options))
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    settings = load_settings(options.config)
    changes = {
        "port": options.port,
        "state_dir": options.state_dir and options.state_dir.resolve(),
        "demo": options.demo or None,
    }
    given = {name: value for name, value in changes.items() if value is not None}
    return dataclasses.replace(settings, **given)
