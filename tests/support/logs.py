"""A log in memory that serves as C2SP tlog-tiles says, and that can be made to lie."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

from museion_datasets.log.checkpoint import Checkpoint
from museion_datasets.log.cosignature import sign_checkpoint
from museion_datasets.log.keys import SignatureType, Signer
from museion_datasets.log.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, encode_bundle
from museion_datasets.log.tree import Frontier, NodeReader, leaf_hash, node_hash, root_of

ORIGIN = "museion/log/test"
NOW_S = 1_795_000_000
TYPES = (SignatureType.ED25519, SignatureType.COSIGNATURE_MLDSA44)


def signers_of(origin: str = ORIGIN, *, seed: int = 1) -> list[Signer]:
    """Give the two keys of a log, always the same."""
    return [Signer(origin, type_, bytes([seed, type_]) * 16) for type_ in TYPES]


def leaves_of(entries: Iterable[bytes]) -> list[bytes]:
    return [leaf_hash(entry) for entry in entries]


def reader_of(leaves: list[bytes]) -> NodeReader:
    """See leaves as a tree; it refuses to invent what is not there."""

    def read(level: int, index: int) -> bytes:
        row = leaves[index << level : (index + 1) << level]
        assert len(row) == 1 << level
        while len(row) > 1:
            row = [node_hash(*pair) for pair in zip(row[::2], row[1::2], strict=True)]
        return row[0]

    return read


@dataclass
class SimulatedLog:
    """A log whose every answer can be spoiled.

    Attributes
    ----------
    entries : list of bytes
        What was logged.
    spoil : callable, optional
        Changes what is served at an address.
    """

    entries: list[bytes] = field(default_factory=list)
    origin: str = ORIGIN
    signers: list[Signer] = field(default_factory=signers_of)
    spoil: Callable[[str, bytes], bytes] = lambda _path, content: content
    time_s: int = NOW_S
    asked: list[str] = field(default_factory=list)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(str(signer.verifier) for signer in self.signers)

    def grow(self, count: int, name: str = "entry") -> None:
        start = len(self.entries)
        self.entries += [f"{name} {start + n}".encode() for n in range(count)]

    def checkpoint(self) -> str:
        frontier = Frontier()
        for leaf in leaves_of(self.entries):
            frontier.append(leaf)
        return str(
            sign_checkpoint(Checkpoint(self.origin, frontier.head), self.signers, self.time_s)
        )

    def fetch(self, path: str, max_bytes: int) -> bytes:
        self.asked.append(path)
        content = self.spoil(path, self._tile(Tile.parse(path)))
        assert len(content) <= max_bytes
        return content

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as the registry does; for `httpx.MockTransport`."""
        path = request.url.path.partition("/log/")[2]
        if request.headers["Authorization"] != "token good":
            return httpx.Response(401)
        if path == "checkpoint":
            content = self.checkpoint().encode()
        elif path == "keys":
            content = json.dumps({"origin": self.origin, "keys": self.keys}).encode()
        else:
            content = self._tile(Tile.parse(path))
        return httpx.Response(200, content=self.spoil(path, content))

    def _tile(self, tile: Tile) -> bytes:
        first = tile.index * TILE_WIDTH
        if tile.level is None:
            return encode_bundle(self.entries[first : first + tile.width])
        read = reader_of(leaves_of(self.entries))
        level = tile.level * TILE_HEIGHT
        return b"".join(read(level, first + n) for n in range(tile.width))


def root(entries: Iterable[bytes]) -> bytes:
    leaves = leaves_of(entries)
    return root_of(len(leaves), reader_of(leaves))
