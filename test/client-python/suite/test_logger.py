import asyncio
import copy
import gc
import inspect
import json
import os
import threading
import time
import typing
import unittest
from unittest import mock

import neurallog
from neurallog import _default, _limits, _options
from neurallog._record.levels import ServiceLevels, level_number
from support import NOWHERE, Case, until

LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")


class Calls(Case):
    def test_each_method_writes_its_level(self):
        service = self.service()
        logger = self.logger(service.url)
        for name in (*LEVELS, "warning", "critical", "exception"):
            getattr(logger, name)(f"by {name}")
        logger.log("warning", "by log")
        logger.log("nonsense", "by nonsense")
        levels = {record["message"]: record["level"] for record in self.sent(service, 11)}
        expected = {f"by {name}": name.upper() for name in LEVELS}
        expected.update({"by warning": "WARN", "by critical": "FATAL", "by exception": "ERROR"})
        expected.update({"by log": "WARN", "by nonsense": "INFO"})
        self.assertEqual(levels, expected)

    def test_sends_nothing_below_its_level(self):
        service = self.service()
        logger = self.logger(service.url, level="warn")
        for name in LEVELS:
            getattr(logger, name)(name)
        self.assertTrue(logger.flush(30))
        self.assertEqual([record["message"] for record in service.records], ["warn", "error", "fatal"])
        self.assertEqual([logger.enabled(name) for name in LEVELS], [False] * 3 + [True] * 3)

    def test_the_level_can_be_set_while_it_runs(self):
        logger = self.logger(NOWHERE, level="INFO")
        logger.info("x")
        logger.level = "nonsense"
        self.assertEqual(logger.level, "INFO")
        logger.level = "off"
        logger.fatal("x")
        self.assertEqual((logger.level, logger.stats()["queued"]), ("OFF", 1))

    def test_data_and_keywords_come_together(self):
        service = self.service()
        self.logger(service.url).info("x", data={"a": 1, "b": 1}, b=2, message="m", level="l", self="s")
        self.logger(service.url).info("y", data=[1, 2])
        self.logger(service.url).info("z")
        records = {record["message"]: record.get("metadata") for record in self.sent(service, 3)}
        self.assertEqual(records["x"], {"a": 1, "b": 2, "message": "m", "level": "l", "self": "s"})
        self.assertEqual((records["y"], records["z"]), ({"value": [1, 2]}, None))

    def test_bound_fields_are_on_every_record_and_the_call_s_win(self):
        service = self.service()
        logger = self.logger(service.url).bind(user="ada", n=1)
        logger.info("x", n=2)
        logger.bind(more=True).info("y", data={"n": 3})
        records = {record["message"]: record["metadata"] for record in self.sent(service, 2)}
        self.assertEqual(records, {"x": {"user": "ada", "n": 2}, "y": {"user": "ada", "more": True, "n": 3}})

    def test_bound_fields_count_for_the_queue_s_room_and_the_record_s_own_limits(self):
        logger = self.logger(NOWHERE)
        logger.info("x")
        before = logger.stats()["queued_bytes"]
        logger.bind(text="y" * 10_000, more={"n": [1, 2, 3]}).info("x")
        self.assertGreater(logger.stats()["queued_bytes"] - before, 10_000)
        service = self.service()
        half = {f"n{number}": "\x01" * 9_000 for number in range(2)}
        self.logger(service.url).bind(**half).info("x", a=1)
        self.assertLessEqual(len(json.dumps(self.sent(service, 1)[0]["metadata"])), 64 * 1024)

    def test_attack_fields_bound_again_and_again_are_bounded(self):
        service = self.service()
        logger = self.logger(service.url)
        for number in range(300):
            logger = logger.bind(**{f"n{number}": "y" * 5_000, "last": number})
        logger.info("x")
        self.assertLess(logger.stats()["queued_bytes"], 1 << 20)
        data = self.sent(service, 1)[0]["metadata"]
        self.assertLessEqual(len(json.dumps(data, ensure_ascii=False)), 64 * 1024)
        self.assertLessEqual(len(data), 130)

    def test_bound_secrets_that_stand_across_the_cut_are_found(self):
        service = self.service()
        logger = self.logger(service.url).bind(text="x" * (_limits.TEXT_CHARS - 9) + ' ://u:SECRET@h ' + "y" * 9_000)
        logger.bind(a=1).child("other", b=2).info("x")
        text = self.sent(service, 1)[0]["metadata"]["text"]
        self.assertNotIn("SECRET", text)
        self.assertLessEqual(len(text), _limits.TEXT_CHARS)

    def test_an_exception_is_added_where_it_is_asked_for(self):
        service = self.service()
        logger = self.logger(service.url)
        try:
            raise ValueError("bad")
        except ValueError as error:
            logger.exception("one")
            logger.info("two", exc_info=True)
            logger.info("three", exc_info=error)
        logger.info("four", exc_info=True)
        records = {record["message"]: record.get("metadata", {}) for record in self.sent(service, 4)}
        for message in ("one", "two", "three"):
            self.assertEqual(records[message]["exception"]["type"], "ValueError")
            self.assertIn("test_logger.py", records[message]["exception"]["stack"])
        self.assertEqual(records["four"], {})

    def test_long_messages_are_cut(self):
        service = self.service()
        self.logger(service.url).info("x" * 1_000_000)
        message = self.sent(service, 1)[0]["message"]
        self.assertEqual((len(message), message[-6:]), (_limits.MESSAGE_CHARS, "…[cut]"))

    def test_loggers_of_one_connection_share_its_thread(self):
        service = self.service()
        before = threading.active_count()
        logger = self.logger(service.url)
        children = [logger.child(f"c{number}") for number in range(20)]
        self.assertEqual(threading.active_count(), before)
        for child in children:
            child.info("x")
        sources = {record["source"] for record in self.sent(service, 20)}
        self.assertEqual(sources, {f"c{number}" for number in range(20)})
        named = [thread for thread in threading.enumerate() if thread.name == "neurallog"]
        self.assertTrue(all(thread.daemon for thread in named))

    def test_the_thread_ends_with_the_last_logger_and_what_waits_is_sent_first(self):
        service = self.service()
        logger = neurallog.Logger(service.url, key="k", component="shop", follow_levels=False)
        child = logger.child("other")
        threads = set(threading.enumerate())
        child.info("last words")
        started = set(threading.enumerate()) - threads
        started = {thread for thread in started if thread.name == "neurallog"}
        self.assertEqual(len(started), 1)
        del logger, child
        gc.collect()
        self.sent(service, 1)
        until(lambda: not any(thread.is_alive() for thread in started))

    def test_after_close_calls_do_nothing(self):
        service = self.service()
        logger = self.logger(service.url)
        child = logger.child("other")
        logger.info("x")
        self.assertTrue(logger.close(30))
        logger.info("y")
        child.info("z")
        self.assertTrue(logger.close())
        self.assertEqual([record["message"] for record in service.records], ["x"])
        self.assertEqual(logger.stats()["queued"], 0)

    def test_a_copy_of_what_holds_a_logger_holds_the_same_one(self):
        logger = self.logger(NOWHERE)
        self.assertIs(copy.copy(logger), logger)
        self.assertIs(copy.deepcopy({"log": logger})["log"], logger)

    def test_names_that_the_service_counts_in_utf_16_fit_it(self):
        service = self.service()
        wide = "\U0001f600" * 1_000
        self.logger(service.url, component=wide).info("x", tags=[wide], trace_id=wide, span_id="a" * 1_000)
        record = self.sent(service, 1)[0]
        for value, most in ((record["source"], 256), (record["tags"][0], 256), (record["trace_id"], 128)):
            self.assertLessEqual(len(value.encode("utf-16-le")) // 2, most)
        self.assertEqual(len(record["span_id"]), 128)

    def test_a_block_sends_what_was_written_within(self):
        service = self.service()
        with neurallog.Logger(service.url, key="k", follow_levels=False) as logger:
            logger.info("x")
        self.assertEqual(len(service.records), 1)

    def test_a_process_that_only_makes_loggers_has_no_thread_of_ours(self):
        before = threading.active_count()
        logger = self.logger(NOWHERE)
        self.assertTrue(logger.flush())
        self.assertEqual(threading.active_count(), before)

    def test_the_module_s_own_functions_write_with_the_program_s_logger(self):
        service = self.service()
        with mock.patch.object(_default, "_logger", None):
            logger = neurallog.configure(service.url, key="k", component="main", level="TRACE", follow_levels=False)
            for name in ("debug", "info", "warn", "error", "exception", "fatal"):
                getattr(neurallog, name)(name, a=1)
            neurallog.log("TRACE", "trace")
            neurallog.get_logger("part").info("part")
            self.assertIs(neurallog.get_logger(), logger)
            self.assertTrue(neurallog.flush(30))
            self.assertEqual(neurallog.stats()["sent"], 8)
            self.assertTrue(neurallog.close())
        self.assertEqual([record["source"] for record in service.records], ["main"] * 7 + ["part"])


class Options(Case):
    def plan(self, environment=None, **given):
        names = _options.Given._fields
        defaults = {
            name: parameter.default for name, parameter in inspect.signature(neurallog.Logger).parameters.items()
        }
        return _options.plan(_options.Given(**{**{name: defaults[name] for name in names}, **given}), environment or {})

    def test_the_environment_gives_what_arguments_leave_out(self):
        service = self.service()
        with (
            open(os.devnull) as nothing,
            mock.patch.dict(
                os.environ,
                {"NEURALLOG_URL": service.url, "NEURALLOG_KEY": "nlk_env", "NEURALLOG_LEVEL": "error"},
            ),
        ):
            del nothing
            logger = neurallog.Logger(component="shop", follow_levels=False)
            self.addCleanup(logger.close, 0.1)
        self.assertEqual(logger.level, "ERROR")
        logger.error("x")
        self.sent(service, 1)
        self.assertEqual(service.requests[0][1]["Authorization"], "Bearer nlk_env")

    def test_logging_enabled_switches_all_of_it_off(self):
        for word in ("false", "0", "No", " OFF ", "disabled"):
            self.assertIsNone(self.plan({"LOGGING_ENABLED": word, "NEURALLOG_URL": NOWHERE}).make_transport, word)
        for word in ("", "true", "1"):
            self.assertIsNotNone(self.plan({"LOGGING_ENABLED": word, "NEURALLOG_URL": NOWHERE}).make_transport, word)
        self.assertIsNotNone(self.plan({"LOGGING_ENABLED": "false"}, url=NOWHERE, enabled=True).make_transport)

    def test_switched_off_it_has_no_thread_and_no_queue(self):
        before = threading.active_count()
        with mock.patch.dict(os.environ, {"LOGGING_ENABLED": "false"}):
            logger = neurallog.Logger(NOWHERE)
        for name in LEVELS:
            getattr(logger, name)("x", a=object())
        self.assertEqual(threading.active_count(), before)
        stats = logger.stats()
        self.assertEqual(
            (stats["enabled"], stats["level"], stats["problem"]), (False, "OFF", "logging is switched off")
        )
        self.assertTrue(logger.flush() and logger.close())

    def test_says_what_is_wrong_with_options_and_never_raises(self):
        cases = [
            ({}, "there is no address: give url, or set NEURALLOG_URL"),
            ({"url": "ftp://x"}, "url is no http://, https://, ws:// or wss:// address of a host"),
            ({"url": NOWHERE, "transport": "pigeon"}, "transport is neither 'http' nor 'websocket'"),
            ({"url": "ws://h", "transport": "http"}, "transport is 'http', and the address a WebSocket's"),
            ({"url": NOWHERE, "level": "loud"}, "level is none of TRACE, DEBUG, INFO, WARN, ERROR, FATAL, OFF"),
            ({"url": NOWHERE, "levels_url": "x"}, "levels_url is no http:// or https:// address of a host"),
        ]
        for given, problem in cases:
            self.assertEqual(self.plan(**given).problem, problem)
        with mock.patch.object(_default, "_logger", None):
            self.assertIsNotNone(neurallog.configure(nonsense=1, quiet=True).stats()["problem"])

    def test_attack_options_of_any_kind_never_raise(self):
        class Bad:
            def __str__(self):
                raise RuntimeError

            __repr__ = __iter__ = __bool__ = __eq__ = __str__
            __hash__ = None

        names = inspect.signature(neurallog.Logger).parameters
        for name in names:
            for value in (
                None,
                0,
                -1,
                1e400,
                float("nan"),
                "",
                "\x00",
                "x" * 100_000,
                [],
                {},
                object(),
                Bad(),
                b"\xff",
            ):
                logger = neurallog.Logger(**{"url": NOWHERE, "quiet": True, **{name: value}})
                logger.info("x")
                logger.child(value).bind(a=value).info("y")
                repr(logger)
                logger.close(0.0001)

    def test_addresses_that_would_send_something_else_are_none(self):
        for url in (
            "http://u:p@h",
            "http://h/?q=1",
            "http://h#f",
            "http://h h",
            "http://h\r\n",
            "http://",
            "h",
            "http://h:99999",
        ):
            self.assertIsNone(self.plan(url=url).make_transport, url)
        for url in ("http://h", "https://h:1/base/", "ws://[::1]:9060", "wss://h/mcp"):
            self.assertIsNotNone(self.plan(url=url).make_transport, url)


class Levels(Case):
    def test_names_of_levels_in_any_case(self):
        self.assertEqual([level_number(name) for name in LEVELS], [1, 2, 3, 4, 5, 6])
        self.assertEqual(
            [level_number(name) for name in ("Warning", "CRITICAL", " off ", "x", None, 3)], [4, 6, 7, None, None, None]
        )

    def entry(self, source, level, namespace="*"):
        return {"source": source, "namespace": namespace, "level": level}

    def test_a_component_s_own_level_goes_before_that_of_all(self):
        levels = ServiceLevels([self.entry("*", "ERROR"), self.entry("shop", "DEBUG")])
        self.assertEqual([levels.level_for(name) for name in ("shop", "other")], [2, 5])

    def test_a_namespace_s_level_goes_before_that_of_all_and_others_do_not_count(self):
        entries = [self.entry("shop", "ERROR"), self.entry("shop", "WARN", "pay"), self.entry("shop", "TRACE", "else")]
        self.assertEqual(ServiceLevels(entries, "pay").level_for("shop"), 4)
        self.assertEqual(ServiceLevels(entries, "third").level_for("shop"), 5)
        self.assertEqual(ServiceLevels(entries, None).level_for("shop"), 1)

    def test_attack_levels_of_any_shape_are_passed_over(self):
        bad = [
            None,
            7,
            [],
            {},
            self.entry(1, "DEBUG"),
            self.entry("shop", 5),
            self.entry("shop", "LOUD"),
            self.entry("a", "INFO", []),
        ]
        for entries in (bad, {}, None, "x"):
            self.assertIsNone(ServiceLevels(entries, "n").level_for("shop"))

    def test_follows_the_service_while_the_program_runs_and_goes_back(self):
        service = self.service()
        logger = self.logger(service.url, level="INFO", follow_levels=True)
        child = logger.child("other")
        logger.debug("no")
        child.debug("no")
        until(lambda: service.levels_asked >= 2)
        service.set_levels([{"source": "shop", "namespace": "*", "level": "DEBUG"}])
        until(lambda: logger.level == "DEBUG")
        logger.debug("yes")
        child.debug("no")
        service.set_levels([{"source": "*", "namespace": "*", "level": "FATAL"}])
        until(lambda: logger.level == "FATAL" and child.level == "FATAL")
        logger.error("no")
        service.set_levels([])
        until(lambda: logger.level == "INFO")
        logger.info("yes")
        self.assertTrue(logger.flush(30))
        self.assertEqual({record["message"] for record in service.records}, {"yes"})

    def test_a_key_s_default_namespace_is_the_program_s_own_where_it_names_none(self):
        service = self.service()
        service.default_namespace = "main"
        service.levels = [self.entry("shop", "TRACE", "pay"), self.entry("shop", "ERROR", "main")]
        for namespace, level in ((None, "ERROR"), ("pay", "TRACE"), ("third", "WARN")):
            logger = self.logger(service.url, level="WARN", follow_levels=True, namespace=namespace)
            logger.fatal("x")
            until(lambda: service.levels_asked >= 2)
            until(lambda: logger.level == level, f"{level} of {namespace}")
            service.levels_asked = 0

    def test_attack_a_default_namespace_that_is_none_is_passed_over(self):
        service = self.service()
        service.levels = [self.entry("shop", "TRACE", "pay"), self.entry("shop", "ERROR", "main")]
        for bad in (None, 7, [], "", {"a": 1}):
            service.default_namespace = bad
            logger = self.logger(service.url, level="WARN", follow_levels=True)
            logger.fatal("x")
            until(lambda: logger.level == "TRACE")

    def test_a_program_that_writes_nothing_at_its_level_follows_too(self):
        service = self.service()
        logger = self.logger(service.url, level="ERROR", follow_levels=True)
        logger.debug("nothing is sent")
        service.set_levels([{"source": "shop", "namespace": "*", "level": "DEBUG"}])
        until(lambda: logger.level == "DEBUG")
        logger.debug("sent")
        self.assertEqual(self.sent(service, 1)[0]["message"], "sent")

    def test_attack_a_server_that_answers_long_questions_at_once_is_not_asked_without_end(self):
        service = self.service()
        service._levels = lambda *_: (200, {"ETag": '"same"'}, {"levels": []})
        logger = self.logger(service.url, follow_levels=True)
        logger.info("x")
        until(lambda: service.levels_asked >= 5)
        time.sleep(0.3)
        self.assertLess(service.levels_asked, 20)

    def test_records_go_on_while_a_question_for_levels_is_open(self):
        service = self.service()
        logger = self.logger(service.url, follow_levels=True)
        for number in range(20):
            logger.info("x", number=number)
            self.sent(service, number + 1)
        until(lambda: service.levels_asked == 2)


class Loops(Case):
    def test_coroutines_go_on_while_a_flush_waits(self):
        service = self.service()
        release = threading.Event()
        service.answer = lambda *_: release.wait(30) and None
        logger = self.logger(service.url)

        async def main():
            logger.info("x")
            flush = asyncio.ensure_future(logger.aflush(30))
            for _ in range(20):
                await asyncio.sleep(0.001)
            self.assertFalse(flush.done())
            release.set()
            return await flush

        self.assertTrue(asyncio.run(main()))


class Types(Case):
    def test_every_public_name_has_complete_hints(self):
        incomplete = []
        for name in neurallog.__all__:
            thing = getattr(neurallog, name)
            members = vars(thing).items() if inspect.isclass(thing) else [(name, thing)]
            for member, value in members:
                if isinstance(value, property):
                    value = value.fget
                if not inspect.isfunction(value) or (member.startswith("_") and member != "__init__"):
                    continue
                hints = typing.get_type_hints(value)
                wanted = [one for one in inspect.signature(value).parameters if one != "self"] + ["return"]
                incomplete += [f"{name}.{member}: {one}" for one in wanted if one not in hints]
        self.assertEqual(incomplete, [])

    def test_the_package_says_that_it_has_hints(self):
        folder = os.path.dirname(neurallog.__file__)
        self.assertTrue(os.path.exists(os.path.join(folder, "py.typed")))


if __name__ == "__main__":
    unittest.main()
