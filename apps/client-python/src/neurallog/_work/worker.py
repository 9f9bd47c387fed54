"""The one thread: takes records from the queue, sends them, tries again, follows levels."""

import contextlib
import os
import random
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, Callable, Optional

from .._limits import (
    BACKOFF_MOST_SECONDS,
    BACKOFF_SECONDS,
    BATCH_BYTES,
    BATCH_RECORDS,
    BATCH_SECONDS,
    DOUBTFUL_TRIES,
)
from .._send.delivery import Batch, Outcome, Transport
from .._send.follow import LevelFollower
from .._send.net import NO_SIGNAL, wait_readable
from .queue import NEVER, RecordQueue


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


@contextlib.contextmanager
def _without_broken_pipes() -> Iterator[None]:
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


class Counts:
    """What became of records; only the worker writes."""

    __slots__ = ("failures", "given_up", "problem", "rejected", "sent")

    def __init__(self) -> None:
        self.sent = 0
        self.rejected = 0
        # What was left when the time for the end was over.
        self.given_up = 0
        # Tries that failed as a whole.
        self.failures = 0
        self.problem: Optional[str] = None


class Worker:
    def __init__(
        self,
        queue: RecordQueue,
        bell: Bell,
        transport: Transport,
        follower: Optional[LevelFollower],
        report: Callable[[int, int], None],
        tell: Callable[[str], None],
    ) -> None:
        self.counts = Counts()
        # False where none could be started.
        self.has_thread = True
        self._queue = queue
        self._bell = bell
        self._transport = transport
        self._follower = follower
        # Called with (dropped, rejected) since the last time, once the way is free.
        self._report = report
        # Called with what people should know.
        self._tell = tell
        self._batches: deque[Batch] = deque()
        self._session = os.urandom(12).hex()
        self._number = 0
        self._first_at: Optional[float] = None
        self._tries = 0
        self._not_before = 0.0
        # Until when the server itself asked to be left alone.
        self._asked_until = 0.0
        self._is_last_try = False
        self._reported = (0, 0)
        # Flushes that wait: until what mark, and how they are told.
        self._flushes: deque[tuple[int, threading.Event]] = deque()
        self._ending: Optional[float] = None
        self._ended = threading.Event()
        # Held by whoever does the work: our thread, or at the very end the one that ends the process.
        self.turn = threading.Lock()

    # From other threads

    def flush(self, event: threading.Event) -> None:
        self._flushes.append((self._queue.entered(), event))
        self._bell.ring()

    def end(self, deadline: float) -> None:
        """Sends what there is until the deadline, closes, and ends the thread."""
        self._ending = deadline
        self._bell.ring()

    def join(self, seconds: float) -> bool:
        return self._ended.wait(max(0.0, seconds))

    # The thread

    def run(self) -> None:
        try:
            with self.turn, _without_broken_pipes():
                while not self._is_over():
                    try:
                        self._step()
                    except Exception as error:
                        # A defect of ours must neither end logging nor spin.
                        self._failed(f"defect: {type(error).__name__}: {str(error)[:200]}", None)
        finally:
            self._close()

    def run_here(self, deadline: float) -> None:
        """The same in the calling thread, where no thread can be started any more."""
        self._ending = deadline
        if self.turn.acquire(timeout=max(0.0, deadline - time.monotonic())):
            self.turn.release()
            self.run()

    def _is_over(self) -> bool:
        ending = self._ending
        if ending is None:
            return False
        is_empty = not self._batches and not len(self._queue)
        return is_empty or time.monotonic() >= ending

    def _close(self) -> None:
        for batch in self._batches:
            self.counts.given_up += len(batch.records)
            self._settle(batch.records)
        self._batches.clear()
        while True:
            records = self._queue.take(BATCH_RECORDS, BATCH_BYTES)
            if not records:
                break
            self.counts.given_up += len(records)
            self._settle(records)
        self._tell_flushes(is_over=True)
        self._transport.end()
        if self._follower is not None:
            self._follower.shut()
        self._bell.close()
        self._ended.set()

    def _step(self) -> None:
        self._wait()
        self._tell_flushes()
        now = time.monotonic()
        if self._ending is not None and not self._is_last_try:
            # One more try at the end, unless the server asked to be left alone.
            self._is_last_try = True
            self._not_before = self._asked_until
        if now < self._not_before:
            return
        if not self._batches and self._is_due(now):
            self._take()
        if self._batches:
            self._send()
            self._tell_flushes()
        follower = self._follower
        if follower is not None and self._tries == 0 and not self._is_urgent():
            if time.monotonic() >= follower.due_at():
                follower.attend()

    def _is_urgent(self) -> bool:
        return bool(self._flushes) or self._ending is not None

    def _is_due(self, now: float) -> bool:
        count = len(self._queue)
        if count == 0:
            self._first_at = None
            return False
        if count >= BATCH_RECORDS or self._is_urgent():
            return True
        if self._first_at is None:
            self._first_at = now
        return now >= self._first_at + BATCH_SECONDS

    def _wait(self) -> None:
        """Until something is to be done; sockets that have something to read are attended to."""
        queue, follower = self._queue, self._follower
        now = time.monotonic()
        until: Optional[float] = None
        if now < self._not_before:
            queue.wake_at = NEVER
            until = self._not_before
        elif self._batches:
            until = now
        else:
            # First the mark, then the look: a record between the two rings.
            queue.wake_at = 1 if self._first_at is None else BATCH_RECORDS
            count = len(queue)
            if self._is_due(now):
                until = now
            elif count:
                queue.wake_at = BATCH_RECORDS
                until = (self._first_at or now) + BATCH_SECONDS
        if self._ending is not None:
            until = self._ending if until is None else min(until, self._ending)
        elif follower is not None and self._tries == 0 and not self._batches:
            due = follower.due_at()
            until = due if until is None else min(until, due)
        sockets: list[Any] = [self._bell, *self._transport.readable()]
        if follower is not None:
            sockets += follower.readable()
        ready = [one for one in sockets if one.has_pending()]
        seconds = None if until is None else max(0.0, until - time.monotonic())
        ready += wait_readable(sockets, 0 if ready else seconds)
        if self._bell in ready:
            self._bell.hush()
        if any(one in ready for one in self._transport.readable()):
            self._transport.attend()
        if follower is not None and any(one in ready for one in follower.readable()):
            follower.attend()

    def _take(self) -> None:
        self._first_at = None
        records = self._queue.take(BATCH_RECORDS, BATCH_BYTES)
        if records:
            self._batches.append(self._batch(records))

    def _batch(self, records: Any) -> Batch:
        self._number += 1
        return Batch(records, f"{self._session}-{self._number}")

    def _send(self) -> None:
        batch = self._batches[0]
        before = batch.records
        outcome = self._try(batch)
        counts = self.counts
        counts.sent += outcome.accepted
        counts.rejected += outcome.rejected
        if outcome.problem is not None:
            counts.problem = outcome.problem
            self._tell(f"records {'wait' if outcome.left else 'were refused'}: {outcome.problem}")
        left = list(outcome.left)
        if not left:
            self._settle(before)
            self._batches.popleft()
            self._tries = 0
            self._not_before = 0.0
            self._tell_losses()
            return
        if len(left) < len(before):
            kept = {id(record) for record in left}
            self._settle([record for record in before if id(record) not in kept])
            # Another set of records is another batch, and something went through.
            batch = self._batches[0] = self._batch(left)
            self._tries = 0
        if outcome.is_too_large or self._is_stuck(batch, outcome):
            self._take_apart(batch)
            return
        self._failed(outcome.problem, outcome.wait)

    def _try(self, batch: Batch) -> Outcome:
        try:
            return self._transport.send(batch)
        except Exception as error:
            # A defect of ours: maybe of one record, which must not stop the others.
            self._transport.shut()
            problem = f"defect: {type(error).__name__}: {str(error)[:200]}"
            return Outcome(left=batch.records, problem=problem, is_doubtful=True)

    def _is_stuck(self, batch: Batch, outcome: Outcome) -> bool:
        if not outcome.is_doubtful:
            return False
        batch.tries += 1
        return batch.tries >= DOUBTFUL_TRIES

    def _take_apart(self, batch: Batch) -> None:
        self._batches.popleft()
        records = batch.records
        if len(records) == 1:
            self.counts.rejected += 1
            self._settle(records)
            return
        half = len(records) // 2
        for part in (records[half:], records[:half]):
            smaller = self._batch(part)
            # What already failed often is taken apart quickly.
            smaller.tries = max(0, batch.tries - 2)
            self._batches.appendleft(smaller)

    def _settle(self, records: Any) -> None:
        self._queue.settle(len(records), sum(record[0] for record in records))

    def _failed(self, problem: Optional[str], wait: Optional[float]) -> None:
        counts = self.counts
        counts.failures += 1
        counts.problem = problem or counts.problem
        self._tries += 1
        seconds = min(BACKOFF_MOST_SECONDS, BACKOFF_SECONDS * 2 ** min(self._tries - 1, 16))
        # By chance, so that programs that were refused together do not come back together.
        seconds *= random.uniform(0.5, 1.0)
        now = time.monotonic()
        self._asked_until = now + (wait or 0.0)
        self._not_before = max(now + seconds, self._asked_until)

    def _tell_losses(self) -> None:
        now = (self._queue.dropped, self.counts.rejected)
        before = self._reported
        if now == before:
            return
        self._reported = now
        self._report(now[0] - before[0], now[1] - before[1])

    def _tell_flushes(self, is_over: bool = False) -> None:
        flushes = self._flushes
        while flushes:
            # Looked at in this order: what was written before a flush is in the queue before the flush is here.
            mark, event = flushes[0]
            is_empty = not self._batches and not len(self._queue)
            if not (is_over or is_empty or self._queue.is_past(mark)):
                return
            flushes.popleft()
            event.set()
