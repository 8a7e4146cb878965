"""A small web site that shows scans with the built viewer, and can be made to fail."""

import json
import re
import struct
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlencode, urlparse

from museion_datasets.ingest.scans.batch import pack_pages
from museion_datasets.ingest.scans.layer_format import decode_layer_head, layer_listing

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Scan</title>
<link rel="icon" href="data:,">
<style>html {{ color-scheme: {scheme}; }} body {{ margin: 16px; background: Canvas; }}</style>
<body><main><h1 hidden>Scan</h1><h2 hidden>Scan</h2><div id="viewer"></div></main>
<script type="module">
import widget from "/scan.js";
const state = {{ _spec: {spec} }};
const listeners = {{}};
const say = (event, ...words) => (listeners[event] ?? []).forEach((hear) => hear(...words));
const tell = async (message) => {{
  const answer = await fetch("/kernel/{name}", {{ method: "POST", body: JSON.stringify(message) }});
  if (answer.ok) window.hear(await answer.json());
}};
window.hear = (told) => {{
  Object.assign(state, told.state);
  for (const name of Object.keys(told.state)) say(`change:${{name}}`);
  for (const {{ content, buffers }} of told.custom ?? []) {{
    const bytes = buffers.map((each) => Uint8Array.from(atob(each), (c) => c.charCodeAt(0)));
    say("msg:custom", content, bytes.map(({{ buffer }}) => new DataView(buffer)));
  }}
}};
const model = {{
  get: (name) => state[name],
  set: (name, value) => {{ state[name] = value; model.changed = {{ [name]: value }}; }},
  save_changes: () => void tell({{ method: "update", state: model.changed }}),
  on: (event, hear) => {{ (listeners[event] ??= []).push(hear); }},
  off: () => {{}},
  send: (content) => void tell({{ method: "custom", content }}),
}};
const el = document.getElementById("viewer");
window.takeAway = widget.render({{ model, el }});
</script>
</body>
</html>
"""
NO_SCAN = b'{"kind": "not_found", "message": "There is no such scan", "hint": "Check it."}'
DAMAGED = b'{"kind": "integrity", "message": "Stored data is damaged", "hint": "Restore it."}'

type Kernel = Callable[[dict[str, Any]], dict[str, Any]]

ROUTE = re.compile(
    r"/museion/scans/demo/([a-z]+)/scan/(head|pages|layers|layers/[A-Za-z0-9._-]+/pages)"
)
HEAD_OF_LAYER = re.compile(r"layers/([^/]+)/head")


@dataclass
class ScanSite:
    """The running site.

    Attributes
    ----------
    scans : mapping of name to stored objects by suffix
    is_broken : bool
        Answer every request for pages with an error.
    damaged : set of int
        Pages whose second half is something else.
    refused : set of int
        Pages that the storage cannot give.
    delay_s : float
        How long an answer with pages takes.
    has_scans : bool
        Whether the server knows scans at all, as one with our extension does.
    asked : list of str
        Paths of the requests so far.
    kernels : mapping of name to what a widget's kernel does with a message
        Without one, nobody answers the scan's viewer.
    """

    scans: Mapping[str, Mapping[str, bytes]]
    port: int = 0
    is_broken: bool = False
    damaged: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    delay_s: float = 0.0
    has_scans: bool = True
    asked: list[str] = field(default_factory=list)
    kernels: dict[str, Kernel] = field(default_factory=dict)

    def heal(self) -> None:
        """Undo all bad luck."""
        self.is_broken, self.has_scans, self.delay_s = False, True, 0.0
        self.damaged.clear()
        self.refused.clear()
        self.asked.clear()

    def page(self, name: str, **wishes: object) -> str:
        """Give the address of a page that shows a scan."""
        query = urlencode({"scan": name, "wishes": json.dumps(wishes)})
        return f"http://127.0.0.1:{self.port}/page?{query}"


@contextmanager
def scan_site(scans: Mapping[str, Mapping[str, bytes]]) -> Generator[ScanSite]:
    """Serve scans on a free port."""
    site = ScanSite(scans)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(site))
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


def _handler_for(site: ScanSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append(self.path)
            self.answer(*_answer(site, self.path))

        def do_POST(self) -> None:
            kernel = site.kernels.get(self.path.removeprefix("/kernel/"))
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told = b"{}" if kernel is None else json.dumps(kernel(message)).encode()
            self.answer(404 if kernel is None else 200, "application/json", told)

        def answer(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _answer(site: ScanSite, path: str) -> tuple[int, str, bytes]:
    address = urlparse(path)
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    if address.path == "/page":
        return 200, "text/html", _make_page(query["scan"], json.loads(query["wishes"])).encode()
    if address.path == "/scan.js":
        code = (files("museion") / "static" / "scan.js").read_bytes()
        return 200, "text/javascript", code
    match = ROUTE.fullmatch(address.path)
    if not site.has_scans:
        return 404, "text/html", b"<h1>Not found</h1>"
    if match is None or match[1] not in site.scans:
        return 404, "application/json", NO_SCAN
    return _answer_part(site, site.scans[match[1]], match[2], query)


def _answer_part(
    site: ScanSite, objects: Mapping[str, bytes], part: str, query: dict[str, str]
) -> tuple[int, str, bytes]:
    if part == "head":
        return 200, "application/octet-stream", objects["head"]
    if part == "layers":
        return 200, "application/json", json.dumps(_listing(objects)).encode()
    wanted = query["ids"].split(",")
    if part != "pages":
        return 200, "application/octet-stream", _batch(objects, part, wanted)
    return _answer_pages(site, objects, wanted)


def _listing(objects: Mapping[str, bytes]) -> dict[str, Any]:
    heads = {
        found[1]: decode_layer_head(data)
        for suffix, data in objects.items()
        if (found := HEAD_OF_LAYER.fullmatch(suffix))
    }
    return layer_listing(heads)


def _batch(objects: Mapping[str, bytes], folder: str, ids: list[str]) -> bytes:
    return pack_pages([(int(page), objects[f"{folder}/{page}"]) for page in ids])


def _answer_pages(
    site: ScanSite, objects: Mapping[str, bytes], wanted: list[str]
) -> tuple[int, str, bytes]:
    time.sleep(site.delay_s)
    if site.is_broken:
        return 503, "application/json", b'{"message": "The storage sleeps", "hint": "Wake it."}'
    if site.refused.intersection(map(int, wanted)):
        return 502, "application/json", DAMAGED
    return 200, "application/octet-stream", _pack(site, objects, wanted)


def _pack(site: ScanSite, objects: Mapping[str, bytes], ids: list[str]) -> bytes:
    pages = [objects[f"pages/{page}"] for page in ids]
    pages = [
        _damage(page) if int(i) in site.damaged else page
        for i, page in zip(ids, pages, strict=True)
    ]
    table = [struct.pack("<2I", int(i), len(p)) for i, p in zip(ids, pages, strict=True)]
    return b"".join([struct.pack("<I", len(ids)), *table, *pages])


def _damage(page: bytes) -> bytes:
    middle = len(page) // 2
    return page[:middle] + bytes(len(page) - middle)


def _make_page(name: str, wishes: dict[str, object]) -> str:
    spec = {
        "version": 1,
        "kind": "scan",
        "dataset": f"demo/{name}",
        "dataset_version": 1,
        "item": "scan",
        "title": wishes.get("title", name.title()),
        "synthetic": wishes.get("synthetic", False),
        "height": wishes.get("height", 600),
        "options": wishes.get("options", {}),
    }
    return PAGE.format(spec=json.dumps(spec), name=name, scheme=wishes.get("scheme", "light"))
