"""The one thread: takes records from the queue, sends them, tries again, follows levels."""

import os
import random
import threading
import time
from collections import deque
from typing import Any, Callable, Optional

from .._limits import (
    BACKOFF_MOST_SECONDS,
    BACKOFF_SECONDS,
    BATCH_BYTES,
    BATCH_RECORDS,
    BATCH_SECONDS,
    DOUBTFUL_TRIES,
    GROW_AFTER,
)
from .._send.delivery import Batch, Outcome, Transport
from .._send.follow import LevelFollower
from .._send.net import wait_readable
from .bell import Bell
from .queue import NEVER, RecordQueue
from .signals import without_broken_pipes


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


class _Flush:
    """A thread that waits until what came before has left."""

    __slots__ = ("event", "is_sent", "mark")

    def __init__(self) -> None:
        self.event = threading.Event()
        # Set by our thread, which sees what others are just putting in.
        self.mark: Optional[int] = None
        self.is_sent = False


class Worker:
    def __init__(
        self,
        queue: RecordQueue,
        bell: Bell,
        transport: Transport,
        follower: Optional[LevelFollower],
        counts: Counts,
        report: Callable[[int, int], None],
        tell: Callable[[str], None],
    ) -> None:
        self.counts = counts
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
        self._flushes: deque[_Flush] = deque()
        # Records of one request: fewer once a service found them too many, and how many it took since.
        self._most = BATCH_RECORDS
        self._taken_in_a_row = 0
        self._ending: Optional[float] = None
        self._ended = threading.Event()
        # Held by whoever does the work: our thread, or at the very end the one that ends the process.
        self.turn = threading.Lock()

    # From other threads

    def flush(self, seconds: float) -> bool:
        """True once what came before has left; False when the time is over, or the end gave it up."""
        flush = _Flush()
        self._flushes.append(flush)
        self._bell.ring()
        return flush.event.wait(seconds) and flush.is_sent

    def end(self, deadline: float) -> None:
        """Sends what there is until the deadline, closes, and ends the thread."""
        self._ending = deadline
        self._bell.ring()

    def join(self, seconds: float) -> bool:
        return self._ended.wait(max(0.0, seconds))

    # The thread

    def run(self) -> None:
        try:
            with self.turn, without_broken_pipes():
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
        if count >= self._most or self._is_urgent():
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
            queue.wake_at = 1 if self._first_at is None else self._most
            count = len(queue)
            if self._is_due(now):
                until = now
            elif count:
                queue.wake_at = self._most
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
        records = self._queue.take(self._most, BATCH_BYTES)
        if records:
            self._batches.append(self._batch(records))

    def _batch(self, records: Any) -> Batch:
        self._number += 1
        return Batch(records, f"{self._session}-{self._number}")

    def _send(self) -> None:
        batch = self._batches[0]
        before = batch.records
        # Never sent before, so that no answer is under way: halves would have other keys.
        if len(before) > self._most and batch.payload is None:
            self._take_apart(batch)
            return
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
            self._learn(len(before), outcome)
            self._tell_losses()
            return
        if len(left) < len(before):
            kept = {id(record) for record in left}
            self._settle([record for record in before if id(record) not in kept])
            # Another set of records is another batch, and something went through.
            batch = self._batches[0] = self._batch(left)
            self._tries = 0
        if outcome.is_too_large:
            self._most, self._taken_in_a_row = max(1, len(left) // 2), 0
        if outcome.is_too_large or self._is_stuck(batch, outcome):
            self._take_apart(batch)
            return
        self._failed(outcome.problem, outcome.wait)

    def _learn(self, count: int, outcome: Outcome) -> None:
        """How many records the service takes at once, where it once refused more."""
        if self._most >= BATCH_RECORDS:
            return
        if count == 1 and outcome.rejected:
            # It was not their number, but this one.
            self._most = BATCH_RECORDS
        elif outcome.accepted:
            self._taken_in_a_row += 1
            if self._taken_in_a_row >= GROW_AFTER:
                self._most, self._taken_in_a_row = min(BATCH_RECORDS, 2 * self._most), 0

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
        queue, flushes = self._queue, self._flushes
        while flushes:
            flush = flushes[0]
            if flush.mark is None:
                flush.mark = queue.mark()
            is_past = queue.is_past(flush.mark)
            if not is_past and not is_over:
                return
            flush.is_sent = is_past and self.counts.given_up == 0
            flushes.popleft()
            flush.event.set()
