import gc
import signal
import sys
import threading
import collections
import time
import unittest

from neurallog._record.record import Record
from neurallog._work import queue as _queue
from neurallog._work.queue import RecordQueue
from support import Case


def record(number, size=1):
    return Record(size, number, 3, "shop", str(number), None, None, None, None)


class Queue(Case):
    def queue(self, records=100, size=10_000):
        self.rings = 0

        def ring():
            self.rings += 1

        return RecordQueue(records, size, ring)

    def numbers(self, queue, most=1_000_000):
        return [one.timestamp_ns for one in queue.take(most, 1 << 60)]

    def test_gives_records_in_the_order_in_which_they_came(self):
        queue = self.queue()
        for number in range(10):
            queue.put(record(number))
        self.assertEqual(self.numbers(queue, 4), [0, 1, 2, 3])
        self.assertEqual(self.numbers(queue), [4, 5, 6, 7, 8, 9])

    def test_drops_the_oldest_beyond_its_count_and_counts_them(self):
        queue = self.queue(records=10)
        for number in range(25):
            queue.put(record(number))
        self.assertEqual((self.numbers(queue), queue.dropped), (list(range(15, 25)), 15))

    def test_drops_the_oldest_beyond_its_bytes_and_counts_them(self):
        queue = self.queue(size=10)
        for number in range(5):
            queue.put(record(number, 4))
        self.assertEqual((self.numbers(queue), queue.dropped), ([3, 4], 3))

    def test_a_record_larger_than_all_the_room_is_dropped(self):
        queue = self.queue(size=10)
        queue.put(record(0, 11))
        self.assertEqual((len(queue), queue.dropped, queue.state()), (0, 1, (0, 0)))

    def test_what_is_being_sent_takes_room_until_it_is_settled(self):
        queue = self.queue(records=10)
        for number in range(10):
            queue.put(record(number))
        self.assertEqual(len(queue.take(6, 1 << 60)), 6)
        for number in range(10, 20):
            queue.put(record(number))
        self.assertEqual((len(queue), queue.state()[0], queue.dropped), (4, 10, 10))
        queue.settle(6, 6)
        queue.put(record(20))
        self.assertEqual((len(queue), queue.dropped), (5, 10))

    def test_takes_no_more_bytes_than_asked_for_but_always_one_record(self):
        queue = self.queue()
        for number in range(3):
            queue.put(record(number, 10))
        self.assertEqual(len(queue.take(100, 5)), 1)
        self.assertEqual(len(queue.take(100, 25)), 2)
        self.assertEqual(queue.take(100, 25), [])

    def test_rings_once_when_enough_wait(self):
        queue = self.queue()
        queue.wake_at = 3
        for number in range(10):
            queue.put(record(number))
        self.assertEqual(self.rings, 1)

    def test_knows_when_what_came_before_a_mark_has_left(self):
        queue = self.queue()
        queue.put(record(0))
        mark = queue.mark()
        self.assertFalse(queue.is_past(mark))
        queue.put(record(1))
        queue.take(1, 1 << 60)
        self.assertFalse(queue.is_past(mark))
        queue.settle(1, 1)
        self.assertTrue(queue.is_past(mark))

    def test_a_record_that_another_thread_is_just_moving_has_not_left(self):
        queue = self.queue()
        is_moving, go_on = threading.Event(), threading.Event()

        class Slow(collections.deque):
            def append(self, one):
                is_moving.set()
                go_on.wait(30)
                super().append(one)

        queue._items = Slow()
        thread = threading.Thread(target=queue.put, args=(record(0),))
        thread.start()
        is_moving.wait(30)
        marks = []
        marker = threading.Thread(target=lambda: marks.append(queue.mark()))
        marker.start()
        time.sleep(0.05)
        go_on.set()
        marker.join()
        thread.join()
        self.assertEqual(marks, [1])
        self.assertFalse(queue.is_past(1))

    def test_loses_nothing_uncounted_when_many_threads_write_while_one_takes(self):
        queue = self.queue(records=1_000, size=1 << 40)
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        self.addCleanup(sys.setswitchinterval, before)
        each, writers = 3_000, 8
        found = []

        def write(writer):
            for number in range(each):
                queue.put(record(writer * each + number))

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) or len(queue):
            taken = queue.take(50, 1 << 60)
            found += [one.timestamp_ns for one in taken]
            queue.settle(len(taken), sum(one.size for one in taken))
        self.assertEqual(len(found) + queue.dropped, each * writers)
        self.assertEqual(len(set(found)), len(found))
        self.assertEqual(queue.state(), (0, 0))
        for writer in range(writers):
            own = [number for number in found if number // each == writer]
            self.assertEqual(own, sorted(own))

    def test_attack_a_signal_handler_that_logs_in_the_middle_of_a_put_neither_waits_nor_loses(self):
        queue = self.queue(records=1 << 20, size=1 << 40)
        handled = 0

        def handle(*_):
            nonlocal handled
            handled += 1
            queue.put(record(-handled))

        before = signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        try:
            count = 0
            while handled < 50 or count < 20_000:
                queue.put(record(count))
                count += 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        self.assertEqual(len(self.numbers(queue)), count + handled)
        self.assertEqual(queue.dropped, 0)

    def test_attack_a_finalizer_that_logs_during_a_put_neither_waits_nor_loses(self):
        queue = self.queue(records=1 << 20, size=1 << 40)
        # A list: the collector may run in any thread, where counting would not be atomic.
        finalized = []

        class Loud:
            def __del__(self):
                finalized.append(1)
                queue.put(record(-1))

        thresholds = gc.get_threshold()
        gc.set_threshold(1)
        self.addCleanup(gc.set_threshold, *thresholds)
        for number in range(2_000):
            ring = Loud()
            ring.itself = ring
            queue.put(record(number))
        del ring
        gc.collect()
        self.assertEqual(len(finalized), 2_000)
        self.assertEqual(len(self.numbers(queue)), 4_000)

    def test_attack_a_lock_that_is_never_let_go_of_ends_nothing(self):
        before = _queue.LOCK_SECONDS
        _queue.LOCK_SECONDS = 0.01
        self.addCleanup(setattr, _queue, "LOCK_SECONDS", before)
        queue = self.queue()
        # As Ctrl-C between taking the lock and the block that lets it go would leave it.
        queue._lock.acquire()
        queue.put(record(1))
        self.assertEqual(self.numbers(queue), [1])
        queue.put(record(2))
        self.assertEqual(self.numbers(queue), [2])

    def test_attack_an_inbox_that_nobody_empties_is_bounded(self):
        queue = self.queue()
        with queue._lock:
            for number in range(_queue.INBOX_RECORDS + 50):
                queue.put(record(number))
            self.assertEqual(len(queue), _queue.INBOX_RECORDS)
            self.assertEqual(queue.dropped, 50)


if __name__ == "__main__":
    unittest.main()
