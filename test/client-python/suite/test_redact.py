import re
import unittest

from neurallog._record.redact import DEFAULT_FIELDS, REDACTED, FieldTest
from support import Case


class Redaction(Case):
    def record(self, **options):
        service = self.service()
        fields = options.pop("fields")
        message = options.pop("message", "hello")
        self.logger(service.url, **options).info(message, **fields)
        return self.sent(service, 1)[0]

    def test_takes_out_each_default_field_in_every_way_to_write_it(self):
        is_secret = FieldTest(DEFAULT_FIELDS).is_secret
        for field in ("password", "token", "api_key", "authorization", "secret", "cookie", "private_key"):
            words = field.split("_")
            camel = words[0] + "".join(word.title() for word in words[1:])
            for name in (field, field.upper(), field.title(), "-".join(words), "".join(words), camel, f"X-{field}"):
                self.assertTrue(is_secret(name), name)

    def test_takes_out_longer_names_that_end_in_a_secret_one(self):
        is_secret = FieldTest(DEFAULT_FIELDS).is_secret
        for name in ("db_password", "userToken", "http.request.header.authorization", "X-Api-Key", "AWS_SECRET_KEY"):
            self.assertTrue(is_secret(name), name)

    def test_leaves_names_alone_that_only_look_alike(self):
        is_secret = FieldTest(DEFAULT_FIELDS).is_secret
        for name in ("max_tokens", "password_length", "tokenizer", "author", "secretary", "order", "", "_", "…"):
            self.assertFalse(is_secret(name), name)

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

    def test_takes_out_of_objects_that_declare_their_fields(self):
        import dataclasses

        @dataclasses.dataclass
        class User:
            name: str
            password: str

        record = self.record(fields={"user": User("ada", "hunter2")})
        self.assertEqual(record["metadata"]["user"], {"name": "ada", "password": REDACTED})

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
        test = FieldTest(DEFAULT_FIELDS)
        for number in range(20_000):
            test.is_secret(f"name{number}")
        self.assertLessEqual(len(test.known_safe), 4_096)
        self.assertTrue(test.is_secret("password"))


if __name__ == "__main__":
    unittest.main()
