import json
import ssl
import tempfile
import time
import unittest
from unittest import mock

from neurallog._send import mcp as _mcp
from neurallog._work import worker as _worker
from support import Case, Peer, make_certificate, until


class Mcp(Case):
    def setUp(self):
        for name, value in (("BACKOFF_SECONDS", 0.01), ("BATCH_SECONDS", 0.01)):
            patch = mock.patch.object(_worker, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def calls(self, server, count):
        until(lambda: len(server.calls) >= count, f"{count} calls")
        return server.calls

    def test_calls_the_tool_with_the_seeds_field_names(self):
        server = self.mcp()
        trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
        self.logger(server.url, namespace="pay").warn("card declined", order=42, trace_id=trace_id)
        call = dict(self.calls(server, 1)[0])
        self.assertRegex(call.pop("created_at"), r"^\d{4}-\d\d-\d\dT")
        self.assertEqual(
            call,
            {
                "component": "shop",
                "level": "WARN",
                "message": "card declined",
                "trace_id": trace_id,
                "data": {"order": 42},
                "namespace": "pay",
            },
        )
        self.assertIn("Authorization: Bearer nlk_test", server.peers[0].head)
        self.assertIn({"jsonrpc": "2.0", "method": "notifications/initialized"}, server.other)

    def test_sends_only_what_the_server_s_tool_takes_and_keeps_the_rest_in_data(self):
        server = self.mcp(fields=("component", "level", "message", "trace_id", "data"))
        self.logger(server.url, namespace="pay").info("x", tags=["eu"], span_id="s", trace_id="order-7", a=1)
        call = self.calls(server, 1)[0]
        self.assertEqual(set(call), {"component", "level", "message", "data"})
        data = dict(call["data"])
        self.assertRegex(data.pop("created_at"), r"^\d{4}-")
        self.assertEqual(data, {"tags": ["eu"], "span_id": "s", "trace_id": "order-7", "a": 1})

    def test_several_calls_are_under_way_at_once_and_never_more_than_may_be(self):
        open_calls, most = [], 0

        def serve(connection):
            nonlocal most
            peer = Peer(connection)
            connection.settimeout(0.05)
            while True:
                try:
                    _, payload = peer.frame()
                except OSError:
                    most = max(most, len(open_calls))
                    while open_calls:
                        peer.say({"jsonrpc": "2.0", "id": open_calls.pop(), "result": {"content": []}})
                    continue
                message = json.loads(payload)
                if message["method"] == "tools/call":
                    open_calls.append(message["id"])
                elif "id" in message:
                    tools = [{"name": "logger_log", "inputSchema": {"properties": {}}}]
                    peer.say({"jsonrpc": "2.0", "id": message["id"], "result": {"tools": tools}})

        listener = self.listener(serve)
        logger = self.logger(f"ws://127.0.0.1:{listener.port}")
        for number in range(200):
            logger.info("x", number=number)
        until(lambda: logger.stats()["sent"] == 200)
        self.assertEqual(most, 64)

    def test_records_in_flight_when_the_connection_breaks_are_sent_again(self):
        first = True

        def judge(_):
            nonlocal first
            if first:
                first = False
                server.peers[0].connection.shutdown(2)
            return {}

        server = self.mcp(judge=judge)
        logger = self.logger(server.url)
        for number in range(500):
            logger.info("x", number=number)
        until(lambda: logger.stats()["sent"] == 500)
        self.assertEqual({call["data"]["number"] for call in server.calls}, set(range(500)))
        self.assertEqual(logger.stats()["queued"], 0)

    def test_a_record_that_the_tool_refuses_is_counted_and_costs_no_others(self):
        refusals = [
            {"isError": True, "content": [{"type": "text", "text": "The message was not stored.\nNL_RECORD_DEPTH: x"}]},
            {"code": -32602, "message": "Invalid arguments"},
        ]
        for refusal in refusals:
            server = self.mcp(judge=lambda given, refusal=refusal: refusal if given["message"] == "bad" else {})
            logger = self.logger(server.url)
            for message in ("good", "bad", "good"):
                logger.info(message)
            until(lambda: logger.stats()["rejected"] == 1)
            until(lambda: len(server.calls) == 3)
            self.assertIn("neurallog", server.calls[-1]["data"])
            self.assertEqual(server.accepted, 1)

    def test_a_failure_of_the_moment_is_tried_again(self):
        failures = [
            {"isError": True, "content": [{"type": "text", "text": "NL_RATE_LIMITED: wait"}]},
            {"isError": True, "content": [{"type": "text", "text": "NL_STORE_UNAVAILABLE: x"}]},
            {"isError": True, "content": [{"type": "text", "text": "NL_QUERY_BUSY: x"}]},
            {"isError": True, "content": [{"type": "text", "text": "NL_ISSUER_UNAVAILABLE: x"}]},
            {"code": -32603, "message": "Internal error"},
        ]
        server = self.mcp(judge=lambda _: failures.pop() if failures else {})
        logger = self.logger(server.url)
        logger.info("x")
        until(lambda: logger.stats()["sent"] == 1)
        self.assertEqual((logger.stats()["rejected"], failures), (0, []))

    def test_a_key_that_is_refused_over_an_open_connection_is_read_again(self):
        codes = ["NL_KEY_EXPIRED", "NL_TOKEN_INVALID", "NL_UNAUTHENTICATED", "NL_FORBIDDEN_ROLE"]
        for code in codes:
            refusals = [{"isError": True, "content": [{"type": "text", "text": f"{code}: no"}]}]
            server = self.mcp(judge=lambda _, refusals=refusals: refusals.pop() if refusals else {})
            logger = self.logger(server.url)
            logger.info("x")
            until(lambda logger=logger: logger.stats()["sent"] == 1)
            self.assertEqual((logger.stats()["rejected"], len(server.peers)), (0, 2))

    def test_a_refused_record_whose_reason_speaks_of_a_busy_one_is_not_sent_again(self):
        text = "NL_RECORD_FIELD_VALUE: NL_STORE_BUSY: is no level"
        refusal = {"isError": True, "content": [{"type": "text", "text": text}]}
        server = self.mcp(judge=lambda given: refusal if given["message"] == "bad" else {})
        logger = self.logger(server.url)
        logger.info("bad")
        until(lambda: logger.stats()["rejected"] == 1)

    def test_a_server_s_ping_requests_and_notifications_are_answered_while_nothing_is_sent(self):
        server = self.mcp()
        logger = self.logger(server.url)
        logger.info("x")
        self.calls(server, 1)
        peer = server.peers[0]
        peer.send(9, b"hello")
        peer.say({"jsonrpc": "2.0", "id": "p1", "method": "ping"})
        peer.say({"jsonrpc": "2.0", "id": 99, "method": "sampling/createMessage"})
        peer.say({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        until(lambda: (10, b"hello") in server.other)
        until(lambda: {"jsonrpc": "2.0", "id": "p1", "result": {}} in server.other)
        until(lambda: any(isinstance(one, dict) and one.get("id") == 99 and "error" in one for one in server.other))
        logger.info("still here")
        self.calls(server, 2)
        self.assertEqual(server.accepted, 1)

    def test_connects_anew_after_the_server_closed(self):
        server = self.mcp()
        logger = self.logger(server.url)
        logger.info("one")
        self.calls(server, 1)
        server.peers[0].send(8, (1001).to_bytes(2, "big"))
        until(lambda: not logger.stats()["connected"])
        logger.info("two")
        self.calls(server, 2)
        self.assertEqual(server.accepted, 2)

    def test_close_says_farewell(self):
        server = self.mcp()
        logger = self.logger(server.url)
        logger.info("x")
        self.assertTrue(logger.close())
        until(lambda: (8, (1000).to_bytes(2, "big")) in server.other)

    def test_follows_levels_at_the_same_host_and_port_or_where_it_is_told(self):
        service = self.service()
        server = self.mcp()
        service.set_levels([{"source": "shop", "namespace": "*", "level": "ERROR"}])
        logger = self.logger(server.url, follow_levels=True, levels_url=service.url)
        logger.info("first")
        until(lambda: logger.level == "ERROR")
        both = self.mcp(levels=[{"source": "shop", "namespace": "*", "level": "FATAL"}])
        logger = self.logger(both.url, follow_levels=True)
        logger.info("first")
        until(lambda: logger.level == "FATAL")

    def test_over_tls_the_server_is_verified(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = make_certificate(self, folder)
            server = self.mcp(levels=[{"source": "shop", "namespace": "*", "level": "ERROR"}])
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            server.serve_over(context)
            url = server.url.replace("ws:", "wss:")
            stranger = self.logger(url)
            stranger.info("never")
            until(lambda: stranger.stats()["failures"] >= 1)
            self.assertIn("CERTIFICATE_VERIFY_FAILED", stranger.stats()["problem"])
            stranger.close(0.01)
            logger = self.logger(url, ca_file=cert, follow_levels=True)
            for number in range(300):
                logger.info("x", number=number)
            self.calls(server, 300)
            until(lambda: logger.level == "ERROR")
            server.peers[-1].send(9, b"hello")
            until(lambda: (10, b"hello") in server.other)


class Hostile(Case):
    """Whatever the server does, nothing is lost, nothing raised, and nobody waits."""

    def setUp(self):
        for name, value in (("BACKOFF_SECONDS", 0.01), ("BATCH_SECONDS", 0.01)):
            patch = mock.patch.object(_worker, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def fails(self, serve):
        listener = self.listener(serve)
        logger = self.logger(f"ws://127.0.0.1:{listener.port}", answer_timeout=0.3, connect_timeout=0.3)
        for number in range(100):
            logger.info("x", number=number)
        until(lambda: logger.stats()["failures"] >= 1)
        stats = logger.stats()
        self.assertEqual((stats["queued"], stats["sent"], stats["failed_calls"]), (100, 0, 0))
        self.assertFalse(logger.close(0.1))
        return stats["problem"]

    def test_attack_no_websocket_at_all(self):
        self.fails(lambda connection: connection.close())
        self.fails(lambda connection: time.sleep(60))
        self.fails(lambda connection: connection.sendall(b"HTTP/1.1 426 Upgrade Required\r\n\r\n"))

    def test_attack_an_upgrade_and_then_silence(self):
        self.assertIn("imed", self.fails(lambda connection: (Peer(connection), time.sleep(60))))

    def test_attack_pings_without_end_instead_of_answers(self):
        def serve(connection):
            peer = Peer(connection)
            while True:
                peer.send(9, b"x" * 100)
                time.sleep(0.001)

        self.fails(serve)

    def test_attack_answers_to_what_was_never_asked(self):
        def serve(connection):
            peer = Peer(connection)
            for number in [*range(-5, 500), 1 << 80, 1.5, "1", None, True, [1], {}]:
                peer.say({"jsonrpc": "2.0", "id": number, "result": 7})
            time.sleep(60)

        self.fails(serve)

    def test_attack_messages_that_are_no_json_rpc(self):
        for payload in (b"no json", b"[]", b"null", b"[" * 100_000, b'"x"'):
            self.fails(lambda connection, payload=payload: (Peer(connection).send(1, payload), time.sleep(1)))

    def test_attack_tools_without_end(self):
        def serve(connection):
            peer = Peer(connection)
            while True:
                message = json.loads(peer.frame()[1])
                if "id" in message:
                    peer.say({"jsonrpc": "2.0", "id": message["id"], "result": {"tools": [], "nextCursor": "more"}})

        self.assertIn("no tool logger_log", self.fails(serve))

    def test_attack_a_server_that_sends_without_being_asked_is_left(self):
        server = self.mcp()
        logger = self.logger(server.url)
        logger.info("x")
        until(lambda: server.calls)
        note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "x" * 60_000}}

        def flood():
            try:
                server.peers[0].say(note)
            except OSError:
                return True
            return not logger.stats()["connected"]

        until(flood)
        logger.info("and on")
        until(lambda: len(server.calls) == 2)

    def test_attack_answers_that_drip_do_not_hold_a_batch_for_ever(self):
        def serve(connection):
            peer = Peer(connection)
            while True:
                message = json.loads(peer.frame()[1])
                if message["method"] == "tools/call":
                    time.sleep(0.05)
                if "id" in message:
                    result = {"tools": [{"name": "logger_log", "inputSchema": {}}], "content": []}
                    peer.say({"jsonrpc": "2.0", "id": message["id"], "result": result})

        listener = self.listener(serve)
        with mock.patch.object(_mcp, "WS_BATCH_SECONDS", 0.3):
            logger = self.logger(f"ws://127.0.0.1:{listener.port}")
            for number in range(100):
                logger.info("x", number=number)
            until(lambda: logger.stats()["failures"] >= 1)
            until(lambda: logger.stats()["sent"] > 0)


if __name__ == "__main__":
    unittest.main()
