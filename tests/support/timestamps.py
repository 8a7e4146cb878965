"""A real time-stamp authority: ``openssl ts`` behind a small HTTP server, with its own CA."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[stamper]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = here
[here]
dir = {folder}
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """A certification authority and its time-stamp authority, in a folder."""

    folder: Path
    name: str
    answer: bytes | None = None
    """What to answer instead of a time stamp."""
    requests: list[bytes] = field(default_factory=list)

    @property
    def root(self) -> bytes:
        return (self.folder / "ca.pem").read_bytes()

    def stamp(self, request: bytes) -> bytes:
        """Answer a request, as openssl does."""
        self.requests.append(request)
        if self.answer is not None:
            return self.answer
        query, reply = self.folder / "query.tsq", self.folder / "reply.tsr"
        query.write_bytes(request)
        _openssl(
            self.folder, "ts", "-reply", "-queryfile", query, "-out", reply, "-section", "here"
        )
        return reply.read_bytes()


def make_authority(folder: Path, name: str) -> Authority:
    """Make keys and certificates."""
    folder.mkdir(parents=True)
    (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    for key in ("ca", "tsa"):
        args = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        _openssl(folder, "genpkey", *args, "-out", folder / f"{key}.key", config=False)
    new = ("req", "-new", "-sha256")
    ca = ("-x509", "-days", "30", "-subj", f"/CN={name} root", "-extensions", "ca")
    _openssl(folder, *new, *ca, "-key", folder / "ca.key", "-out", folder / "ca.pem")
    subject = ("-subj", f"/CN={name}", "-key", folder / "tsa.key", "-out", folder / "tsa.csr")
    _openssl(folder, *new, *subject)
    by = ("-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-set_serial", "2", "-days", "30")
    ext = ("-extfile", folder / "openssl.cnf", "-extensions", "stamper")
    out = ("-in", folder / "tsa.csr", "-out", folder / "tsa.pem")
    _openssl(folder, "x509", "-req", "-sha256", *by, *ext, *out, config=False)
    return Authority(folder, name)


@contextmanager
def serving(authority: Authority) -> Iterator[str]:
    """Serve an authority on a free port of the loopback; give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_query = self.headers["Content-Type"] == "application/timestamp-query"
            answer = authority.stamp(body) if is_query else b""
            self.send_response(200 if is_query else 400)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _openssl(folder: Path, *arguments: object, config: bool = True) -> None:
    program = shutil.which("openssl") or "openssl"
    last = ["-config", str(folder / "openssl.cnf")] if config else []
    command = [program, *map(str, arguments), *last]
    subprocess.run(command, check=True, capture_output=True)
