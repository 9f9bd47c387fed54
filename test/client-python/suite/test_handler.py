import io
import logging
import logging.handlers
import unittest

import neurallog
from neurallog import REDACTED
from support import NOWHERE, Case


class Handlers(Case):
    def log(self, **options):
        service = self.service()
        logger = self.logger(service.url, **options)
        log = logging.Logger("app.part")
        log.addHandler(neurallog.Handler(logger))
        return service, log

    def test_levels_messages_and_places_become_a_record(self):
        service, log = self.log()
        for level in (5, 10, 20, 30, 35, 40, 50):
            log.log(level, "number %d of %s", level, "all")
        records = self.sent(service, 7)
        levels = [record["level"] for record in records]
        self.assertEqual(levels, ["TRACE", "DEBUG", "INFO", "WARN", "WARN", "ERROR", "FATAL"])
        first = records[0]
        self.assertEqual((first["message"], first["source"]), ("number 5 of all", "shop"))
        data = first["metadata"]
        self.assertEqual(
            (data["logger"], data["function"], data["thread"]), ("app.part", self._testMethodName, "MainThread")
        )
        self.assertRegex(data["file"], r"test_handler\.py:\d+$")

    def test_extra_becomes_data_and_is_redacted(self):
        service, log = self.log()
        log.info("x", extra={"order": 42, "password": "p", "user": {"token": "t"}, "trace_id": "t1", "tags": ["eu"]})
        record = self.sent(service, 1)[0]
        data = record["metadata"]
        self.assertEqual((data["order"], data["password"], data["user"]), (42, REDACTED, {"token": REDACTED}))
        self.assertEqual((record["trace_id"], record["tags"]), ("t1", ["eu"]))

    def test_exceptions_and_stacks_come_along(self):
        service, log = self.log()
        try:
            raise ValueError("bad")
        except ValueError:
            log.exception("failed", stack_info=True)
        data = self.sent(service, 1)[0]["metadata"]
        self.assertEqual((data["exception"]["type"], data["exception"]["message"]), ("ValueError", "bad"))
        self.assertIn("raise ValueError", data["exception"]["stack"])
        self.assertIn("test_handler.py", data["stack"])

    def test_a_formatter_is_used_where_there_is_one(self):
        service, log = self.log()
        log.handlers[0].setFormatter(logging.Formatter("%(name)s: %(message)s"))
        log.info("x %s", 1)
        self.assertEqual(self.sent(service, 1)[0]["message"], "app.part: x 1")

    def test_arguments_that_do_not_fit_cost_neither_the_record_nor_the_caller(self):
        service, log = self.log()
        log.info("two %s %s", "one")
        self.assertEqual(self.sent(service, 1)[0]["message"], "two %s %s ('one',)")

    def test_a_formatter_that_fails_costs_the_record_which_is_counted_and_not_the_caller(self):
        class Failing(logging.Formatter):
            def format(self, record):
                raise ValueError("no format")

        logger = self.logger(self.service().url)
        handler = neurallog.Handler(logger)
        handler.setFormatter(Failing())
        log = logging.Logger("app.part")
        log.addHandler(handler)
        log.info("lost")
        stats = logger.stats()
        self.assertEqual((stats["failed_calls"], stats["queued"]), (1, 0))

    def test_the_level_that_the_service_sets_holds_too(self):
        service, log = self.log(level="WARN")
        log.info("no")
        log.warning("yes")
        self.assertEqual(self.sent(service, 1)[0]["message"], "yes")

    def test_attack_a_text_that_logs_while_it_is_made_ends(self):
        service, log = self.log()

        class Loud:
            def __str__(self):
                log.info("inner %s", self)
                return "loud"

        log.info("outer %s", Loud())
        log.info("after")
        self.assertEqual([record["message"] for record in self.sent(service, 2)], ["outer loud", "after"])

    def test_our_own_thread_writes_nothing_into_logging(self):
        logger = self.logger(NOWHERE)
        heard = io.StringIO()
        root = logging.getLogger()
        ear, handler = logging.StreamHandler(heard), neurallog.Handler(logger)
        before = root.level
        for one in (ear, handler):
            root.addHandler(one)
            self.addCleanup(root.removeHandler, one)
        root.setLevel(1)
        self.addCleanup(root.setLevel, before)
        logging.getLogger("app").info("one line")
        self.assertFalse(logger.flush(0.3))
        self.assertEqual(heard.getvalue(), "one line\n")
        self.assertEqual(logger.stats()["queued"], 1)

    def test_filters_hold(self):
        service, log = self.log()
        log.handlers[0].addFilter(lambda record: "yes" in record.msg)
        log.info("no")
        log.info("yes")
        self.assertEqual(self.sent(service, 1)[0]["message"], "yes")

    def test_works_behind_a_queue_handler(self):
        import queue

        service = self.service()
        target = neurallog.Handler(self.logger(service.url))
        records = queue.Queue()
        listener = logging.handlers.QueueListener(records, target)
        log = logging.Logger("app")
        log.addHandler(logging.handlers.QueueHandler(records))
        listener.start()
        log.info("x %d", 1)
        listener.stop()
        self.assertEqual(self.sent(service, 1)[0]["message"], "x 1")

    def test_the_time_is_that_of_logging(self):
        service, log = self.log()
        record = log.makeRecord("app", 20, "f.py", 1, "x", (), None)
        record.created = 1_700_000_000.25
        log.handle(record)
        self.assertEqual(self.sent(service, 1)[0]["timestamp"], "2023-11-14T22:13:20.250000000Z")


if __name__ == "__main__":
    unittest.main()
