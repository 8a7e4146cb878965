"""What stands between us and a storage: a line that is cut, and a provider that lies."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PIECE_BYTES = 1 << 16
_TIMEOUT_S = 30.0
_NOT_FORWARDED = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(slots=True)
class Line:
    """A TCP line to a server, cut for good after so many bytes in either direction.

    Attributes
    ----------
    target : int
        Port of the server on the loopback.
    bytes_up, bytes_down : int or None
        How many may pass before the cut; None for any number.
    """

    target: int
    bytes_up: int | None = None
    bytes_down: int | None = None
    port: int = 0
    is_cut: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: list[socket.socket] = field(default_factory=list)

    def listen(self, server: socket.socket) -> None:
        """Take connections until the listening socket is closed."""
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            if self.is_cut.is_set():
                client.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target), _TIMEOUT_S)
            with self._lock:
                self._open += (client, far)
            threading.Thread(target=self._pump, args=(client, far, "bytes_up"), daemon=True).start()
            threading.Thread(
                target=self._pump, args=(far, client, "bytes_down"), daemon=True
            ).start()

    def cut(self) -> None:
        """Cut every connection, and take no other."""
        self.is_cut.set()
        with self._lock:
            while self._open:
                end = self._open.pop()
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def mend(self) -> None:
        """Let everything pass from now on."""
        self.bytes_up = self.bytes_down = None
        self.is_cut.clear()

    def _pump(self, source: socket.socket, sink: socket.socket, counter: str) -> None:
        """Pass bytes on, counting them."""
        with suppress(OSError):
            while piece := source.recv(_PIECE_BYTES):
                if not self._may_pass(counter, len(piece)):
                    self.cut()
                    return
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

    def _may_pass(self, counter: str, count: int) -> bool:
        """Take `count` off what may still pass."""
        with self._lock:
            left = getattr(self, counter)
            if left is not None:
                setattr(self, counter, left - count)
            return left is None or left >= count


@contextmanager
def line_to(port: int, **limits: int) -> Iterator[Line]:
    """Lay a line to a server on the loopback."""
    line = Line(port, **limits)  # type: ignore[arg-type]
    with socket.create_server(("127.0.0.1", 0)) as server:
        line.port = server.getsockname()[1]
        thread = threading.Thread(target=line.listen, args=(server,), daemon=True)
        thread.start()
        try:
            yield line
        finally:
            line.cut()
            server.shutdown(socket.SHUT_RDWR)
            server.close()
            thread.join(_TIMEOUT_S)


@dataclass(slots=True)
class Answer:
    """What a provider answers; a lie changes it in place."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: bytes


type Lie = Callable[[Answer], None]


@contextmanager
def provider_that_lies(port: int, lie: Lie) -> Iterator[int]:
    """Stand before a server and change what it answers; give the port of the liar."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _serve(self) -> None:
            answer = self._ask()
            lie(answer)
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        def _ask(self) -> Answer:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length) if length else None
            far = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
            far.request(self.command, self.path, body, dict(self.headers))
            said = far.getresponse()
            content = said.read()
            headers = {n: v for n, v in said.getheaders() if n.lower() not in _NOT_FORWARDED}
            if self.command == "HEAD":
                headers["Content-Length"] = said.getheader("Content-Length", "0")
            far.close()
            return Answer(self.command, self.path, said.status, headers, content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 - the library's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_TIMEOUT_S)
