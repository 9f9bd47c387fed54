import multiprocessing
import os
import unittest

from support import Programs

HAS_FORK = hasattr(os, "fork")


class Forks(Programs):
    @unittest.skipUnless(HAS_FORK, "needs fork")
    @unittest.skipUnless(HAS_FORK, "needs fork")
    @unittest.skipUnless(HAS_FORK, "needs fork")
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
