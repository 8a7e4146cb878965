"""A real mail server that keeps every letter."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from museion_hub.settings import Mail, MailSecurity


@dataclass
class Postbox:
    """Keeps what comes in, and refuses one address."""

    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if address.startswith("unknown@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the server's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(message_from_bytes(content, EmailMessage, policy=policy.default))
        return "250 OK"


class OwnPort(Controller):
    """Listens on a port that is free, and says which."""

    def __init__(self, postbox: Postbox, password: str) -> None:
        def authenticate(*arguments: object) -> AuthResult:
            given = arguments[-1]
            is_right = isinstance(given, LoginPassword) and given.password == password.encode()
            return AuthResult(success=is_right)

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        super().__init__(
            postbox,
            hostname="127.0.0.1",
            port=port,
            authenticator=authenticate,
            auth_require_tls=False,
        )


@contextmanager
def mail_server(postbox: Postbox, folder: Path) -> Generator[Mail]:
    """Run the server, and give the settings with which a registry sends through it."""
    server = OwnPort(postbox, "azurite")
    server.start()
    secret = folder / "smtp-password"
    secret.write_text("azurite\n")
    try:
        yield Mail(
            host="127.0.0.1",
            port=server.port,
            sender="museion@example.org",
            username="museion",
            password_file=str(secret),
            security=MailSecurity.NONE,
        )
    finally:
        server.stop()
