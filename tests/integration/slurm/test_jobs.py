"""A job on a node: whose it is, what it sees, and that no secret stands where others read."""

import os
import socket
import ssl
import stat
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from distributed import Scheduler

from tests.support.slurm_hub import Running, SlurmHub

pytestmark = pytest.mark.integration

FOR_OWNER_ALONE = stat.S_IRWXG | stat.S_IRWXO


def everything_slurm_knows(running: Running) -> bytes:
    """Collect what Slurm says and keeps of a cluster's jobs."""
    slurm = running.place.slurm
    said = [
        slurm.run("scontrol", "show", "job", "--details", number)
        + slurm.run("scontrol", "write", "batch_script", number, "-")
        for number in running.jobs
    ]
    kept = [
        file
        for file in slurm.folder.rglob("*")
        if file.is_file() and not any(part.startswith("munge") for part in file.parts)
    ]
    return "".join(said).encode() + b"".join(file.read_bytes() for file in kept)


def processes_of(running: Running) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if running.name in " ".join(process.info["cmdline"] or [])
        or running.name in str((process.info["environ"] or {}).values())
    ]


def secrets_of(running: Running) -> dict[str, bytes]:
    """Give a telling part of each of the cluster's secrets."""
    key = (running.folder / "dask.pem").read_text().splitlines()[5]
    return {"key": key.encode(), "token": (running.folder / "token").read_bytes()}


def test_a_workgroups_jobs_are_told_apart_by_name_account_and_comment(murals: Running) -> None:
    described = murals.place.slurm.run(
        "squeue", "--noheader", "--format=%j|%a|%k", f"--jobs={','.join(murals.jobs)}"
    ).splitlines()
    assert len(described) == 3
    for line in described:
        name, account, comment = line.split("|")
        assert name == f"museion-murals-{murals.name}"
        assert account == "heritage-murals"
        assert f"workgroup murals, cluster {murals.name}" in comment


def test_slurm_knows_no_secret_of_a_cluster(murals: Running) -> None:
    known = everything_slurm_knows(murals)
    assert murals.name.encode() in known
    assert [name for name, value in secrets_of(murals).items() if value in known] == []


def test_no_secret_stands_on_a_command_line_or_in_an_environment(murals: Running) -> None:
    seen = b""
    for process in processes_of(murals):
        for kind in ("cmdline", "environ"):
            seen += Path(f"/proc/{process.pid}/{kind}").read_bytes()
    assert b"DASK_GATEWAY_CLUSTER_NAME" in seen
    assert [name for name, value in secrets_of(murals).items() if value in seen] == []


def test_credentials_lie_in_files_that_only_their_account_may_open(murals: Running) -> None:
    places = [murals.folder, *(murals.folder / name for name in ("dask.crt", "dask.pem", "token"))]
    for path in places:
        status = path.stat()
        assert status.st_uid == os.geteuid()
        assert not stat.S_IMODE(status.st_mode) & FOR_OWNER_ALONE, path


def test_a_worker_does_not_see_the_token_that_speaks_for_its_cluster(murals: Running) -> None:
    seen = murals.client.run(os.listdir, "/credentials")
    assert [sorted(names) for names in seen.values()] == [["dask.crt", "dask.pem"]] * 2


def test_a_worker_sees_its_own_workgroups_storage_alone(murals: Running) -> None:
    assert list(murals.client.run(os.listdir, "/datasets").values()) == [["murals"]] * 2


def test_a_worker_writes_nowhere_but_in_its_workgroups_own_storage(murals: Running) -> None:
    write = murals.client.submit(Path("/datasets/murals/object").write_text, "sealed")
    assert write.result() == len("sealed")
    for forged in ("/datasets/forged", "/credentials/dask.crt", f"{sys.prefix}/forged"):
        with pytest.raises(OSError, match="Read-only file system"):
            murals.client.submit(Path(forged).write_text, "x", pure=False).result()


def test_a_worker_sees_neither_the_deployments_secrets_nor_other_processes(
    murals: Running, place: SlurmHub
) -> None:
    for hidden in (place.hub.paths.root, place.slurm.folder, murals.folder):
        assert hidden.exists()
        assert not murals.client.submit(os.path.exists, str(hidden), pure=False).result()
    pids = murals.client.submit(psutil.pids).result()
    assert len(pids) < 10


def test_a_scheduler_talks_to_nobody_without_its_clusters_credentials(murals: Running) -> None:
    def control_port(dask_scheduler: Scheduler) -> int:  # here: nodes have no tests to import
        return int(dask_scheduler.services["gateway"].port)

    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    address = urlsplit(murals.client.scheduler_info()["address"])
    for port in (address.port, murals.client.run_on_scheduler(control_port)):
        with (
            socket.create_connection((address.hostname, port), timeout=10) as plain,
            careless.wrap_socket(plain) as stream,
            pytest.raises(ssl.SSLError, match="certificate required"),
        ):
            stream.recv(1)
