"""The two storages that every promise is kept on, as their provider sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import obstore
import pytest

from museion_datasets.objects import LocalObjects, ObjectStore
from tests.support.s3 import S3Server


class Storage(Protocol):
    """What a provider, a thief or an attacker can do with what is stored."""

    @property
    def url(self) -> str:
        """For `museion_datasets.connect`."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs to reach it."""

    def objects(self, location: str = "set") -> ObjectStore:
        """Return the object layer of one dataset."""

    def paths(self) -> list[str]:
        """Return everything that lies here, sorted."""

    def read(self, path: str) -> bytes:
        """Return what lies at a path."""

    def write(self, path: str, data: bytes) -> None:
        """Put something at a path, whatever was there."""

    def remove(self, path: str) -> None:
        """Take away what lies at a path."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Files below a folder."""

    root: Path

    @property
    def url(self) -> str:
        return self.root.as_uri()

    @property
    def environment(self) -> Mapping[str, str]:
        return {}

    def objects(self, location: str = "set") -> ObjectStore:
        return LocalObjects(self.root / location)

    def paths(self) -> list[str]:
        files = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in files)

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def write(self, path: str, data: bytes) -> None:
        (self.root / path).write_bytes(data)

    def remove(self, path: str) -> None:
        (self.root / path).unlink()


@dataclass(frozen=True, slots=True)
class Bucket:
    """Objects below a prefix of a bucket."""

    server: S3Server
    prefix: str

    @property
    def url(self) -> str:
        return self.server.url(self.prefix)

    @property
    def environment(self) -> Mapping[str, str]:
        return self.server.environment

    def objects(self, location: str = "set") -> ObjectStore:
        return self.server.objects(f"{self.prefix}/{location}")

    def paths(self) -> list[str]:
        pages = obstore.list(self.server.store(self.prefix), chunk_size=1000)
        return sorted(str(found["path"]) for page in pages for found in page)

    def read(self, path: str) -> bytes:
        return bytes(obstore.get(self.server.store(self.prefix), path).bytes())

    def write(self, path: str, data: bytes) -> None:
        obstore.put(self.server.store(self.prefix), path, data)

    def remove(self, path: str) -> None:
        obstore.delete(self.server.store(self.prefix), path)


@pytest.fixture(params=["local", "s3"])
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Storage:
    """Give an empty storage of each kind, with the environment to reach it."""
    if request.param == "local":
        return Directory(tmp_path / "place")
    bucket = Bucket(request.getfixturevalue("s3"), request.getfixturevalue("s3_prefix"))
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    return bucket
