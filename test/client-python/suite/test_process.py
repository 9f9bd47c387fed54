import json
import time
import unittest

from support import NOWHERE, Programs


class Ends(Programs):
    def test_what_was_written_last_is_sent_when_the_program_ends(self):
        service = self.service()
        done, _ = self.run_program(
            """
            import neurallog
            log = neurallog.Logger(sys.argv[1], key="k", component="shop")
            for number in range(500):
                log.info("x", number=number)
            """,
            service.url,
        )
        self.quiet(done)
        self.assertEqual(len(service.records), 500)

    def test_also_when_it_ends_by_an_exception_or_by_exit(self):
        for end, code in (("raise SystemExit(3)", 3), ("sys.exit(4)", 4), ("raise RuntimeError", 1)):
            service = self.service()
            done, _ = self.run_program(
                f"""
                import neurallog
                neurallog.Logger(sys.argv[1], key="k").error("last words")
                log = neurallog.Logger(sys.argv[1], key="k")
                log.info("and these")
                {end}
                """,
                service.url,
            )
            self.assertEqual(done.returncode, code)
            self.assertEqual({record["message"] for record in service.records}, {"last words", "and these"})

    def test_the_end_waits_for_a_dead_server_no_longer_than_its_second(self):
        listener = self.listener(lambda connection: time.sleep(60))
        program = """
            import neurallog, time
            options = {"key": "k", "component": "shop", "quiet": True, "answer_timeout": 60}
            loggers = [neurallog.Logger(url, **options) for url in sys.argv[1:] * 3]
            for log in loggers:
                log.info("x")
            began = time.monotonic()
            import atexit
            atexit._run_exitfuncs()
            assert time.monotonic() - began < 20, time.monotonic() - began
            """
        done, _ = self.run_program(program, f"http://127.0.0.1:{listener.port}", NOWHERE)
        self.quiet(done)

    def test_what_is_logged_when_no_thread_can_be_started_any_more_is_sent_by_the_end_itself(self):
        service = self.service()
        done, _ = self.run_program(
            """
            import neurallog, threading
            def no_more(self):
                raise RuntimeError("can't start new thread at interpreter shutdown")
            threading.Thread.start = no_more
            log = neurallog.Logger(sys.argv[1], key="k", component="shop")
            log.info("late")
            assert log.flush(0.1) is False
            """,
            service.url,
        )
        self.quiet(done)
        self.assertEqual([record["message"] for record in service.records], ["late"])

    def test_what_handlers_of_the_end_write_is_sent_whenever_they_were_registered(self):
        service = self.service()
        done, _ = self.run_program(
            """
            import atexit
            def early():
                log.info("of the first", stats=log.stats()["sent"])
                log.child("other").error("of the second")
                closed.info("nothing")
                assert log.stats()["sent"] == 3, log.stats()
            atexit.register(early)
            import neurallog
            log = neurallog.Logger(sys.argv[1], key="k", component="shop")
            closed = neurallog.Logger(sys.argv[1], key="k", component="closed")
            closed.close()
            log.info("of the program")
            """,
            service.url,
        )
        self.quiet(done)
        messages = [record["message"] for record in service.records]
        self.assertEqual(messages, ["of the program", "of the first", "of the second"])
        self.assertEqual(service.records[1]["metadata"], {"stats": 1})

    def test_attack_handlers_of_the_end_that_write_much_to_a_dead_server_wait_no_longer_than_its_second(self):
        listener = self.listener(lambda connection: time.sleep(60))
        program = """
            import atexit, time, threading
            def late():
                began = time.monotonic()
                for _ in range(200):
                    log.info("late")
                assert time.monotonic() - began < 20, time.monotonic() - began
            atexit.register(late)
            import neurallog
            log = neurallog.Logger(sys.argv[1], key="k", quiet=True, answer_timeout=60)
            def spin():
                while True:
                    log.info("spin")
            threading.Thread(target=spin, daemon=True).start()
            """
        self.assertEqual(self.run_program(program, f"http://127.0.0.1:{listener.port}")[0].returncode, 0)

    def test_logging_s_own_end_and_ours_share_the_second(self):
        listener = self.listener(lambda connection: time.sleep(60))
        program = """
            import logging, neurallog, time, atexit
            log = neurallog.Logger(sys.argv[1], key="k", quiet=True, answer_timeout=60)
            logging.getLogger().addHandler(neurallog.Handler(log))
            logging.warning("x")
            began = time.monotonic()
            atexit._run_exitfuncs()
            assert time.monotonic() - began < 20, time.monotonic() - began
            """
        self.quiet(self.run_program(program, f"http://127.0.0.1:{listener.port}")[0])

    def test_ctrl_c_in_the_middle_of_calls_ends_the_program_and_what_was_written_is_sent(self):
        service = self.service()
        program = """
            import neurallog, signal
            log = neurallog.Logger(sys.argv[1], key="k", component="shop", queue_records=1000000, queue_bytes=1<<30)
            # Our thread's start, in the first call, is another matter.
            log.info("first")
            signal.signal(signal.SIGALRM, signal.default_int_handler)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            count = 0
            try:
                while True:
                    log.info("x")
                    count += 1
            except KeyboardInterrupt:
                pass
            log.info("last")
            assert log.flush(30)
            """
        self.quiet(self.run_program(program, service.url)[0])
        self.assertEqual(service.records[-1]["message"], "last")

    def test_what_goes_wrong_is_told_once_on_standard_error_unless_it_is_to_be_quiet(self):
        program = """
            import neurallog
            for quiet in (True, False, False):
                log = neurallog.Logger("http://127.0.0.1:9", key="nlk_secret", quiet=quiet)
                log.info("private")
                neurallog.Logger(transport="pigeon", quiet=quiet)
                neurallog.Logger(enabled=False)
                log.close()
            """
        done, _ = self.run_program(program)
        lines = done.stderr.splitlines()
        self.assertEqual((done.returncode, done.stdout, len(lines)), (0, "", 2), done.stderr)
        self.assertEqual(lines[0], "neurallog: there is no address: give url, or set NEURALLOG_URL")
        self.assertRegex(lines[1], "^neurallog: records wait: ConnectionRefusedError")
        self.assertNotRegex(done.stderr, "secret|private")

    def test_a_program_without_standard_error_logs_all_the_same(self):
        service = self.service()
        program = """
            import neurallog
            sys.stderr = None
            neurallog.Logger(transport="pigeon")
            neurallog.Logger(sys.argv[1], key="k").info("x")
            """
        self.quiet(self.run_program(program, service.url)[0])
        self.assertEqual(len(service.records), 1)

    def test_nothing_beside_the_standard_library_is_loaded(self):
        done, _ = self.run_program(
            """
            import json
            before = set(sys.modules)
            import neurallog
            found = {name.partition(".")[0] for name in set(sys.modules) - before} - {"neurallog"}
            known = getattr(sys, "stdlib_module_names", None)
            print(json.dumps(sorted(found - known) if known else []))
            """
        )
        self.assertEqual((json.loads(done.stdout), done.stderr), ([], ""))

    def test_attack_a_full_disk_of_descriptors_ends_nothing(self):
        service = self.service()
        done, _ = self.run_program(
            """
            import neurallog, resource, os
            log = neurallog.Logger(sys.argv[1], key="k", component="shop", quiet=True)
            limit = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (30, limit[1]))
            held = []
            try:
                while True:
                    held.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                pass
            log.info("while there are none")
            log.flush(0.3)
            for one in held:
                os.close(one)
            log.info("and after")
            assert log.flush(20), log.stats()
            """,
            service.url,
        )
        self.quiet(done)
        self.assertIn("and after", [record["message"] for record in service.records])


if __name__ == "__main__":
    unittest.main()
