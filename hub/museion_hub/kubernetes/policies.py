"""Writes the network policy of a compute place's pods, which dask-gateway's chart does not.

Pods of clusters are reached by each other, by the gateway and by its proxy, and by nobody
else; they reach each other, names, and the deployment's proxy. Pods of two workgroups could
connect to each other, but not speak: each cluster has TLS credentials of its own.
"""

from museion_hub.gateway.address import service_name
from museion_hub.kubernetes.clusters import POD_LABELS
from museion_hub.kubernetes.pods import Manifest
from museion_hub.settings import ComputePlace, Network, Settings

DNS_PORT = 53
GATEWAY_API_PORT = 8000
PROXY_PORT = 8000
PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")


def cluster_policy(settings: Settings, place: ComputePlace) -> Manifest:
    """Return the network policy of the pods of one compute place.

    Parameters
    ----------
    settings
        The deployment's settings.
    place
        The compute place.
    """
    service = service_name(settings, place.name)
    clusters = _pods({"museion/part": POD_LABELS["museion/part"]})
    gateway = _pods({"gateway.dask.org/instance": service})
    egress = [
        {"to": [clusters]},
        {"to": [gateway], "ports": [{"port": GATEWAY_API_PORT}]},
        {
            "to": [_pods({"app.kubernetes.io/component": "proxy"})],
            "ports": [{"port": PROXY_PORT}],
        },
        _names(),
        *([_outside()] if settings.network is Network.HOST else []),
    ]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"museion-{service}", "namespace": place.kubernetes.namespace},
        "spec": {
            "podSelector": clusters["podSelector"],
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [clusters, gateway]}],
            "egress": egress,
        },
    }


def _pods(labels: dict[str, str]) -> Manifest:
    return {"podSelector": {"matchLabels": labels}}


def _names() -> Manifest:
    system = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    ports = [{"protocol": protocol, "port": DNS_PORT} for protocol in ("UDP", "TCP")]
    return {"to": [system], "ports": ports}


def _outside() -> Manifest:
    return {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": list(PRIVATE_NETWORKS)}}]}
