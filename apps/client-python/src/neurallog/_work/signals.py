"""Signals that our writing may raise."""

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def without_broken_pipes() -> Iterator[None]:
    """Keeps SIGPIPE, which TLS may raise, from this thread: a program may have set it back to what ends programs."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
    try:
        yield
    finally:
        # One that came while it was kept away would be delivered now.
        while signal.SIGPIPE not in before and hasattr(signal, "sigtimedwait"):
            if signal.sigtimedwait({signal.SIGPIPE}, 0) is None:
                break
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
