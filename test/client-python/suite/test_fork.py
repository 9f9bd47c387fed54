import multiprocessing
import os
import unittest

from support import Programs

HAS_FORK = hasattr(os, "fork")


class Forks(Programs):
    @unittest.skipUnless(HAS_FORK, "needs fork")
    def test_workers_that_are_forked_before_and_after_the_first_record_each_send_their_own(self):
        # As a server of the gunicorn kind does: the application is loaded, then workers are forked.
        service = self.service()
        for early in (False, True):
            service.records.clear()
            service.requests.clear()
            done, _ = self.run_program(
                """
                import os, neurallog, warnings
                warnings.simplefilter("ignore", DeprecationWarning)
                log = neurallog.Logger(sys.argv[1], key="k", component="master")
                if sys.argv[2] == "True":
                    for number in range(100):
                        log.info("of the master")
                children = []
                for worker in range(4):
                    pid = os.fork()
                    if pid == 0:
                        assert log.stats()["queued"] == 0 and log.stats()["sent"] == 0
                        child = log.child(f"worker{worker}")
                        for number in range(50):
                            child.info("of a worker", number=number)
                        sys.exit(0)
                    children.append(pid)
                for pid in children:
                    assert os.waitpid(pid, 0)[1] == 0
                log.info("the end")
                """,
                service.url,
                early,
            )
            self.quiet(done)
            sources = [record["source"] for record in service.records]
            expected = {f"worker{worker}": 50 for worker in range(4)}
            expected["master"] = 101 if early else 1
            self.assertEqual({source: sources.count(source) for source in set(sources)}, expected)
            keys = [headers["Idempotency-Key"] for _, headers, _ in service.requests]
            self.assertEqual(len(set(keys)), len(keys))

    @unittest.skipUnless(HAS_FORK, "needs fork")
    def test_attack_forks_while_other_threads_write_never_hang_a_child(self):
        service = self.service()
        done, _ = self.run_program(
            """
            import os, neurallog, threading, warnings
            warnings.simplefilter("ignore", DeprecationWarning)
            log = neurallog.Logger(sys.argv[1], key="k", component="master", queue_records=100)
            over = False
            def write():
                while not over:
                    log.info("x", a={"b": [1]})
            threads = [threading.Thread(target=write) for _ in range(3)]
            for thread in threads:
                thread.start()
            for number in range(25):
                pid = os.fork()
                if pid == 0:
                    log.info("child", number=number)
                    os._exit(0 if log.flush(20) else 1)
                assert os.waitpid(pid, 0)[1] == 0
            over = True
            for thread in threads:
                thread.join()
            """,
            service.url,
        )
        self.quiet(done)
        numbers = [record["metadata"]["number"] for record in service.records if record["message"] == "child"]
        self.assertEqual(sorted(numbers), list(range(25)))

    @unittest.skipUnless(HAS_FORK, "needs fork")
    def test_a_child_leaves_the_parent_s_connection_alone(self):
        server = self.mcp()
        done, _ = self.run_program(
            """
            import os, neurallog, warnings
            warnings.simplefilter("ignore", DeprecationWarning)
            log = neurallog.Logger(sys.argv[1], key="k", component="shop", follow_levels=False)
            log.info("one")
            assert log.flush(20)
            pid = os.fork()
            if pid == 0:
                log.info("of the child")
                sys.exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            log.info("two")
            assert log.flush(20)
            """,
            server.url,
        )
        self.quiet(done)
        self.assertEqual([call["message"] for call in server.calls], ["one", "of the child", "two"])
        self.assertEqual(server.accepted, 2)

    def test_processes_of_multiprocessing_send_what_they_wrote_whichever_way_they_start(self):
        service = self.service()
        for method in multiprocessing.get_all_start_methods():
            done, _ = self.run_program(
                """
                import multiprocessing, neurallog, warnings
                warnings.simplefilter("ignore", DeprecationWarning)
                def write(url, message):
                    log = neurallog.Logger(url, key="k", component="child")
                    log.info(message)
                if __name__ == "__main__":
                    log = neurallog.Logger(sys.argv[1], key="k", component="parent")
                    log.info("parent")
                    context = multiprocessing.get_context(sys.argv[2])
                    processes = [context.Process(target=write, args=(sys.argv[1], sys.argv[2])) for _ in range(3)]
                    for process in processes:
                        process.start()
                    for process in processes:
                        process.join()
                        assert process.exitcode == 0
                """,
                service.url,
                method,
            )
            self.quiet(done)
            self.assertEqual([record["message"] for record in service.records].count(method), 3, method)

    def test_a_logger_that_is_given_to_another_process_becomes_that_one_s_own(self):
        service = self.service()
        environment = {"NEURALLOG_URL": service.url, "NEURALLOG_KEY": "k"}
        done, _ = self.run_program(
            """
            import multiprocessing, neurallog
            def write(log):
                log.info("given")
            if __name__ == "__main__":
                log = neurallog.get_logger("part").bind(a=1)
                process = multiprocessing.get_context("spawn").Process(target=write, args=(log,))
                process.start()
                process.join()
                assert process.exitcode == 0
            """,
            environment=environment,
        )
        self.quiet(done)
        self.assertEqual(len(service.records), 1)
        self.assertEqual((service.records[0]["source"], service.records[0]["metadata"]), ("part", {"a": 1}))


if __name__ == "__main__":
    unittest.main()
