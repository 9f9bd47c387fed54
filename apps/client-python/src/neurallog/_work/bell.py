"""What wakes our thread while it waits for sockets."""

import socket

from .._send.net import NO_SIGNAL


class Bell:
    """Wakes a thread that waits for sockets."""

    def __init__(self) -> None:
        self._in, self._out = socket.socketpair()
        self._in.setblocking(False)
        self._out.setblocking(False)

    def ring(self) -> None:
        try:
            self._out.send(b"\0", NO_SIGNAL)
        except (OSError, ValueError):
            # Full: it rings already. Closed: nobody listens any more.
            pass

    def fileno(self) -> int:
        return self._in.fileno()

    def has_pending(self) -> bool:
        return False

    def hush(self) -> None:
        try:
            self._in.recv(4_096)
        except (OSError, ValueError):
            pass

    def close(self) -> None:
        self._in.close()
        self._out.close()
