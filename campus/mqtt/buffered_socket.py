"""A socket that asks the kernel once for many packets: what `campus.mqtt.client` puts between paho and the network.

paho reads a packet in three calls and writes each acknowledgement in one. Each is a system call that lets the GIL go
and must win it back from a busy pipeline: measured, that halves the rate of an ack-after-commit consumer.
"""

from __future__ import annotations

import socket
import ssl

READ = 256 * 1024


class BufferedSocket:
    """A non-blocking socket with a read and a write buffer; `flush` sends what was written."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._in = b""
        self._at = 0
        self._out = bytearray()

    def recv(self, size: int) -> bytes:
        """Up to ``size`` bytes; raises BlockingIOError when none are there, returns nothing at the end."""
        at = self._at
        if at >= len(self._in):
            try:
                self._in = self._sock.recv(READ)
            except ssl.SSLWantReadError:
                raise BlockingIOError from None
            at = 0
        self._at = at + size
        return self._in[at : at + size]

    @property
    def has_input(self) -> bool:
        """Whether bytes wait that no select will tell of."""
        return self._at < len(self._in) or (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0)

    def send(self, data: bytes) -> int:
        """Take all of ``data``; it leaves with the next `flush`."""
        self._out += data
        return len(data)

    @property
    def has_output(self) -> bool:
        """Whether bytes wait to be flushed."""
        return bool(self._out)

    def flush(self) -> None:
        """Send what the kernel takes now; the rest stays. Raises OSError when the connection is gone."""
        try:
            while self._out:
                del self._out[: self._sock.send(self._out)]
        except (BlockingIOError, ssl.SSLWantWriteError):
            return

    def fileno(self) -> int:
        """For select."""
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        """As a socket does."""
        self._sock.setblocking(flag)

    def shutdown(self, how: int) -> None:
        """As a socket does."""
        self._sock.shutdown(how)

    def close(self) -> None:
        """Send what is left, as far as it goes, and close."""
        try:
            self.flush()
        except OSError:
            self._out.clear()
        self._sock.close()
