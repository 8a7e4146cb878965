"""The proxy holds an idle connection for longer than those behind it keep one to use again.

Whoever sends on a connection at the moment when it is closed loses the request; a sign-in that
is lost so is a page that says "500".
"""

import select
import socket
from urllib.parse import urlsplit

import pytest

from tests.support.hub import TempHub

pytestmark = pytest.mark.integration

DEFAULT_OF_NODE_S = 5.0
ASK = b"GET /hub/api/ HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_idle_connection_is_not_closed_by_the_proxy(hub: TempHub) -> None:
    address = urlsplit(hub.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(ASK)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        closed, _, _ = select.select([connection], [], [], DEFAULT_OF_NODE_S + 2)
        assert not closed
        connection.sendall(ASK)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
