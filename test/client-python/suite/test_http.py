import json
import os
import socket
import ssl
import tempfile
import threading
import time
import unittest
from unittest import mock

from neurallog._work import worker as _worker
from support import NOWHERE, Case, Service, body_of, head_of, make_certificate, until


def accepted(count, rejected=()):
    return {"accepted": count, "rejected": list(rejected), "ids": []}


class Http(Case):
    def setUp(self):
        # Failures are tried again soon: what is tested is that they are.
        for name, value in (("BACKOFF_SECONDS", 0.01), ("BATCH_SECONDS", 0.01)):
            patch = mock.patch.object(_worker, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def test_sends_lines_of_json_with_key_and_idempotency_key(self):
        service = self.service()
        logger = self.logger(service.url, namespace="pay ments")
        logger.warn("card declined", order=42, tags=["eu"], trace_id="t1", span_id="s1")
        record = dict(self.sent(service, 1)[0])
        self.assertRegex(record.pop("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
        self.assertEqual(
            record,
            {
                "level": "WARN",
                "source": "shop",
                "message": "card declined",
                "trace_id": "t1",
                "span_id": "s1",
                "tags": ["eu"],
                "metadata": {"order": 42},
            },
        )
        path, headers, _ = service.requests[0]
        self.assertEqual(path, "/api/logs?namespace=pay%20ments")
        self.assertEqual(headers["Authorization"], "Bearer nlk_test")
        self.assertEqual(headers["Content-Type"], "application/x-ndjson")
        self.assertRegex(headers["Idempotency-Key"], r"^[!-~]{1,128}$")

    def test_many_records_go_in_few_requests_over_one_connection(self):
        service = self.service()
        logger = self.logger(service.url)
        for number in range(5_000):
            logger.info("x", number=number)
        records = self.sent(service, 5_000)
        self.assertEqual([record["metadata"]["number"] for record in records], list(range(5_000)))
        self.assertLess(len(service.requests), 100)
        self.assertLessEqual(max(body.count(b"\n") + 1 for _, _, body in service.requests), 1_000)
        keys = [headers["Idempotency-Key"] for _, headers, _ in service.requests]
        self.assertEqual(len(set(keys)), len(keys))

    def test_a_lost_answer_is_asked_for_again_under_the_same_key(self):
        bodies = []

        def serve(connection):
            while True:
                head, rest = head_of(connection)
                body = body_of(connection, head, rest)
                bodies.append((head, body))
                if len(bodies) < 3:
                    connection.close()
                    return
                answer = json.dumps(accepted(1)).encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))

        listener = self.listener(serve)
        logger = self.logger(f"http://127.0.0.1:{listener.port}")
        logger.info("once")
        until(lambda: logger.stats()["sent"] == 1)
        self.assertGreaterEqual(len(bodies), 3)
        keys = {next(line for line in head.split(b"\r\n") if line.startswith(b"Idempotency-Key")) for head, _ in bodies}
        self.assertEqual(len(keys), 1)
        self.assertEqual(len({body for _, body in bodies}), 1)

    def test_records_wait_for_a_service_that_comes_later(self):
        with socket.create_server(("127.0.0.1", 0)) as reserved:
            port = reserved.getsockname()[1]
        logger = self.logger(f"http://127.0.0.1:{port}")
        for number in range(10):
            logger.info("x", number=number)
        until(lambda: logger.stats()["failures"] >= 2)
        self.assertEqual(logger.stats()["queued"], 10)
        self.assertIn("ConnectionRefused", logger.stats()["problem"])
        with mock.patch("support.ThreadingHTTPServer.allow_reuse_address", True):
            service = Service.__new__(Service)
            with mock.patch("socketserver.TCPServer.server_bind", _bind_to(port)):
                service.__init__()
        self.addCleanup(service.close)
        self.sent(service, 10)
        until(lambda: logger.stats()["queued"] == 0)

    def test_tells_in_the_log_how_many_were_dropped_once_the_way_is_free(self):
        service = self.service()
        is_away = True
        service.answer = lambda *_: (503, {}, {}) if is_away else None
        logger = self.logger(service.url, queue_records=100)
        for number in range(350):
            logger.info("x", number=number)
        until(lambda: logger.stats()["failures"] >= 2)
        self.assertEqual(logger.stats()["dropped"], 250)
        is_away = False
        records = self.sent(service, 101)
        numbers = [record["metadata"]["number"] for record in records[:100]]
        self.assertEqual(numbers[-50:], list(range(300, 350)))
        told = records[100]
        self.assertEqual((told["level"], told["source"]), ("WARN", "shop"))
        self.assertEqual(told["metadata"], {"neurallog": {"dropped": 250, "rejected": 0}})

    def test_rejected_records_are_counted_and_cost_no_others(self):
        service = self.service()
        service.answer = lambda number, body: (
            (200, {}, accepted(2, [{"index": 1, "code": "NL_RECORD_FIELD_TYPE", "message": "secret text"}]))
            if number == 1
            else None
        )
        logger = self.logger(service.url)
        for _ in range(3):
            logger.info("x")
        until(lambda: logger.stats()["rejected"] == 1)
        stats = logger.stats()
        self.assertEqual((stats["sent"], stats["problem"]), (2, "rejected: NL_RECORD_FIELD_TYPE"))
        self.assertEqual(self.sent(service, 1)[0]["metadata"], {"neurallog": {"dropped": 0, "rejected": 1}})

    def test_a_batch_that_is_refused_is_given_up_and_the_next_is_sent(self):
        for status in (400, 422):
            service = self.service()
            service.answer = lambda number, _, status=status: (status, {}, b"no") if number == 1 else None
            logger = self.logger(service.url)
            logger.info("bad")
            until(lambda: logger.stats()["rejected"] == 1)
            logger.info("good")
            until(lambda: "good" in [record["message"] for record in service.records])

    def test_a_batch_that_is_too_large_is_halved_down_to_the_record_that_is(self):
        service = self.service()
        service.answer = lambda _, body: (413, {}, {}) if b"large" in body else None
        logger = self.logger(service.url)
        for number in range(20):
            logger.info("large" if number == 7 else "small", number=number)
        self.sent(service, 19)
        until(lambda: logger.stats()["rejected"] == 1)
        numbers = {record["metadata"].get("number") for record in service.records} - {None}
        self.assertEqual(numbers, set(range(20)) - {7})

    def test_a_service_that_takes_little_is_soon_sent_no_more_and_later_more_again(self):
        service = self.service()
        most = [5]
        sizes = []

        def answer(_, body):
            size = body.count(b"\n") + 1
            sizes.append(size)
            return (413, {}, {}) if size > most[0] else None

        service.answer = answer
        logger = self.logger(service.url)
        for number in range(400):
            logger.info("x", number=number)
        self.sent(service, 400)
        # 400 to 3 by halves, and a try now and then whether it takes more by now.
        self.assertLess(len([size for size in sizes if size > 5]), 50)
        most[0] = 10_000
        service.records.clear()
        for number in range(8_000):
            logger.info("x", number=number)
        self.sent(service, 8_000)
        self.assertGreater(max(sizes[-10:]), 100)
        self.assertEqual(logger.stats()["rejected"], 0)

    def test_one_record_that_is_too_large_makes_no_later_batch_small(self):
        service = self.service()
        sizes = []

        def answer(_, body):
            sizes.append(body.count(b"\n") + 1)
            return (413, {}, {}) if b"large" in body else None

        service.answer = answer
        logger = self.logger(service.url)
        logger.info("large")
        until(lambda: logger.stats()["rejected"] == 1)
        sizes.clear()
        for number in range(1_000):
            logger.info("small", number=number)
        self.sent(service, 1_000)
        self.assertLess(len(sizes), 10)

    def test_attack_one_record_on_which_the_service_fails_does_not_stop_the_others(self):
        service = self.service()
        service.answer = lambda _, body: (500, {}, {}) if b"poison" in body else None
        logger = self.logger(service.url)
        for number in range(10):
            logger.info("poison" if number == 3 else "good", number=number)
        with mock.patch.object(_worker, "BACKOFF_MOST_SECONDS", 0.01):
            self.sent(service, 9)
            until(lambda: logger.stats()["rejected"] == 1)

    def test_attack_a_record_on_which_our_own_code_fails_does_not_stop_the_others(self):
        from neurallog._send.http import HttpTransport

        send = HttpTransport.send

        def fail(transport, batch):
            if any(record.message == "poison" for record in batch.records):
                raise KeyError("unforeseen")
            return send(transport, batch)

        service = self.service()
        logger = self.logger(service.url)
        with mock.patch.object(HttpTransport, "send", fail), mock.patch.object(_worker, "BACKOFF_MOST_SECONDS", 0.01):
            for number in range(10):
                logger.info("poison" if number == 3 else "good", number=number)
            self.sent(service, 9)
            until(lambda: logger.stats()["rejected"] == 1)

    def test_waits_as_long_as_retry_after_says_and_no_longer_than_a_minute(self):
        from neurallog._send.http import Answer, retry_after

        cases = [("7", 7.0), ("0", 0.0), ("99999999999999", 60.0), ("-1", None), ("soon", None), ("", None)]
        for text, expected in [*cases, ("Wed, 21 Oct 2099 07:28:00 GMT", 60.0), ("\u0664", None)]:
            self.assertEqual(retry_after(Answer(503, {"retry-after": text}, b"")), expected, text)
        service = self.service()
        service.answer = lambda number, _: (429, {"Retry-After": "1"}, {}) if number == 1 else None
        logger = self.logger(service.url)
        started = time.monotonic()
        logger.info("x")
        self.sent(service, 1)
        self.assertGreaterEqual(time.monotonic() - started, 1.0)

    def test_a_key_is_read_from_its_file_and_again_when_it_changes(self):
        service = self.service()
        service.answer = lambda *_: (
            None if service.requests[-1][1].get("Authorization") == "Bearer new" else (401, {}, {})
        )
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "key")
            with open(path, "w") as file:
                file.write("old\n")
            logger = self.logger(service.url, key=None, key_file=path)
            logger.info("x")
            until(lambda: logger.stats()["failures"] >= 1)
            self.assertEqual(logger.stats()["problem"], "status 401")
            with open(path, "w") as file:
                file.write("new\n")
            self.sent(service, 1)

    def test_never_follows_a_redirect_which_would_carry_the_key_elsewhere(self):
        other, service = self.service(), self.service()
        service.answer = lambda *_: (307, {"Location": f"{other.url}/api/logs"}, b"")
        logger = self.logger(service.url)
        logger.info("x")
        until(lambda: logger.stats()["failures"] >= 2)
        self.assertEqual(other.requests, [])

    def test_https_is_verified_by_name_and_authority(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = make_certificate(self, folder)
            service = self.service()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            service._server.socket = context.wrap_socket(service._server.socket, server_side=True)
            url = service.url.replace("http", "https")
            stranger = self.logger(url)
            stranger.info("never")
            until(lambda: stranger.stats()["failures"] >= 1)
            self.assertIn("CERTIFICATE_VERIFY_FAILED", stranger.stats()["problem"])
            logger = self.logger(url, ca_file=cert, follow_levels=True)
            for number in range(5):
                logger.info("x", number=number)
            self.assertEqual(len(self.sent(service, 5)), 5)
            # Levels over TLS: what TLS sends after its handshake is not taken for an answer.
            service.set_levels([{"source": "shop", "namespace": "*", "level": "ERROR"}])
            until(lambda: logger.level == "ERROR")
            service.set_levels([])
            until(lambda: logger.level == "TRACE")
            self.assertEqual(stranger.stats()["sent"], 0)


class Hostile(Case):
    """Whatever the server does, the calls return at once, and the end comes within its time."""

    def hold(self, serve):
        listener = self.listener(serve)
        logger = self.logger(f"http://127.0.0.1:{listener.port}", answer_timeout=0.3)
        started = time.monotonic()
        for number in range(200):
            logger.info("x", number=number)
        self.assertLess(time.monotonic() - started, 20)
        return logger

    def fails(self, serve):
        logger = self.hold(serve)
        until(lambda: logger.stats()["failures"] >= 1)
        self.assertEqual(logger.stats()["queued"], 200)
        return logger.stats()["problem"]

    def test_attack_a_server_that_never_answers(self):
        self.assertIn("imeout", self.fails(lambda connection: connection.recv(1) and time.sleep(60)))

    def test_attack_a_server_that_never_reads(self):
        self.fails(lambda connection: time.sleep(60))

    def test_attack_a_server_that_answers_one_byte_at_a_time(self):
        def serve(connection):
            head_of(connection)
            for byte in b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 10_000:
                connection.sendall(bytes([byte]))
                time.sleep(0.05)

        self.assertIn("imeout", self.fails(serve))

    def test_attack_an_endless_head(self):
        def serve(connection):
            head_of(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"X-A: b\r\n" * 1_000)

        self.fails(serve)

    def test_attack_an_endless_body(self):
        def serve(connection):
            head_of(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65_536)

        self.assertIn("ValueError", self.fails(serve))

    def test_attack_endless_interim_answers(self):
        def serve(connection):
            head_of(connection)
            while True:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

        self.fails(serve)

    def test_attack_answers_that_are_no_http_or_no_json(self):
        for answer in (b"\x00\xff" * 100 + b"\r\n\r\n", b"HTTP/1.1 999999 X\r\n\r\n", b"SSH-2.0-OpenSSH\r\n"):
            self.fails(
                lambda connection, answer=answer: (head_of(connection), connection.sendall(answer), connection.close())
            )

    def test_attack_json_of_another_shape(self):
        bodies = [[], None, 7, {"rejected": {}}, {"rejected": [[]] * 5, "accepted": "x"}, b"[" * 100_000, {"error": []}]
        for status in (200, 400, 413, 429, 500):
            for body in bodies:
                service = self.service()
                service.answer = lambda number, _, given=(status, {}, body): given if number == 1 else None
                logger = self.logger(service.url)
                logger.info("first")
                until(lambda: service.requests)
                logger.info("second")
                until(lambda: logger.stats()["failures"] or logger.stats()["sent"] or logger.stats()["rejected"])
                self.assertEqual(logger.stats()["failed_calls"], 0)
                logger.close(0.01)

    def test_a_status_200_without_the_service_s_body_is_no_acknowledgement(self):
        service = self.service()
        service.answer = lambda *_: (200, {}, b"<html>please log in</html>")
        logger = self.logger(service.url)
        logger.info("x")
        until(lambda: logger.stats()["failures"] >= 1)
        self.assertEqual((logger.stats()["sent"], logger.stats()["queued"]), (0, 1))

    def test_flush_and_close_wait_no_longer_than_their_time(self):
        logger = self.hold(lambda connection: time.sleep(60))
        started = time.monotonic()
        self.assertFalse(logger.flush(0.2))
        self.assertFalse(logger.close(0.2))
        self.assertLess(time.monotonic() - started, 20)

    def test_a_flush_is_no_yes_while_another_thread_s_close_waits_for_the_answer(self):
        release = threading.Event()
        self.addCleanup(release.set)
        service = self.service()
        service.answer = lambda *_: release.wait(30) and None
        logger = self.logger(service.url)
        logger.info("x")
        until(lambda: service.requests)
        closing = threading.Thread(target=logger.close, args=(20,))
        closing.start()
        until(lambda: logger._handle.pipeline._is_closed)
        self.assertFalse(logger.flush(0.1))
        release.set()
        self.assertTrue(logger.flush(20))
        closing.join()

    def test_a_flush_is_no_yes_when_the_end_gives_up_what_it_waits_for(self):
        logger = self.hold(lambda connection: time.sleep(60))
        answers = []
        flush = threading.Thread(target=lambda: answers.append(logger.flush(20)))
        flush.start()
        until(lambda: logger._handle.pipeline.worker._flushes)
        self.assertFalse(logger.close(0.1))
        flush.join()
        self.assertEqual(answers, [False])

    def test_a_host_without_an_answer_takes_a_second_of_the_background_thread_alone(self):
        # A full backlog: the system answers no further connection.
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            others = [socket.socket() for _ in range(8)]
            for one in others:
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            self.addCleanup(lambda: [one.close() for one in others])
            logger = self.logger(f"http://127.0.0.1:{full.getsockname()[1]}", connect_timeout=1.0)
            logger.info("x")
            until(lambda: logger.stats()["failures"] >= 1)
            self.assertIn("imed out", logger.stats()["problem"])

    def test_nothing_of_what_was_sent_is_in_the_problem_that_is_told(self):
        logger = self.logger(NOWHERE, key="nlk_verysecret")
        logger.info("private message")
        until(lambda: logger.stats()["failures"] >= 1)
        self.assertNotRegex(repr(logger) + str(logger.stats()), "verysecret|private")

    def test_attack_a_key_with_a_line_break_is_not_sent_and_not_told(self):
        service = self.service()
        logger = self.logger(service.url, key="nlk_a\r\nX-Evil: 1")
        logger.info("x")
        self.assertFalse(logger.stats()["enabled"])
        self.assertNotIn("nlk_a", str(logger.stats()))
        self.assertEqual(service.requests, [])

    def test_threads_that_write_at_once_lose_nothing(self):
        service = self.service()
        logger = self.logger(service.url, queue_records=100_000, queue_bytes=1 << 30)

        def write(writer):
            for number in range(500):
                logger.info("x", writer=writer, number=number)

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(logger.flush(30))
        self.assertEqual(len(service.records), 4_000)
        self.assertEqual(logger.stats()["sent"], 4_000)


def _bind_to(port):
    def bind(server):
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.socket.bind(("127.0.0.1", port))
        server.server_address = server.socket.getsockname()
        server.server_name, server.server_port = "localhost", port

    return bind


if __name__ == "__main__":
    unittest.main()
