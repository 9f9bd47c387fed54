"""
The queue between the application's threads and ours: bounded by count and bytes, dropping the oldest.

`put` never waits, and may be called again from within itself: by a signal handler, a finalizer that the garbage
collector runs, another thread. So records go into `_inbox` first, by one atomic append. Whoever gets the lock moves
them to where they are counted, and looks again after letting go of it: what came meanwhile is not left behind, and
who finds the lock taken can leave at once. `deque` is atomic with and without the interpreter lock.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from typing import Callable

from .._limits import INBOX_RECORDS, LOCK_SECONDS
from .._record.record import Record

# Beyond every count.
NEVER = 1 << 62


class RecordQueue:
    def __init__(self, max_records: int, max_bytes: int, wake: Callable[[], None]) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._wake = wake
        self._inbox: deque[Record] = deque()
        self._items: deque[Record] = deque()
        self._lock = threading.Lock()
        self._bytes = 0
        # Records and bytes that were taken and are not settled: they take room all the same.
        self._out = 0
        self._out_bytes = 0
        self._entered = 0
        self._dropped = 0
        # By thread: several that add to one number at once would lose each other's.
        self._spills: dict[int, int] = {}
        # How many must wait for the reader to be woken.
        self.wake_at = 1

    def put(self, record: Record) -> None:
        inbox = self._inbox
        inbox.append(record)
        lock = self._lock
        while inbox and lock.acquire(False):
            try:
                self._enter()
            finally:
                lock.release()
        if len(inbox) > INBOX_RECORDS:
            self._spill()
        if len(self._items) >= self.wake_at:
            self.wake_at = NEVER
            self._wake()

    def _spill(self) -> None:
        """Who holds the lock does not get to run: the inbox must not be where memory goes."""
        try:
            self._inbox.popleft()
        except IndexError:
            return
        thread = threading.get_ident()
        self._spills[thread] = self._spills.get(thread, 0) + 1

    def _enter(self) -> None:
        inbox, items = self._inbox, self._items
        while inbox:
            try:
                record = inbox.popleft()
            except IndexError:
                return
            items.append(record)
            self._bytes += record[0]
            self._entered += 1
            while items and (
                self._bytes + self._out_bytes > self._max_bytes or len(items) + self._out > self._max_records
            ):
                self._bytes -= items.popleft()[0]
                self._dropped += 1

    def take(self, most: int, most_bytes: int) -> list[Record]:
        """The oldest; at least one if there is one. They count until `settle`."""
        taken: list[Record] = []
        size = 0
        with self._hold():
            self._enter()
            items = self._items
            while items and len(taken) < most:
                size += items[0][0]
                if taken and size > most_bytes:
                    size -= items[0][0]
                    break
                taken.append(items.popleft())
            self._bytes -= size
            if not items:
                # Whatever an exception in the middle of `put` (Ctrl-C) left wrong ends here.
                self._bytes = 0
            self._out += len(taken)
            self._out_bytes += size
        return taken

    def settle(self, records: int, size: int) -> None:
        """What was taken needs no room any more: it was sent, or given up."""
        with self._hold():
            self._out = max(0, self._out - records)
            self._out_bytes = max(0, self._out_bytes - size)

    @contextlib.contextmanager
    def _hold(self) -> Iterator[None]:
        lock = self._lock
        # Held for microseconds. Ctrl-C between taking it and using it would keep it for ever: then there is a new one.
        if not lock.acquire(timeout=LOCK_SECONDS):
            lock = self._lock = threading.Lock()
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def __len__(self) -> int:
        return len(self._items) + len(self._inbox)

    @property
    def dropped(self) -> int:
        # Copied at once, as another thread may add its own meanwhile.
        return self._dropped + sum(list(self._spills.values()))

    def state(self) -> tuple[int, int]:
        """Records and bytes that wait, those that were taken and are not settled included."""
        return len(self) + self._out, self._bytes + self._out_bytes

    def mark(self) -> int:
        """A number that all have that came so far: none is overlooked, also if a thread is just moving it."""
        with self._hold():
            self._enter()
            return self._entered

    def is_past(self, mark: int) -> bool:
        """Whether all that had come at `mark` have left. Asked by whoever takes, so that none leaves meanwhile."""
        return self._out == 0 and self._entered - len(self._items) >= mark
