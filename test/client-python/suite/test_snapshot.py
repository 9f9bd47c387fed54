import collections
import datetime
import decimal
import enum
import json
import math
import pathlib
import threading
import unittest
import uuid

from neurallog._limits import DEPTH, MEMBERS, TEXT_CHARS, VALUES
from neurallog._record.encode import Encoder
from neurallog._record.record import Record
from neurallog._record.redact import FieldTest
from neurallog._record.scrub import Scrubber
from neurallog._record.snapshot import Snapshot
from support import Case


def taken(value):
    """As it is sent, from the call's copy to what the thread makes of it."""
    copied = Snapshot(FieldTest()).members({"v": value})
    record = Record(1 << 20, 0, 3, "shop", "m", None, None, None, copied)
    return Encoder(Scrubber(None)).fields(record)["metadata"]["v"]


class Snapshots(Case):
    def test_a_change_after_the_call_changes_nothing_that_is_sent(self):
        service = self.service()
        logger = self.logger(service.url)
        inner, data, bound = ["a"], {"user": {"name": "ada"}}, {"tags": ["x"]}
        child = logger.bind(bound=bound)
        child.info("x", inner=inner, data=data)
        inner.append("b")
        data["user"]["name"] = "eve"
        bound["tags"].append("y")
        record = self.sent(service, 1)[0]
        self.assertEqual(record["metadata"], {"bound": {"tags": ["x"]}, "inner": ["a"], "user": {"name": "ada"}})

    def test_keeps_plain_values_as_they_are(self):
        value = {"s": "text", "i": 7, "f": 1.5, "b": True, "n": None, "l": [1, [2]], "o": {"k": "v"}}
        self.assertEqual(taken(value), value)

    def test_writes_other_values_as_people_would(self):
        class Colour(enum.Enum):
            RED = "red"

        class Size(enum.IntEnum):
            L = 3

        class Text(str):
            pass

        Point = collections.namedtuple("Point", "x y")
        identity = uuid.uuid4()
        cases = [
            (Colour.RED, "red"),
            (Size.L, 3),
            (Text("t"), "t"),
            (Point(1, 2), {"x": 1, "y": 2}),
            (datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc), "2026-01-02T03:04:05+00:00"),
            (datetime.date(2026, 1, 2), "2026-01-02"),
            (decimal.Decimal("1.10"), "1.10"),
            (pathlib.PurePosixPath("/a/b"), "/a/b"),
            (identity, str(identity)),
            (b"bytes \xff", "bytes \\xff"),
            (math.inf, "inf"),
            (math.nan, "nan"),
            (2**53, 2**53),
            (2**53 + 1, "9007199254740993"),
            (10**5000, "[integer of 16610 bits]"),
            ({1: "a", None: "b"}, {"1": "a", "None": "b"}),
            (collections.OrderedDict(a=1), {"a": 1}),
            (collections.deque([1]), [1]),
            (frozenset([1]), [1]),
        ]
        for given, expected in cases:
            self.assertEqual(taken(given), expected)
            json.dumps(taken(given), allow_nan=False)

    def test_an_exception_has_its_type_message_stack_and_cause(self):
        try:
            try:
                raise KeyError("inner")
            except KeyError as error:
                raise ValueError("outer") from error
        except ValueError as error:
            found = taken(error)
        self.assertEqual((found["type"], found["message"]), ("ValueError", "outer"))
        self.assertIn("KeyError: 'inner'", found["stack"])
        self.assertIn("test_snapshot.py", found["stack"])

    def test_attack_an_object_inside_itself_ends(self):
        loop = {"a": 1}
        loop["self"] = loop
        ring = []
        ring.append(ring)
        found = json.dumps(taken([loop, ring]))
        self.assertIn("[too deep]", found)
        self.assertLess(found.count('"self"'), DEPTH + 1)

    def test_attack_a_wide_and_deep_object_is_bounded(self):
        wide = {str(number): number for number in range(MEMBERS * 10)}
        for _ in range(20):
            wide = {str(number): wide for number in range(MEMBERS)}
        self.assertLess(len(json.dumps(taken(wide))), 40 * VALUES)

    def test_says_how_many_members_are_missing(self):
        self.assertEqual(taken(list(range(MEMBERS + 5)))[-1], "[and 5 more]")
        self.assertEqual(taken(dict.fromkeys(range(MEMBERS + 5)))["…"], "[and 5 more]")

    def test_attack_long_texts_are_cut(self):
        self.assertTrue(taken("x" * 10_000_000).endswith("…[cut]"))
        self.assertLessEqual(len(taken("x" * 10_000_000)), TEXT_CHARS)
        self.assertLess(len(json.dumps(taken(["x" * TEXT_CHARS] * 100))), 100_000)

    def test_attack_methods_that_raise_never_reach_the_application(self):
        class Bad:
            def __str__(self):
                raise RuntimeError("no")

            __repr__ = __str__

        class BadDict(dict):
            def items(self):
                raise RuntimeError("no")

        class BadList(list):
            def __iter__(self):
                raise KeyError("no")

        class Odd(str):
            def __len__(self):
                return -1

            def encode(self, *_):
                raise RuntimeError("no")

        class Meta(type):
            def __instancecheck__(cls, _):
                raise RuntimeError("no")

        class Property:
            @property
            def __class__(self):
                raise RuntimeError("no")

        service = self.service()
        logger = self.logger(service.url)
        logger.info(Bad(), a=Bad(), b=BadDict(x=1), c=BadList([1]), d=Odd("odd"), e=Property(), f={Bad(): 1})
        logger.info(Odd("message"), data=BadDict())
        logger.info("tags", tags=5)
        logger.info("tags", tags=[Bad(), "ok"], trace_id=Bad(), span_id=BadList())
        logger.info("after")
        until_after = self.sent(service, 4)
        self.assertEqual(until_after[-1]["message"], "after")
        self.assertEqual(until_after[0]["metadata"]["d"], "odd")
        self.assertEqual(until_after[1]["message"], "message")

    def test_attack_an_endless_mapping_is_read_so_far_and_no_further(self):
        class Endless(collections.abc.Mapping):
            def __getitem__(self, key):
                return key

            def __iter__(self):
                number = 0
                while True:
                    yield str(number)
                    number += 1

            def __len__(self):
                raise RuntimeError("no")

        self.assertEqual(len(taken(Endless())), MEMBERS + 1)

    def test_attack_another_thread_changes_what_is_read(self):
        shared = {number: number for number in range(50)}
        is_over = threading.Event()

        def change():
            number = 0
            while not is_over.is_set():
                shared[number % 100] = number
                shared.pop((number + 50) % 100, None)
                number += 1

        thread = threading.Thread(target=change)
        thread.start()
        try:
            for _ in range(200):
                self.assertIsInstance(taken(shared), dict)
        finally:
            is_over.set()
            thread.join()


class Lines(Case):
    def line(self, message="m", data=None, at=0):
        return Encoder(Scrubber(None)).line(Record(1 << 20, at, 3, "shop", message, None, None, None, data))

    def test_a_time_has_its_nanoseconds(self):
        at = 1_700_000_000_000_000_007
        self.assertEqual(json.loads(self.line(at=at))["timestamp"], "2023-11-14T22:13:20.000000007Z")

    def test_halves_of_surrogate_pairs_become_replacement_characters_and_pairs_stay(self):
        line = self.line("a\ud800b\ud83d\ude00", {"k\udfff": "\ud83d"})
        record = json.loads(line.decode("utf-8"))
        self.assertEqual(record["message"], "a\ufffdb\U0001f600")
        self.assertEqual(record["metadata"], {"k\ufffd": "\ufffd"})

    def test_line_breaks_stay_inside_their_record(self):
        self.assertEqual(self.line("a\nb\r\u2028c").count(b"\n"), 0)

    def test_attack_data_that_grows_in_json_stays_below_what_the_service_takes(self):
        data = Snapshot(FieldTest()).members({"a": ["\x00" * TEXT_CHARS] * 10})
        record = json.loads(self.line(data=data))
        self.assertIn("cut", record["metadata"])
        self.assertLessEqual(len(json.dumps(record["metadata"])), 64 * 1024)


if __name__ == "__main__":
    unittest.main()
