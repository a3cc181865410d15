"""The server's sockets."""

import socket

from dashboards.server import listen
from tests.conftest import free_port


def test_no_answer_waits_until_the_browser_acknowledges_its_head() -> None:
    with listen("127.0.0.1", free_port()) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
