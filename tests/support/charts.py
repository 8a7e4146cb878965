"""Helm charts as they were published: their schemas, their own values, their own code."""

import re
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import yaml
from traitlets.config import Config

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "kubernetes"
JUPYTERHUB = VECTORS / "zero-to-jupyterhub"
DASK_GATEWAY = VECTORS / "dask-gateway"
FOLDER_IN_POD = "/usr/local/etc/jupyterhub"
NAMES = ("hub", "proxy-api", "user-scheduler", "priority", "singleuser")


def merged(chart: Path, values: Mapping[str, object]) -> dict[str, object]:
    """Lay values over the chart's own, as Helm does."""
    return _merge(yaml.safe_load((chart / "values.yaml").read_text()), values)


def check(chart: Path, values: Mapping[str, object]) -> None:
    """Check values by the chart's schema, as Helm does before it does anything."""
    schema = yaml.safe_load((chart / "values.schema.yaml").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator(schema).validate(merged(chart, values))


def _merge(base: object, over: object) -> dict[str, object]:
    if not isinstance(base, dict) or not isinstance(over, Mapping):
        return over  # type: ignore[return-value]  # a leaf
    return {**base, **{key: _merge(base.get(key), value) for key, value in over.items()}}


def hub_configuration(values: Mapping[str, object], folder: Path) -> Config:
    """Run the chart's own configuration of JupyterHub, up to the extra part.

    Parameters
    ----------
    values
        Values of the chart; the extra configuration is left out, as it needs a pod's files.
    folder
        Takes the place of the folder that the pod reads.
    """
    whole = merged(JUPYTERHUB, values)
    whole["hub"].pop("extraConfig")  # type: ignore[attr-defined]  # a table
    _write_pod_files(whole, folder)
    c = Config()
    library = _code("z2jh", folder)
    functions: dict[str, object] = {}
    exec(library, functions)  # noqa: S102  a published chart's own code, kept with the tests
    scope = {
        **functions,
        "get_config": lambda *key, **rest: functions["get_config"](*key, **rest) if key else c,  # type: ignore[operator]
        "__file__": str(folder / "jupyterhub_config.py"),
    }
    exec(_code("jupyterhub_config", folder), scope)  # noqa: S102  the same
    return c


def _code(name: str, folder: Path) -> str:
    """Read code of the chart, with another folder, one module, and the client that is installed."""
    text = (JUPYTERHUB / f"{name}.py.txt").read_text().replace(FOLDER_IN_POD, str(folder))
    text = text.replace("tornado.curl_httpclient.CurlAsyncHTTPClient", "")
    text = re.sub(r'AsyncHTTPClient\.configure\(""\)', "", text)
    return re.sub(r"from z2jh import \([^)]*\)", "", text)


def _without_nulls(values: Mapping[str, object]) -> dict[str, object]:
    """Leave out what is null, as Helm does."""
    kept = {
        key: _without_nulls(value) if isinstance(value, Mapping) else value
        for key, value in values.items()
    }
    return {key: value for key, value in kept.items() if value is not None}


def _write_pod_files(values: Mapping[str, object], folder: Path) -> None:
    secret, config = folder / "secret", folder / "config"
    for each in (secret, config):
        each.mkdir(parents=True)
    given = {
        **_without_nulls(values),
        "Release": {"Name": "museion"},
        "Chart": {"Name": "jupyterhub"},
    }
    (secret / "values.yaml").write_text(yaml.safe_dump(given))
    for name in values["hub"]["services"]:  # type: ignore[index]  # a table
        (secret / f"hub.services.{name}.apiToken").write_text(f"token of {name}")
    (secret / "hub.config.JupyterHub.cookie_secret").write_text("00" * 32)
    (secret / "hub.config.CryptKeeper.keys").write_text("11" * 32)
    for name in NAMES:
        (config / name).write_text(name)
