"""What people should know of the logger itself: lines on standard error, few of them."""

import os
import select
import sys
from typing import Any

_told: set[str] = set()


def tell(text: str) -> None:
    """Writes each text once in a process, and never raises or waits: there may be no standard error, or no reader."""
    try:
        if text not in _told and len(_told) < 100:
            _told.add(text)
            _write(sys.stderr, f"neurallog: {text}\n")
    except Exception:
        pass


def _write(stream: Any, line: str) -> None:
    if stream is None or stream.closed:
        return
    try:
        number = stream.fileno()
    except (AttributeError, OSError, ValueError):
        # One that somebody put in its place, as tests do.
        stream.write(line)
        return
    # Past the stream's buffer: what cannot be written would stay in it and fail the program's end, and a thread that
    # waits inside it holds a lock that this end needs.
    if _takes(number):
        os.write(number, line.encode("utf-8", "backslashreplace"))


def _takes(number: int) -> bool:
    """Whether a line can be written now. Where a reader is gone, the write might end the program by SIGPIPE."""
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    poll.register(number, select.POLLOUT)
    return poll.poll(0) == [(number, select.POLLOUT)]
