"""What a logger and its children share: one queue, one thread, one connection."""

import sys
import threading
import time
import weakref
from typing import Callable, Optional

from .._limits import FLUSH_SECONDS, RECORD_BYTES
from .._record.levels import OFF, UNKNOWN, WARN, Gate, ServiceLevels
from .._record.record import Record
from .._send.delivery import Transport
from .._send.follow import LevelFollower
from .bell import Bell
from .process import remember, watch_multiprocessing
from .queue import RecordQueue
from .tell import tell
from .worker import Counts, Worker

MakeTransport = Callable[[], Transport]
MakeFollower = Callable[[Callable[[ServiceLevels], None]], Optional[LevelFollower]]


def _silence(_: str) -> None:
    pass


def _start_thread(worker: Worker) -> bool:
    thread = threading.Thread(target=worker.run, name="neurallog", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        # The interpreter ends, or the system has no more threads: `end` sends in its own.
        return False
    return True


class Pipeline:
    """
    Starts its thread with the first call of a logger, so that a process that only forks others has none.
    `make_transport` and `make_follower` are called once in each process.
    """

    def __init__(
        self,
        component: str,
        level: int,
        limits: tuple[int, int],
        make_transport: MakeTransport,
        make_follower: MakeFollower,
        is_quiet: bool,
    ) -> None:
        self._component = component
        self._level = level
        self._limits = limits
        self._make_transport = make_transport
        self._make_follower = make_follower
        self._tell = _silence if is_quiet else tell
        self._gates: weakref.WeakValueDictionary[str, Gate] = weakref.WeakValueDictionary()
        self._is_closed = False
        # At the end of the process: until when, and in which thread, calls send what they write themselves.
        self.is_late = False
        self._late_until = 0.0
        self._late_thread = 0
        self._begin()
        remember(self)

    def _begin(self) -> None:
        self.queue = RecordQueue(self._limits[0], self._limits[1], self._ring)
        self.worker: Optional[Worker] = None
        self._counts = Counts()
        self._bell: Optional[Bell] = None
        self._transport: Optional[Transport] = None
        self._follower: Optional[LevelFollower] = None
        self._starting = threading.Lock()
        # Held for some assignments; entered again by a signal handler that logs in the middle of them.
        self._levels_lock = threading.RLock()
        self._service_levels = ServiceLevels()
        # Calls whose record could not be made: a defect of ours, counted and never raised.
        self.failed_calls = 0

    # Levels

    def gate(self, component: str) -> Gate:
        """The gate of a component: the same one for all its loggers."""
        found = self._gates.get(component)
        if found is None:
            found = self._gates.setdefault(component, Gate(component))
        return found

    def open(self, gate: Gate) -> None:
        """The first call of a component in this process: from now on its level is known."""
        if self._is_closed:
            gate.set(OFF)
            return
        self._start()
        with self._levels_lock:
            gate.set(self._level_of(gate.component))

    def _level_of(self, component: str) -> int:
        if self._is_closed:
            return OFF
        set_level = self._service_levels.level_for(component)
        return self._level if set_level is None else set_level

    def set_level(self, level: int) -> None:
        self._level = level
        self._open_gates()

    def _take_levels(self, levels: ServiceLevels) -> None:
        self._service_levels = levels
        self._open_gates()

    def _open_gates(self) -> None:
        with self._levels_lock:
            for gate in list(self._gates.values()):
                if gate.level != UNKNOWN or self._is_closed:
                    gate.set(self._level_of(gate.component))

    def _close_gates(self) -> None:
        """From now on the first call of each component opens its gate anew."""
        with self._levels_lock:
            for gate in list(self._gates.values()):
                gate.set(OFF if self._is_closed else UNKNOWN)

    def level(self, component: str) -> int:
        """The level in force, which an unopened gate does not know."""
        return self._level_of(component)

    # The thread

    def _ring(self) -> None:
        bell = self._bell
        if bell is not None:
            bell.ring()

    def _start(self) -> None:
        # Whoever comes second, by another thread or from within, goes on: the thread will find its record.
        if self.worker is not None or not self._starting.acquire(False):
            return
        try:
            if self.worker is not None:
                return
            transport = self._transport = self._make_transport()
            follower = self._follower = None if self.is_late else self._make_follower(self._take_levels)
            bell = self._bell = Bell()
            worker = Worker(self.queue, bell, transport, follower, self._counts, self._tell_losses, self._tell)
            worker.has_thread = not self.is_late and _start_thread(worker)
            self.worker = worker
            watch_multiprocessing()
        finally:
            self._starting.release()

    def _tell_losses(self, dropped: int, rejected: int) -> None:
        """Says in the log itself that records are missing."""
        message = f"{dropped} log records dropped, {rejected} rejected before this one"
        data = {"neurallog": {"dropped": dropped, "rejected": rejected}}
        now = time.time_ns()
        self.queue.put(Record(RECORD_BYTES, now, WARN, self._component, message, None, None, None, data))

    # The end

    def flush(self, seconds: float) -> bool:
        """Waits until what was written before is sent, or given up; False if the time was over first."""
        worker = self.worker
        if worker is None or not worker.has_thread:
            return self.queue.state()[0] == 0
        if self._is_closed:
            return worker.join(max(0.0, seconds)) and self._is_all_sent()
        return worker.flush(seconds)

    def _is_all_sent(self) -> bool:
        return self.queue.state()[0] == 0 and self.counts().given_up == 0

    def end(self, deadline: float) -> None:
        """Takes no more records, and sends what there is until the deadline, without waiting for it."""
        self._is_closed = True
        self._open_gates()
        worker = self.worker
        if worker is not None and worker.has_thread:
            worker.end(deadline)

    def join(self, deadline: float) -> bool:
        """Waits for `end`; does its work here if there is no thread. True if nothing is left."""
        worker = self.worker
        if worker is not None:
            if not worker.has_thread:
                worker.run_here(deadline)
            if not worker.join(deadline - time.monotonic()):
                return False
        return self._is_all_sent()

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def linger(self, deadline: float) -> None:
        """After `end` and `join` at the end of the process: handlers that were registered before ours still run."""
        worker = self.worker
        if worker is not None and not worker.join(0):
            return
        self.worker = None
        self._late_until, self._late_thread, self.is_late = deadline, threading.get_ident(), True
        self._is_closed = False
        self._close_gates()

    def send_late(self) -> None:
        """Sends what waits in the calling thread, while there is time."""
        if threading.get_ident() != self._late_thread or sys.is_finalizing():
            return
        self._start()
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.run_here(self._late_until)

    def abandon(self) -> None:
        """Its last logger is gone: what waits is still sent, and nobody waits for it."""
        self.end(time.monotonic() + 10 * FLUSH_SECONDS)

    def counts(self) -> Counts:
        return self._counts

    def is_connected(self) -> bool:
        transport = self._transport
        return transport is not None and transport.is_connected()

    def after_fork(self) -> None:
        """In the child: nothing of what the parent has is ours, and none of its threads is here."""
        bell, transport, follower = self._bell, self._transport, self._follower
        self._begin()
        if transport is not None:
            transport.shut()
        if follower is not None:
            follower.shut()
        if bell is not None:
            bell.close()
        self._close_gates()
