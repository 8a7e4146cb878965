"""Values for the charts: valid by the charts' own schemas, and what the charts make of them."""

import os
import subprocess
import sys
import tomllib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
import yaml
from dask_gateway_server.backends.kubernetes.backend import KubeClusterConfig
from dask_gateway_server.backends.kubernetes.controller import KubeController
from jupyterhub.objects import Hub
from kubespawner import KubeSpawner
from traitlets.config import Config

from museion_hub.errors import SettingsError
from museion_hub.kubernetes import clusters
from museion_hub.kubernetes.gateway import configure_gateway
from museion_hub.kubernetes.hub import pod_runtime, tokens_of
from museion_hub.kubernetes.policies import cluster_policy
from museion_hub.kubernetes.servers import server_traits
from museion_hub.kubernetes.spawner import WorkgroupKubeSpawner
from museion_hub.kubernetes.values import gateway_values, jupyterhub_values, settings_inside
from museion_hub.registry.views import StorageMount
from museion_hub.settings import (
    Clusters,
    ComputeKind,
    ComputePlace,
    Kubernetes,
    KubernetesOptions,
    Limits,
    Network,
    Settings,
    load_settings,
    settings_from,
    settings_text,
)
from tests.support.charts import DASK_GATEWAY, JUPYTERHUB, check, hub_configuration
from tests.support.manifests import require_manifest

SETTINGS = Settings(
    state_dir=Path("/srv/here"),
    database_url="postgresql+pg8000://museion:secret@db/museion",
    title="Conservation {Lab}",
    limits=Limits(memory_gb=8, cpus=2),
    clusters=Clusters(clusters=4, workers=40, memory_gb=160),
    compute=(
        ComputePlace("cloud", ComputeKind.KUBERNETES, "IT"),
        ComputePlace(
            "large",
            ComputeKind.KUBERNETES,
            kubernetes=KubernetesOptions("museion", "registry.example.org/large:2"),
        ),
    ),
    kubernetes=Kubernetes("registry.example.org:5000/museion:0.1.0"),
)
STORAGE = [StorageMount("murals", is_writable=True), StorageMount("lapidary/x1", is_writable=False)]
NOWHERE = {
    "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}],
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "users": [{"name": "none", "user": {}}],
    "current-context": "none",
}
"""Where KubeSpawner would send the pods that it makes here."""
VARIANTS = {
    "as it is": SETTINGS,
    "with the internet": replace(SETTINGS, network=Network.HOST),
    "without limits": replace(SETTINGS, limits=Limits(0, 0, 0)),
}


@pytest.fixture(params=VARIANTS.values(), ids=VARIANTS)
def settings(request: pytest.FixtureRequest) -> Settings:
    return request.param  # type: ignore[no-any-return]  # from the table above


def test_values_for_jupyterhub_are_valid_and_survive_yaml(settings: Settings) -> None:
    values = jupyterhub_values(settings)
    check(JUPYTERHUB, values)
    assert yaml.safe_load(yaml.safe_dump(values)) == values


@pytest.mark.parametrize("place", SETTINGS.compute, ids=lambda place: place.name)
def test_values_for_dask_gateway_are_valid_and_survive_yaml(
    settings: Settings, place: ComputePlace
) -> None:
    values = gateway_values(settings, place)
    check(DASK_GATEWAY, values)
    assert yaml.safe_load(yaml.safe_dump(values)) == values


def test_settings_in_the_pod_are_the_deployments() -> None:
    files = jupyterhub_values(SETTINGS)["hub"]["extraFiles"]  # type: ignore[index]  # a table
    text = files["museion-settings"]["stringData"]
    inside = settings_from(tomllib.loads(text), folder=Path("/etc/museion"))
    assert inside == settings_inside(SETTINGS)
    assert replace(inside, state_dir=SETTINGS.state_dir) == SETTINGS


def chart_rejects(values: dict[str, object]) -> bool:
    try:
        check(JUPYTERHUB, values)
    except jsonschema.ValidationError:
        return True
    return False


@pytest.fixture
def chart_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Give the configuration that the chart's own code makes of our values."""
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(NOWHERE))
    place = "kubernetes_asyncio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION"
    monkeypatch.setattr(place, str(tmp_path / "kubeconfig"))
    for name, port in {"PROXY_API": "8001", "HUB": "8081"}.items():
        monkeypatch.setenv(f"{name}_SERVICE_PORT", port)
    config = hub_configuration(jupyterhub_values(SETTINGS), tmp_path / "pod")
    config.WorkgroupKubeSpawner.settings = settings_inside(SETTINGS)
    return config


@asynccontextmanager
async def server_of(account: str, config: Config) -> AsyncGenerator[WorkgroupKubeSpawner]:
    """Give the spawner of an account, as a hub would have it."""
    user = SimpleNamespace(name=account, escaped_name=account, id=1, url=f"/user/{account}/")
    spawner = WorkgroupKubeSpawner(_mock=True, config=config, hub=Hub(), user=user)
    try:
        yield spawner
    finally:
        await spawner.api.api_client.close()


async def pod_of(account: str, config: Config) -> dict[str, object]:
    """Give the pod of a server, as it would be sent to Kubernetes."""
    async with server_of(account, config) as spawner:
        spawner.take_on(STORAGE)
        pod = await spawner.get_pod_manifest()
        return spawner.api.api_client.sanitize_for_serialization(pod)  # type: ignore[no-any-return]


def container(pod: Mapping[str, object]) -> dict[str, object]:
    (only,) = pod["spec"]["containers"]  # type: ignore[index]  # JSON
    return only  # type: ignore[no-any-return]  # JSON


def mounts(pod: Mapping[str, object]) -> dict[str, object]:
    listed: list[dict[str, object]] = container(pod)["volumeMounts"]  # type: ignore[assignment]
    return {str(each["mountPath"]): each for each in listed}


def require_shut_in(pod: Mapping[str, object]) -> None:
    """Check that a pod has no more rights than a sandbox."""
    require_manifest("V1Pod", pod)
    spec: dict[str, object] = pod["spec"]  # type: ignore[assignment]  # JSON
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True  # type: ignore[index]  # JSON
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    assert not [volume for volume in spec["volumes"] if "hostPath" in volume]  # type: ignore[attr-defined]
    security: dict[str, object] = container(pod)["securityContext"]  # type: ignore[assignment]
    assert security["runAsUser"] == 1000
    assert security["runAsNonRoot"] is security["readOnlyRootFilesystem"] is True
    assert security["privileged"] is security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}


async def test_pod_of_a_workspace_is_a_sandbox(chart_config: Config) -> None:
    pod = await pod_of("wg-murals", chart_config)
    require_shut_in(pod)
    own = container(pod)
    assert own["image"] == "registry.example.org:5000/museion:0.1.0"
    assert own["resources"]["limits"] == {"memory": 8 * 10**9, "cpu": 2}  # type: ignore[index]
    assert own["args"][-1:] != []  # type: ignore[index]  # JSON
    assert "--YDocExtension.disable_rtc=False" in own["args"]  # type: ignore[operator]
    environment = {each["name"]: each.get("value") for each in own["env"]}  # type: ignore[attr-defined]
    assert environment["MUSEION_REGISTRY_URL"] == "http://proxy-public/services/registry"
    assert environment["MUSEION_COMPUTE"].startswith('[{"name": "cloud"')
    assert "gateway://traefik-dask-gateway-large:80" in environment["MUSEION_COMPUTE"]


async def test_pod_sees_its_own_folders_and_datasets_only(chart_config: Config) -> None:
    seen = mounts(await pod_of("wg-murals", chart_config))
    shared = {path: each for path, each in seen.items() if each["name"] == "museion"}  # type: ignore[index]
    assert {path: each["subPath"] for path, each in shared.items()} == {  # type: ignore[index]
        "/workspace": "workgroups/murals/workspace",
        "/home/member": "workgroups/murals/home",
        "/var/lib/museion/rtc": "workgroups/murals/rtc",
        "/datasets/murals": "storage/murals",
        "/datasets/lapidary/x1": "storage/lapidary/x1",
    }
    assert [path for path, each in shared.items() if each.get("readOnly")] == [  # type: ignore[attr-defined]
        "/datasets/lapidary/x1"
    ]


async def test_private_server_has_no_collaboration_and_its_own_folders(
    chart_config: Config,
) -> None:
    pod = await pod_of("chiara", chart_config)
    require_shut_in(pod)
    assert "--YDocExtension.disable_rtc=True" in container(pod)["args"]  # type: ignore[operator]
    assert mounts(pod)["/workspace"]["subPath"] == "people/chiara/workspace"  # type: ignore[index]


async def test_revoked_dataset_is_not_mounted_at_the_next_start(chart_config: Config) -> None:
    async with server_of("wg-murals", chart_config) as spawner:
        spawner.take_on(STORAGE)
        spawner.take_on(STORAGE[:1])
    assert "storage-lapidary/x1" not in spawner.volume_mounts
    assert "storage-murals" in spawner.volume_mounts


def test_traits_are_those_of_the_installed_spawner() -> None:
    known = KubeSpawner.class_traits()
    assert [name for name in server_traits(SETTINGS) if name not in known] == []


def test_registry_gets_the_token_that_the_chart_made(chart_config: Config) -> None:
    tokens = tokens_of(chart_config.JupyterHub.services)
    runtime = pod_runtime(settings_inside(SETTINGS), tokens)
    assert runtime.tokens.registry == "token of registry"
    assert runtime.host == "0.0.0.0"  # noqa: S104  network policies say who reaches it
    assert set(tokens) == {"registry", "operator", "dask-gateway", "dask-gateway-large"}


@pytest.fixture
def gateway_traits() -> Config:
    c = Config()
    configure_gateway(settings_inside(SETTINGS), SETTINGS.compute[1], c)
    return c


@pytest.mark.parametrize("is_worker", [True, False], ids=["worker", "scheduler"])
def test_pods_of_a_cluster_are_sandboxes(gateway_traits: Config, is_worker: bool) -> None:  # noqa: FBT001
    config = KubeClusterConfig(config=gateway_traits)
    config.worker_extra_container_config = clusters.container_config(STORAGE)
    controller = KubeController(gateway_instance="dask-gateway-large", api_url="http://api/api")
    pod = controller.make_pod("museion", "c1", config, is_worker=is_worker)
    require_shut_in(pod)
    assert container(pod)["image"] == "registry.example.org/large:2"
    seen = {path for path in mounts(pod) if path.startswith("/datasets/")}
    assert seen == ({"/datasets/murals", "/datasets/lapidary/x1"} if is_worker else set())
    assert "--no-dashboard" in container(pod)["args"] or is_worker  # type: ignore[operator]
    assert "secret" not in str(pod).replace("secretName", "").replace("'secret':", "")


def test_traits_are_those_of_the_installed_gateway() -> None:
    traits = clusters.cluster_traits(SETTINGS, SETTINGS.compute[0])
    assert [name for name in traits if name not in KubeClusterConfig.class_traits()] == []


def test_clusters_of_a_workgroup_share_its_bounds() -> None:
    limits = clusters.cluster_limits(SETTINGS, SETTINGS.compute[0])
    each = clusters.share_of_one(limits)
    assert (limits.workers, limits.memory_bytes) == (40, 160 * 10**9)
    assert (each.workers * 4, each.memory_bytes * 4) == (40, 160 * 10**9)


@pytest.mark.parametrize("network", Network)
def test_network_policy_is_of_the_api(network: Network) -> None:
    policy = cluster_policy(replace(SETTINGS, network=network), SETTINGS.compute[0])
    require_manifest("V1NetworkPolicy", policy)
    spec: dict[str, object] = policy["spec"]  # type: ignore[assignment]  # JSON
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert ("0.0.0.0/0" in str(spec["egress"])) is (network is Network.HOST)


def test_a_member_that_the_api_does_not_know_is_found() -> None:
    with pytest.raises(AssertionError, match="runAsRoot is not of the API"):
        require_manifest("V1SecurityContext", {"runAsRoot": False})


def test_a_value_that_the_chart_does_not_know_is_found() -> None:
    assert chart_rejects({**jupyterhub_values(SETTINGS), "singleUser": {}})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kubernetes": Kubernetes()}, "needs an image"),
        ({"database_url": ""}, "needs PostgreSQL"),
    ],
    ids=["no image", "SQLite"],
)
def test_settings_that_cannot_be_meant_are_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        jupyterhub_values(replace(SETTINGS, **changes))  # type: ignore[arg-type]  # from the table


def test_command_prints_yaml(tmp_path: Path) -> None:
    file = tmp_path / "museion.toml"
    file.write_text(settings_text(SETTINGS))
    program = "import sys; from museion_datasets.cli import main; sys.exit(main())"
    arguments = ["kubernetes", "values", "--chart", "jupyterhub", "--config", str(file)]
    printed = subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    assert yaml.safe_load(printed.stdout) == jupyterhub_values(load_settings(file))
