"""Sockets with one deadline for all that is done until then, however slowly the other side does it."""

import io
import select
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any, NamedTuple, Optional, Union
from urllib.parse import urlsplit

from .tls import Tls

# A write to who is gone must fail, not end a program that has set SIGPIPE back to what ends programs.
NO_SIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)


class Address(NamedTuple):
    """Where a server is. `path` has no trailing slash; of the root it is empty."""

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


def parse_address(url: Any, schemes: Iterable[str]) -> Optional[Address]:
    """An address of one of the schemes, as `("http", "https")`; None for what is none, or holds more than that."""
    if not isinstance(url, str) or any(character <= " " or character == "\x7f" for character in url):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        # As it goes out in a header and to the resolver.
        (host or "").encode("idna")
        parts.path.encode("ascii")
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in schemes or not host or "@" in parts.netloc or parts.query or parts.fragment:
        return None
    is_tls = parts.scheme in ("https", "wss")
    return Address(is_tls, host, port or (443 if is_tls else 80), parts.path.rstrip("/"))


class DeadlineSocket:
    """
    A connected socket, plain or TLS. Each call ends at `deadline` (of `time.monotonic`) with `TimeoutError` or
    `socket.timeout`: a server that sends one byte now and then does not get a new second for each.

    It is what `http.client` takes for a socket.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        # TLS takes no flags: the thread itself keeps the signal away.
        self._flags = 0 if isinstance(sock, ssl.SSLSocket) else NO_SIGNAL
        self.deadline = 0.0
        self.used_at = time.monotonic()

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        return left

    def sendall(self, data: Union[bytes, bytearray, memoryview]) -> None:
        self._sock.settimeout(self._left())
        self._sock.sendall(data, self._flags)
        self.used_at = time.monotonic()

    def recv(self, most: int) -> bytes:
        self._sock.settimeout(self._left())
        return self._sock.recv(most)

    def recv_into(self, buffer: Any) -> int:
        self._sock.settimeout(self._left())
        return self._sock.recv_into(buffer)

    def recv_now(self, most: int) -> Optional[bytes]:
        """What has arrived: None if nothing has, empty at the end."""
        self._sock.settimeout(0)
        try:
            return self._sock.recv(most)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None

    def has_pending(self) -> bool:
        """Whether TLS holds decrypted bytes that the system does not tell of any more."""
        return isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0

    def is_readable(self) -> bool:
        return self.has_pending() or bool(wait_readable([self], 0))

    def fileno(self) -> int:
        return self._sock.fileno()

    def makefile(self, mode: str, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """`http.client` closes as soon as it has a body's head: the owner calls `shut`."""

    def shut(self) -> None:
        """No farewell, which could wait: the system closes its side. In a forked child the parent's goes on."""
        try:
            self._sock.close()
        except OSError:
            pass


class _Reader(io.RawIOBase):
    def __init__(self, sock: DeadlineSocket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._sock.recv_into(buffer)


def connect(address: Address, tls: Tls, deadline: float) -> DeadlineSocket:
    """@raise OSError: (with TLS's and time-outs among it) when no address of the host answers before the deadline."""
    context = tls.context() if address.is_tls else None
    problem: OSError = OSError("the host has no address")
    for family, kind, protocol, _, place in socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no connection in time")
        sock: Optional[socket.socket] = None
        try:
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(left)
            sock.connect(place)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                sock.settimeout(max(0.001, deadline - time.monotonic()))
                sock = context.wrap_socket(sock, server_hostname=address.host)
            return DeadlineSocket(sock)
        except (OSError, ValueError) as error:
            problem = error if isinstance(error, OSError) else OSError(str(error))
            if sock is not None:
                sock.close()
    raise problem


def wait_readable(sockets: list[Any], seconds: Optional[float]) -> list[Any]:
    """Those that have something to read. Takes descriptors of any number, which `select` does not."""
    if not hasattr(select, "poll"):
        return select.select(sockets, [], [], seconds)[0]
    poll = select.poll()
    by_number = {one.fileno(): one for one in sockets}
    for number in by_number:
        poll.register(number, select.POLLIN)
    found = poll.poll(None if seconds is None else max(0, int(seconds * 1_000 + 0.999)))
    return [by_number[number] for number, _ in found]
