"""Runs a deployment until Ctrl-C, SIGTERM, or the end of one of its processes.

Whatever ends it, everything it started is stopped before it returns.
"""

import getpass
import signal
from types import FrameType

from museion_hub.custody.unlocking import guard_of, handing_over
from museion_hub.registry.database import Database
from museion_hub.registry.start import open_custody
from museion_hub.run import demonstration, processes
from museion_hub.run.deployment import Deployment
from museion_hub.run.lock import run_lock
from museion_hub.run.progress import Progress
from museion_hub.settings import Settings
from museion_hub.workplaces import registry_database_url


def run(settings: Settings) -> None:
    """Start everything, say where it is, and stay until it is to stop."""
    deployment = Deployment(settings, Progress())
    deployment.paths.create()
    with run_lock(deployment.paths.run / "lock"):
        processes.adopt_orphans()
        # Set by hand: a shell's background job would ignore Ctrl-C's signal for ever.
        signal.signal(signal.SIGINT, _interrupt)
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            deployment.guard = guard_of(settings, _ask_passphrase)
            with handing_over(deployment.paths.run, deployment.guard):
                _start(deployment)
                deployment.watch()
        except KeyboardInterrupt:
            deployment.progress.say("\nstopping …")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            deployment.stop()
    deployment.progress.say("stopped; nothing of it is running any more")


def _start(deployment: Deployment) -> None:
    progress, settings = deployment.progress, deployment.settings
    progress.say(f"{settings.title}: starting in {settings.state_dir}")
    with progress.step("checking this machine"):
        deployment.check()
    with progress.step("preparing keys and tables"):
        if settings.demo:
            demo = demonstration.prepare(deployment)
        else:
            _prepare(deployment)
    runtime = deployment.start()
    if settings.demo:
        with progress.step("sample datasets"):
            demonstration.seed(deployment, runtime)
    progress.say(f"\n  {settings.title} is running at  {settings.url}\n")
    if settings.demo:
        progress.say(f"  sign in as   {', '.join(demo.usernames)}")
        progress.say(f"  password     {demo.password}   (the same for all)\n")
    progress.say("  Ctrl-C stops everything")


def _prepare(deployment: Deployment) -> None:
    database = Database(registry_database_url(deployment.settings))
    try:
        database.upgrade()
        open_custody(database, deployment.paths.root_key_file, deployment.guard)
    finally:
        database.close()


def _ask_passphrase() -> str:
    return getpass.getpass("Passphrase of the root key: ")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
