import argparse
import collections
import contextlib
import dataclasses
import email.message
import enum
import json
import logging
import os
import re
import sqlite3
import subprocess
import types
import typing
import unittest
import urllib.parse

import neurallog
from neurallog._limits import CONTEXT_CHARS, MESSAGE_CHARS, TEXT_CHARS
from neurallog._record.redact import REDACTED, FieldTest
from neurallog._record.scrub import Scrubber
from neurallog._record.snapshot import Snapshot
from support import Case

# What all clients share; the package has its names as a generated module.
SHARED = os.path.join(os.path.dirname(__file__), "../../../apps/client/redaction.json")
with open(SHARED, encoding="utf-8") as file:
    VECTORS = json.load(file)["vectors"]


def clean(text):
    return Scrubber(FieldTest().is_secret).clean(text)


class Shared(Case):
    """The vectors that every client is held to."""

    def test_names_of_secrets_are_taken_for_such_and_others_are_not(self):
        is_secret = FieldTest().is_secret
        self.assertEqual([name for name in VECTORS["secret_names"] if not is_secret(name)], [])
        self.assertEqual([name for name in VECTORS["open_names"] if is_secret(name)], [])
        # Once more, as verdicts are remembered.
        self.assertEqual([name for name in VECTORS["open_names"] if is_secret(name)], [])

    def test_texts_are_sent_without_secrets_and_stay_so(self):
        for text, expected in (*VECTORS["texts"], *VECTORS["pairs_in_texts"]):
            with self.subTest(text):
                self.assertEqual(clean(text), expected)
                self.assertEqual(clean(expected), expected)

    def test_values_are_sent_without_secrets_whole_and_inside_of_others(self):
        service = self.service()
        logger = self.logger(service.url)
        for value, expected in VECTORS["values"]:
            with self.subTest(value):
                logger.bind(**value).info("x", deep=[value])
                logger.info("x", data=value)
                bound, plain = self.sent(service, 2)[-2:]
                self.assertEqual(bound["metadata"], {**expected, "deep": [expected]})
                self.assertEqual(plain["metadata"], expected)
                service.records.clear()

    def test_texts_are_clean_as_message_field_and_tag(self):
        service = self.service()
        logger = self.logger(service.url)
        for text, expected in VECTORS["texts"]:
            with self.subTest(text):
                logger.info(text, text=text, list=[text], tags=[text])
                record = self.sent(service, 1)[0]
                self.assertEqual(record["message"], expected)
                self.assertEqual(record["metadata"], {"text": expected, "list": [expected]})
                self.assertEqual(record["tags"], [expected])
                service.records.clear()


class Leaks(Case):
    """Secrets that stand in the texts of objects."""

    def data(self, **fields):
        service = self.service()
        self.logger(service.url).info("x", **fields)
        record = self.sent(service, 1)[0]
        self.assertNotIn("hunter", str(record))
        return record["metadata"]

    def test_objects_that_are_what_was_put_into_them_are_sent_by_their_fields(self):
        message = email.message.Message()
        message["Authorization"], message["Accept"] = "Bearer hunter2", "text/plain"
        fields = {"user": "ada", "password": "hunter2"}

        class Headers:
            def keys(self):
                return ["Cookie", "Accept"]

            def __getitem__(self, name):
                return {"Cookie": "hunter=2", "Accept": "*/*"}[name]

            def items(self):
                return [(name, self[name]) for name in self.keys()]

        Login = collections.namedtuple("Login", "user password")
        Typed = typing.NamedTuple("Typed", [("user", str), ("password", str)])
        Made = dataclasses.make_dataclass("Made", ["user", "password"])
        Hidden = dataclasses.make_dataclass("Hidden", ["user", ("pin", str, dataclasses.field(repr=False))])
        Model = type("Model", (), {"model_fields": {"user": None, "password": None}, **fields})
        Older = type("Older", (), {"__fields__": {"user": None, "password": None}, **fields})
        Struct = type("Struct", (), {"__struct_fields__": ("user", "password"), **fields})
        expected = {"user": "ada", "password": REDACTED}
        cases = [
            (argparse.Namespace(**fields), expected),
            (types.SimpleNamespace(**fields), expected),
            (Login(**fields), expected),
            (Typed(**fields), expected),
            (Made(**fields), expected),
            (Hidden("ada", "hunter2"), {"user": "ada"}),
            (Model(), expected),
            (Older(), expected),
            (Struct(), expected),
            (message, {"Authorization": REDACTED, "Accept": "text/plain"}),
            (Headers(), {"Cookie": REDACTED, "Accept": "*/*"}),
            (types.MappingProxyType(fields), expected),
            (collections.UserDict(fields), expected),
            (collections.UserList([fields]), [expected]),
            (fields.items(), [["user", "ada"], ["password", REDACTED]]),
        ]
        for value, wanted in cases:
            with self.subTest(type(value).__name__):
                self.assertEqual(self.data(value=value, values=[value]), {"value": wanted, "values": [wanted]})

    def test_texts_of_objects_show_no_secret(self):
        class Client:
            def __repr__(self):
                return "Client(url='https://ada:hunter2@h', token='hunter2', api_key=Secret(value='hunter2', n=1), n=2)"

        class Kind(enum.Enum):
            BASIC = {"password": "hunter2"}

        for value in (
            Client(),
            Kind.BASIC,
            repr({"password": b"hunter2"}),
            repr([("Authorization", "hunter2")]),
            "password=Secret('hunter2') x",
            "token=<Token 'hunter2'> x",
            "password=('hunter1', 'hunter2') x",
            "user%5Bpassword%5D=hunter2&a=1",
            "user[password]=hunter2",
            "os.environ['DB_PASSWORD'] = 'hunter2'",
        ):
            with self.subTest(str(value)):
                self.data(a=value, b=[value])

    def test_exceptions_show_no_secret_in_message_arguments_stack_and_cause(self):
        service = self.service()
        logger = self.logger(service.url)
        try:
            try:
                raise KeyError({"password": "hunter2"})
            except KeyError as error:
                raise ValueError("Authorization", "hunter2 and more") from error
        except ValueError:
            logger.exception("failed")
            log = logging.Logger("app")
            log.addHandler(neurallog.Handler(logger))
            log.exception("failed with %s", {"password": "hunter2"}, stack_info=True)
            log.info("%s %s", ("password", "hunter2"))
        for record in self.sent(service, 3):
            # The stack also shows the source's own lines, as they are written here.
            self.assertNotIn("hunter2", str(record))

    def test_rows_are_sent_by_their_columns_and_addresses_as_their_text(self):
        with contextlib.closing(sqlite3.connect(":memory:")) as database:
            database.row_factory = sqlite3.Row
            row = database.execute("select 'hunter2' as password, 1 as a").fetchone()
        self.assertEqual(self.data(v=row)["v"], {"password": REDACTED, "a": 1})
        address = urllib.parse.urlsplit("https://ada:hunter2@h/p?token=hunter2")
        self.assertEqual(self.data(v=address)["v"], f"https://ada:{REDACTED}@h/p?token={REDACTED}")

    def test_options_of_commands_are_found_in_texts(self):
        error = subprocess.CalledProcessError(1, ["mysql", "--password", "hunter2", "-u", "ada"])
        message = self.data(error=error)["error"]["message"]
        self.assertIn(f"'--password', '{REDACTED}', '-u', 'ada'", message)
        for text, wanted in (
            ("run --db-password hunter2 --port 1", f"run --db-password {REDACTED} --port 1"),
            ("run --token 'hunter2 x' -v", f"run --token {REDACTED} -v"),
            ("run --password --port 1", "run --password --port 1"),
            ("run --tokens 5 --max-tokens 7", "run --tokens 5 --max-tokens 7"),
            ("password --", "password --"),
        ):
            self.assertEqual((clean(text), clean(wanted)), (wanted, wanted))

    def test_a_field_that_cannot_be_read_costs_no_other(self):
        class Model:
            model_fields: typing.ClassVar = {"a": None, "b": None}
            b = 1

            @property
            def a(self):
                raise RuntimeError("no")

        self.assertEqual(self.data(value=Model()), {"value": {"a": "[that cannot be read: RuntimeError]", "b": 1}})

    def test_attack_an_object_with_fields_without_end(self):
        endless = types.SimpleNamespace(**{f"n{number}": [0] * 50 for number in range(100_000)})
        found = Snapshot(FieldTest()).members({"v": endless})
        self.assertLess(len(json.dumps(found)), 20_000)


class Cuts(Case):
    """What is too long is cleaned first and then cut."""

    def record(self, message="x", **fields):
        options = fields.pop("options", {})
        service = self.service()
        self.logger(service.url, **options).info(message, **fields)
        return self.sent(service, 1)[0]

    def test_attack_a_secret_that_stands_across_the_cut(self):
        options = {"redact_patterns": ["SECRET[a-z]{40}"]}
        pattern, member, address = ("SECRET" + "a" * 40, '{"password": "SECRET' + "b" * 99 + '"}', "://u:SECRET@h")
        for most, make in (
            (MESSAGE_CHARS, lambda text: self.record(text, options=options)["message"]),
            (TEXT_CHARS, lambda text: self.record(text=text, options=options)["metadata"]["text"]),
            (256, lambda text: self.record(tags=[text], options=options)["tags"][0]),
        ):
            for secret in (pattern, member, address):
                for back in (1, 10, len(secret) - 1):
                    found = make("x" * (most - back) + secret + "y" * 10_000)
                    self.assertNotIn("SECRET", found)
                    self.assertLessEqual(len(found), most)

    def test_attack_a_secret_that_stands_across_the_end_of_what_is_looked_at(self):
        # Many secrets before it make the cleaned text so short that the end would be seen.
        text = ("password=" + "p" * 60 + " ") * 2_000
        text = text[: TEXT_CHARS + CONTEXT_CHARS - 12] + " ://u:SECRET" + "y" * 100 + "@h"
        found = self.record(text=text)["metadata"]["text"]
        self.assertNotIn("SECRET", found)
        self.assertIn("password=[REDACTED]", found)

    def test_attack_a_secret_at_the_front_of_a_long_stack(self):
        error = ValueError("x" * 100 + "SECRET" + "a" * 40 + "y" * (TEXT_CHARS - 30))
        data = self.record(error=error, options={"redact_patterns": ["SECRET[a-z]{40}"]})["metadata"]["error"]
        self.assertNotIn("aaaa", data["stack"])
        self.assertLessEqual(len(data["stack"]), TEXT_CHARS)

    def test_attack_a_thousand_long_texts_take_no_more_than_their_record_s_room(self):
        service = self.service()
        logger = self.logger(service.url)
        logger.info("x", texts=[["y" * 100_000] * 100] * 9)
        self.assertLess(logger.stats()["queued_bytes"], 1 << 20)
        self.assertLess(len(json.dumps(self.sent(service, 1)[0])), 1 << 17)

    def test_a_message_that_grows_by_what_stands_for_its_secrets_stays_within_its_limit(self):
        found = self.record("a" * MESSAGE_CHARS, options={"redact_patterns": ["a"]})["message"]
        self.assertLessEqual(len(found), MESSAGE_CHARS)

    def test_patterns_are_taken_out_of_tags(self):
        record = self.record(tags=["TK-123456", "eu"], options={"redact_patterns": ["TK-[0-9]{6}"]})
        self.assertEqual(record["tags"], [REDACTED, "eu"])


class Time(Case):
    # The same pieces as of the TypeScript client, and what is Python's own.
    PIECES = (
        "{", '"', ":", "=", '":', "\\", '\\"', '"auth":{\\', '{"a":', '"password":{', "password", "password=",
        "password: ", "authorization:    ", "cookie:x", "https://a:", "a://b:c", "eyJ-", "eyJaaaaaaaa.", "nlk_-",
        "bearer ", "basic aaaaaaaaaaaaaaaaaaaa", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "('", "('password', '",
        "password=a(", "password=<", "'password'=b'", "\\u0061", "password]", "%5D", "--password ", "--", "'--password', '",
        '"token","value":', '"token",', "<a>", "<password>", '"token","value":"',
    )  # fmt: skip

    def test_attack_texts_of_any_shape_take_linear_time(self):
        # Quadratic time would be minutes, and the suite's own time would be over.
        for piece in self.PIECES:
            text = piece * (250_000 // len(piece))
            self.assertTrue(clean(text) and clean(f'"auth":{{{text}'), piece)

    def test_attack_made_up_names_without_end_do_not_make_a_secret_pass(self):
        names = ", ".join(f"name{number}: 1" for number in range(5_000))
        self.assertEqual(clean(f"{names} password=hunter2"), f"{names} password={REDACTED}")

    def test_attack_names_in_texts_do_not_fill_memory(self):
        scrubber = Scrubber(FieldTest().is_secret)
        for number in range(5_000):
            scrubber.clean(f"name{number}=1 " + "x" * 1_000 + f"{number}=1")
        self.assertLessEqual(len(scrubber._plain), 4_096)
        self.assertLessEqual(max(map(len, scrubber._plain)), 128)

    def test_names_in_texts_do_not_fill_what_is_known_of_fields(self):
        service = self.service()
        logger = self.logger(service.url)
        logger.info(", ".join(f"name{number}: 1" for number in range(4_500)))
        self.sent(service, 1)
        self.assertNotIn("name7", logger._fields.known_safe)


class Redaction(Case):
    def record(self, **options):
        service = self.service()
        fields = options.pop("fields")
        message = options.pop("message", "hello")
        self.logger(service.url, **options).info(message, **fields)
        return self.sent(service, 1)[0]

    def test_takes_out_at_any_depth_and_in_every_container(self):
        record = self.record(
            fields={
                "user": {"name": "ada", "Password": "p1"},
                "items": [{"list": ({"api-key": "p2"},)}],
                "headers": [(b"authorization", b"p3"), ("x-order", "7")],
                "data": {"deep": {"er": {"TOKEN": {"a": "p4"}}}},
            }
        )
        self.assertNotRegex(str(record), "p[1-4]")
        self.assertEqual(
            record["metadata"],
            {
                "user": {"name": "ada", "Password": REDACTED},
                "items": [{"list": [{"api-key": REDACTED}]}],
                "headers": [["authorization", REDACTED], ["x-order", "7"]],
                "deep": {"er": {"TOKEN": REDACTED}},
            },
        )

    def test_takes_out_what_is_bound(self):
        service = self.service()
        logger = self.logger(service.url).bind(api_key="k1", request={"token": "k2"}).child("other", secret="k3")
        logger.info("x")
        record = self.sent(service, 1)[0]
        self.assertNotRegex(str(record), "k[1-3]")
        self.assertEqual(record["source"], "other")

    def test_takes_further_names_and_can_do_without_its_own(self):
        fields = {"badge": "b", "password": "p"}
        self.assertEqual(self.record(fields=dict(fields), redact=["Badge"])["metadata"]["badge"], REDACTED)
        alone = self.record(fields=dict(fields), redact=["badge"], redact_defaults=False)["metadata"]
        self.assertEqual(alone, {"badge": REDACTED, "password": "p"})

    def test_takes_patterns_out_of_messages_and_texts(self):
        record = self.record(
            message="paid with TK-123456",
            fields={"note": {"inner": ["see TK-654321"]}, "count": 3},
            redact_patterns=["TK-[0-9]{6}", re.compile("nothing"), "(", 7],
        )
        self.assertEqual(record["message"], f"paid with {REDACTED}")
        self.assertEqual(record["metadata"], {"note": {"inner": [f"see {REDACTED}"]}, "count": 3})

    def test_attack_names_without_end_do_not_fill_memory(self):
        test = FieldTest()
        for number in range(20_000):
            test.is_secret(f"name{number}")
        self.assertLessEqual(len(test.known_safe), 4_096)
        self.assertTrue(test.is_secret("password"))


if __name__ == "__main__":
    unittest.main()
