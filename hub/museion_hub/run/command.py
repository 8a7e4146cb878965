"""`museion run`: starts everything here."""

import argparse
import dataclasses
from pathlib import Path

from museion_hub.settings import Settings, load_settings


def describe_run(parser: argparse.ArgumentParser) -> None:
    """Start everything here; Ctrl-C stops it.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    parser.add_argument("--config", type=Path, help="settings file; by default ./museion.toml")
    parser.add_argument(
        "--demo", action="store_true", help="make demonstration workgroups and data"
    )
    parser.add_argument("--port", type=int, help="public port, instead of the setting")
    parser.add_argument("--state-dir", type=Path, help="state directory, instead of the setting")
    parser.add_argument(
        "--passphrase-file", help="holds the root key's passphrase; /dev/fd/N for a descriptor"
    )
    parser.set_defaults(run=_run)


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
        "root_key_passphrase_file": options.passphrase_file,
    }
    given = {name: value for name, value in changes.items() if value is not None}
    return dataclasses.replace(settings, **given)
