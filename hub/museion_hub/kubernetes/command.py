"""`museion kubernetes`: prints what a deployment on Kubernetes is installed with."""

import argparse
import sys
from pathlib import Path

from museion_hub.errors import SettingsError
from museion_hub.settings import ComputePlace, Settings, load_settings

CHARTS = ("jupyterhub", "dask-gateway")


def describe_kubernetes(parser: argparse.ArgumentParser) -> None:
    """Print what a deployment on Kubernetes is installed with.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    parts = parser.add_subparsers(required=True, metavar="PART")
    values = parts.add_parser("values", help="print the values for a Helm chart, as YAML")
    values.add_argument("--chart", choices=CHARTS, required=True, help="which chart")
    values.set_defaults(run=_print_values)
    policy = parts.add_parser("policy", help="print the network policy of a compute place's pods")
    policy.set_defaults(run=_print_policy)
    for part in (values, policy):
        part.add_argument("--config", type=Path, help="settings file; by default ./museion.toml")
        part.add_argument("--place", help="compute place; by default the first")


def _print_values(options: argparse.Namespace) -> int:
    from museion_hub.kubernetes import values  # noqa: PLC0415  `--help` stays quick

    settings = load_settings(options.config)
    if options.chart == "jupyterhub":
        return _print(values.jupyterhub_values(settings))
    return _print(values.gateway_values(settings, _find_place(settings, options.place)))


def _print_policy(options: argparse.Namespace) -> int:
    from museion_hub.kubernetes import policies  # noqa: PLC0415  `--help` stays quick

    settings = load_settings(options.config)
    return _print(policies.cluster_policy(settings, _find_place(settings, options.place)))


def _find_place(settings: Settings, name: str | None) -> ComputePlace:
    for place in settings.compute:
        if name in {None, place.name}:
            return place
    known = ", ".join(place.name for place in settings.compute)
    raise SettingsError(f"No compute place has this name: {name}", hint=f"known: {known}")


def _print(content: dict[str, object]) -> int:
    import yaml  # noqa: PLC0415  `--help` stays quick

    yaml.safe_dump(content, sys.stdout, sort_keys=False, allow_unicode=True, width=100)
    return 0
