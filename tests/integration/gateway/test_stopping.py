"""However the gateway ends, nothing that it started goes on."""

import signal
from contextlib import suppress
from pathlib import Path

import dask.config
import psutil
import pytest

from museion._cluster import cluster
from museion_hub.settings import Isolation
from tests.support.gateway import temp_gateway
from tests.support.hub import TempHub

pytestmark = pytest.mark.integration

GONE_TIMEOUT_S = 20.0


@pytest.mark.parametrize(
    ("number", "isolation"),
    [
        pytest.param(signal.SIGTERM, Isolation.BUBBLEWRAP, id="asked to stop"),
        pytest.param(signal.SIGKILL, Isolation.BUBBLEWRAP, id="killed"),
        pytest.param(signal.SIGKILL, Isolation.NONE, id="killed, without sandbox"),
    ],
)
def test_no_process_outlives_the_gateway(
    hub: TempHub, tmp_path: Path, number: signal.Signals, isolation: Isolation
) -> None:
    with temp_gateway(hub, tmp_path, isolation=isolation) as gateway:
        with dask.config.set(gateway.dask_settings):
            client = cluster(workers=1, memory="512MiB", place="gateway")
        assert client.submit(sum, [1, 2, 3]).result() == 6
        children = gateway.process.children(recursive=True)
        assert any("dask_worker" in " ".join(child.cmdline()) for child in children)
        gateway.process.send_signal(number)
        _, alive = psutil.wait_procs(children, timeout=GONE_TIMEOUT_S)
        assert alive == []
        with suppress(ValueError):  # a client that is just connecting anew can't close in peace
            client.close()
