"""What happens to all pipelines when the process forks or ends."""

import atexit
import os
import sys
import time
import weakref
from typing import TYPE_CHECKING, Any

from .._limits import FLUSH_SECONDS

if TYPE_CHECKING:
    from .pipeline import Pipeline

_pipelines: "dict[int, weakref.ReferenceType[Pipeline]]" = {}
_watched_pid = 0


def remember(pipeline: "Pipeline") -> None:
    number = id(pipeline)

    def forget(_: Any) -> None:
        _pipelines.pop(number, None)

    _pipelines[number] = weakref.ref(pipeline, forget)


def _living() -> "list[Pipeline]":
    found = (reference() for reference in list(_pipelines.values()))
    return [pipeline for pipeline in found if pipeline is not None]


def end_all() -> None:
    _end(_living(), time.monotonic() + FLUSH_SECONDS)


def _end(pipelines: "list[Pipeline]", deadline: float) -> None:
    """One second for all of them together, as a person waits for the end of the process."""
    try:
        for pipeline in pipelines:
            pipeline.end(deadline)
        for pipeline in pipelines:
            pipeline.join(deadline)
    except Exception:
        # At the very end anything may be gone already.
        pass


def _at_exit() -> None:
    deadline = time.monotonic() + FLUSH_SECONDS
    open_ones = [pipeline for pipeline in _living() if not pipeline.is_closed]
    _end(_living(), deadline)
    for pipeline in open_ones:
        try:
            pipeline.linger(deadline)
        except Exception:
            continue


def _after_fork() -> None:
    for pipeline in _living():
        try:
            pipeline.after_fork()
        except Exception:
            continue


def watch_multiprocessing() -> None:
    """
    A child that multiprocessing forked ends without `atexit`, but runs its own finalizers. They are cleared when it
    begins, so they can only be set once its work has begun.
    """
    global _watched_pid
    util: Any = sys.modules.get("multiprocessing.util")
    process: Any = sys.modules.get("multiprocessing.process")
    if util is None or process is None or _watched_pid == os.getpid():
        return
    try:
        if process.parent_process() is not None:
            util.Finalize(None, end_all, exitpriority=0)
            _watched_pid = os.getpid()
    except Exception:
        pass


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
