"""How paho reaches the network: on a buffered socket, with certificates that are always checked."""

from __future__ import annotations

import socket
import ssl
from typing import Any, cast

import paho.mqtt.client as paho

from campus.mqtt.buffered_socket import BufferedSocket
from campus.settings import Mqtt


class BufferedClient(paho.Client):
    """paho on a buffered socket, in the place where paho itself puts its WebSocket wrapper."""

    def _create_socket(self) -> Any:
        return BufferedSocket(cast(socket.socket, super()._create_socket()))

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        """As paho's, and a connection whose certificate is refused is closed: it is tried again and again."""
        assert self._ssl_context is not None
        wrapped = self._ssl_context.wrap_socket(tcp_sock, server_hostname=self._host, do_handshake_on_connect=False)
        wrapped.settimeout(self._connect_timeout)
        try:
            wrapped.do_handshake()
        except OSError:
            wrapped.close()
            raise
        return wrapped


def tls_context(settings: Mqtt) -> ssl.SSLContext:
    """Certificates are always checked; ``ca_file`` adds the school's own authority, ``cert_file`` names us."""
    context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    if settings.cert_file:
        context.load_cert_chain(str(settings.cert_file), str(settings.key_file) if settings.key_file else None)
    return context
