"""Through the one door, an attacker is a client like any browser, whatever it says of itself."""

import json

import pytest

from tests.integration.attacks.attempts import REFUSED
from tests.integration.attacks.rows import Row
from tests.integration.attacks.test_reach import environment_of
from tests.support.hub import TempHub
from tests.support.kernel import Kernel

ROWS = [
    Row(
        "claim to be another in headers (X-Forwarded-User, Remote-User, X-Real-IP, ...)",
        "nobody reads them: a token or a cookie says who asks",
    ),
    Row(
        "name another host (Host, X-Forwarded-Host) or a whole address to be passed on to",
        "the proxy goes by the path alone and has one list of targets",
    ),
    Row("climb out of the own address by `..`, `//` or `%2e`", "the same"),
    Row("open the other's workspace with the own server's token", "the hub: 404, as if missing"),
    Row(
        "use the registry as the other workgroup, or as an administrator",
        "the registry asks the hub whose token it is",
    ),
]
RAW = """
import json, os, socket
def ask(line, headers):
    port = int(os.environ["MUSEION_REGISTRY_URL"].split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        given = {{"Host": f"127.0.0.1:{{port}}", "Connection": "close", **headers}}
        lines = [line, *(f"{{name}}: {{value}}" for name, value in given.items())]
        client.sendall(("\\r\\n".join(lines) + "\\r\\n\\r\\n").encode())
        content = b"".join(iter(lambda: client.recv(65536), b""))
    return content.decode(errors="replace")
print(ask({line!r}, {headers!r}))
"""


def ask(kernel: Kernel, line: str, headers: dict[str, str]) -> tuple[int, str]:
    """Send a request from the attacker's kernel as it stands; give status and all else."""
    answer = kernel.run(RAW.format(line=f"{line} HTTP/1.1", headers=headers))
    return int(answer.split()[1]), answer


def own_token(kernel: Kernel) -> dict[str, str]:
    return {"Authorization": f"token {environment_of(kernel, 'JUPYTERHUB_API_TOKEN')}"}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-User": "murals-lead", "Remote-User": "murals-lead"},
        {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"},
        {"X-Museion-User": "hub-admin", "X-JupyterHub-User": "murals-lead"},
        {"X-HTTP-Method-Override": "DELETE", "X-Original-URL": "/hub/api/users"},
    ],
    ids=lambda headers: next(iter(headers)),
)
@pytest.mark.parametrize(
    "path", ["/hub/api/users", "/services/registry/api/v1/me", "/user/wg-murals/api/contents"]
)
def test_headers_make_nobody_of_an_attacker(
    lapidary_kernel: Kernel, headers: dict[str, str], path: str
) -> None:
    status, answer = ask(lapidary_kernel, f"GET {path}", headers)
    assert status in {302, 401, 403, 404}
    assert "murals-lead" not in answer.replace("X-", "")


@pytest.mark.parametrize("name", ["proxy_api", "hub", "registry", "gateway"])
def test_another_host_is_not_reached(hub: TempHub, lapidary_kernel: Kernel, name: str) -> None:
    gateway = hub.runtime.gateways["gateway"]
    port = gateway.port if name == "gateway" else getattr(hub.runtime.ports, name)
    for line, headers in (
        (f"GET http://127.0.0.1:{port}/api/routes", {}),
        ("GET /api/routes", {"Host": f"127.0.0.1:{port}"}),
        ("GET /api/routes", {"X-Forwarded-Host": f"127.0.0.1:{port}"}),
        (f"CONNECT 127.0.0.1:{port}", {}),
    ):
        status, answer = ask_or_refused(lapidary_kernel, line, headers)
        assert status in {0, 302, 400, 401, 403, 404, 405}
        assert '"target"' not in answer


def ask_or_refused(kernel: Kernel, line: str, headers: dict[str, str]) -> tuple[int, str]:
    """Ask; a connection that is closed without a word is status 0."""
    answer = kernel.run(RAW.format(line=f"{line} HTTP/1.1", headers=headers))
    words = answer.split()
    return (int(words[1]), answer) if len(words) > 1 else (0, REFUSED)


@pytest.mark.parametrize(
    "path",
    [
        "/user/wg-murals/api/contents",
        "/user/wg-lapidary/../wg-murals/api/contents",
        "/user/wg-lapidary/%2e%2e/wg-murals/api/contents",
        "//user//wg-murals/api/contents",
        "/user/wg-lapidary/..%2fwg-murals/api/contents",
        "/user/wg-murals/api/kernels",
        "/user/wg-murals/files/01-first-look.ipynb",
    ],
)
def test_own_token_opens_no_other_workspace(lapidary_kernel: Kernel, path: str) -> None:
    status, answer = ask(lapidary_kernel, f"GET {path}", own_token(lapidary_kernel))
    assert status in {302, 403, 404}
    assert "01-first-look" not in answer.partition("\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/workgroups/murals"),
        ("GET", "/workgroups/murals/events"),
        ("GET", "/admin/overview"),
        ("GET", "/people"),
        ("DELETE", "/workgroups/murals/members/murals-member"),
        ("POST", "/workgroups/lapidary/archive"),
        ("PUT", "/workgroups/murals/members/lapidary-lead"),
    ],
)
def test_workgroups_token_is_no_leads(lapidary_kernel: Kernel, method: str, path: str) -> None:
    headers = {**own_token(lapidary_kernel), "Content-Length": "0"}
    status, answer = ask(lapidary_kernel, f"{method} /services/registry/api/v1{path}", headers)
    assert status in {400, 401, 403, 404, 405, 422}, json.dumps(answer)
