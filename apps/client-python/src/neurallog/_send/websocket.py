"""
A WebSocket client after RFC 6455, as far as MCP needs it: text messages, without extensions.

The server is a stranger: frames and messages are bounded before they are kept, and what the standard forbids ends the
connection.
"""

import base64
import hashlib
import os
import re
import struct
import time
from typing import Optional

from .._limits import WS_HEAD_BYTES, WS_MESSAGE_BYTES
from .net import Address, DeadlineSocket

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})(?: [^\r\n]*)?\r\n")

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class WebSocketError(OSError):
    """What a server did that ends the connection. `code` is said to it, as RFC 6455 section 7.4 lists them."""

    def __init__(self, message: str, code: int = 1002) -> None:
        super().__init__(message)
        self.code = code


def upgrade(sock: DeadlineSocket, address: Address, key: Optional[str], protocol: str) -> bytes:
    """
    The opening handshake, until the socket's deadline.

    @return: what the server sent behind it
    @raise WebSocketError, OSError: when the server is none, or none of this protocol
    """
    nonce = base64.b64encode(os.urandom(16))
    lines = [
        f"GET {address.path or '/'} HTTP/1.1",
        f"Host: {address.authority}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {nonce.decode()}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {protocol}",
    ]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
    received = b""
    while b"\r\n\r\n" not in received:
        if len(received) > WS_HEAD_BYTES:
            raise WebSocketError("the answer to the upgrade is too long")
        piece = sock.recv(4_096)
        if not piece:
            raise WebSocketError("the server closed the connection during the upgrade")
        received += piece
    head, _, rest = received.partition(b"\r\n\r\n")
    _check_upgrade(head + b"\r\n", nonce, protocol)
    return rest


def _check_upgrade(head: bytes, nonce: bytes, protocol: str) -> None:
    status = _STATUS.match(head)
    if status is None:
        raise WebSocketError("the answer to the upgrade is not HTTP/1.1")
    if status.group(1) != b"101":
        raise WebSocketError(f"the upgrade was answered with status {status.group(1).decode()}")
    headers: dict[bytes, bytes] = {}
    for line in head.split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    accept = base64.b64encode(hashlib.sha1(nonce + _MAGIC, usedforsecurity=False).digest())
    tokens = [one.strip() for one in headers.get(b"connection", b"").lower().split(b",")]
    if headers.get(b"upgrade", b"").lower() != b"websocket" or b"upgrade" not in tokens:
        raise WebSocketError("the server did not upgrade the connection")
    if headers.get(b"sec-websocket-accept") != accept:
        raise WebSocketError("the server's Sec-WebSocket-Accept does not fit")
    if headers.get(b"sec-websocket-protocol") != protocol.encode():
        raise WebSocketError(f"the server does not speak {protocol}")
    if b"sec-websocket-extensions" in headers:
        raise WebSocketError("the server uses an extension that was not asked for", 1010)


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole frame, masked as a client's has to be."""
    size = len(payload)
    mask = os.urandom(4)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    return head + mask + masked(payload, mask)


def masked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    # One long number each: a hundred times as fast as byte by byte.
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


class FrameReader:
    """Bytes in, messages and control frames out. Holds at most one message and what one read brought."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._parts: list[bytes] = []
        self._size = 0
        self._is_open = False

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """
        @return: (TEXT | CLOSE | PING | PONG, payload) in their order
        @raise WebSocketError: at the first thing that a server must not send
        """
        self._buffer += data
        found: list[tuple[int, bytes]] = []
        while True:
            one = self._frame()
            if one is None:
                return found
            is_last, opcode, payload = one
            if opcode >= CLOSE:
                found.append((opcode, payload))
                continue
            self._parts.append(payload)
            if is_last:
                message = b"".join(self._parts)
                self._parts.clear()
                self._size = 0
                self._is_open = False
                found.append((TEXT, message))

    def _frame(self) -> Optional[tuple[bool, int, bytes]]:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        is_last, opcode, size = bool(first & 0x80), first & 0x0F, second & 0x7F
        self._check(first, second, is_last, opcode, size)
        start = 2
        if size == 126:
            start = 4
        elif size == 127:
            start = 10
        if len(buffer) < start:
            return None
        if start > 2:
            size = int.from_bytes(buffer[2:start], "big")
        if opcode < CLOSE:
            # Before a byte of it is kept. Empty fragments count too, or they would never end.
            if self._size + size > WS_MESSAGE_BYTES or len(self._parts) >= 1_024:
                raise WebSocketError("the server's message is too large", 1009)
        if len(buffer) < start + size:
            return None
        payload = bytes(buffer[start : start + size])
        del buffer[: start + size]
        if opcode < CLOSE:
            self._size += size
            self._is_open = True
        return is_last, opcode, payload

    def _check(self, first: int, second: int, is_last: bool, opcode: int, size: int) -> None:
        if first & 0x70:
            raise WebSocketError("the server set a bit that no extension gave a meaning")
        if second & 0x80:
            raise WebSocketError("the server masked a frame")
        if opcode >= CLOSE:
            if opcode not in (CLOSE, PING, PONG):
                raise WebSocketError("the server sent a frame of an unknown kind")
            if not is_last or size > 125:
                raise WebSocketError("the server sent a control frame in parts")
        elif opcode == BINARY:
            raise WebSocketError("the server sent binary data", 1003)
        elif opcode not in (CONTINUATION, TEXT):
            raise WebSocketError("the server sent a frame of an unknown kind")
        elif (opcode == CONTINUATION) != self._is_open:
            raise WebSocketError("the server's fragments are out of order")


class WebSocket:
    """An open connection. `sock.deadline` bounds every call."""

    def __init__(self, sock: DeadlineSocket, received: bytes) -> None:
        self.sock = sock
        self._reader = FrameReader()
        self._early = received
        self._is_closed = False

    def send(self, messages: list[bytes]) -> None:
        """Several messages in one write. @raise OSError: and then the connection is of no more use."""
        self.sock.sendall(b"".join(frame(TEXT, message) for message in messages))

    def receive(self, data: Optional[bytes] = None) -> list[str]:
        """
        The messages that `data` completes, or what comes next; pings are answered on the way.

        @raise OSError: when the server closed, broke the rules, or the deadline is over
        """
        if data is None:
            data, self._early = self._early or self.sock.recv(64 * 1024), b""
        if not data:
            raise WebSocketError("the server closed the connection", 1006)
        messages: list[str] = []
        pong: Optional[bytes] = None
        try:
            for opcode, payload in self._reader.feed(data):
                if opcode == TEXT:
                    messages.append(payload.decode())
                elif opcode == PING:
                    pong = payload
                elif opcode == CLOSE:
                    self._answer_close(payload)
        except UnicodeDecodeError:
            error = WebSocketError("the server's text is not UTF-8", 1007)
            self.close(error.code)
            raise error from None
        except WebSocketError as error:
            self.close(error.code)
            raise
        # Only the newest needs an answer (section 5.5.3), so a flood of pings costs one for each read.
        if pong is not None:
            self.sock.sendall(frame(PONG, pong))
        return messages

    def _answer_close(self, payload: bytes) -> None:
        code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
        raise WebSocketError(f"the server closed the connection with code {code}", 1000)

    def close(self, code: int = 1000) -> None:
        """Says farewell without waiting for an answer, and closes."""
        if not self._is_closed:
            self._is_closed = True
            try:
                self.sock.deadline = time.monotonic() + 0.1
                self.sock.sendall(frame(CLOSE, struct.pack("!H", code)))
            except OSError:
                pass
        self.sock.shut()

    def shut(self) -> None:
        """Closes without a word, as a forked child has to: the connection is the parent's."""
        self._is_closed = True
        self.sock.shut()
