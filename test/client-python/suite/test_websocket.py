import random
import socket
import threading
import unittest

from neurallog._limits import WS_MESSAGE_BYTES
from neurallog._send import websocket as _websocket
from neurallog._send.net import DeadlineSocket, parse_address
from neurallog._send.websocket import (
    CLOSE,
    PING,
    TEXT,
    FrameReader,
    WebSocket,
    WebSocketError,
    frame,
    masked,
    upgrade,
)
from support import Case, Peer, server_frame

ADDRESS = parse_address("ws://127.0.0.1:9060/mcp", ("ws",))


class Frames(Case):
    def test_a_client_s_frame_is_masked_and_has_the_shortest_length(self):
        for size, head in ((0, 6), (125, 6), (126, 8), (65_535, 8), (65_536, 14)):
            payload = bytes(range(256)) * (size // 256 + 1)
            payload = payload[:size]
            made = frame(TEXT, payload)
            self.assertEqual(len(made), head + size)
            self.assertEqual((made[0], made[1] & 0x80), (0x81, 0x80))
            mask = made[head - 4 : head]
            self.assertEqual(bytes(byte ^ mask[at % 4] for at, byte in enumerate(made[head:])), payload)

    def test_masking_twice_gives_the_payload_again(self):
        for _ in range(200):
            payload, mask = random.randbytes(random.randrange(300)), random.randbytes(4)
            self.assertEqual(masked(masked(payload, mask), mask), payload)

    def test_reads_the_same_messages_wherever_the_bytes_are_split(self):
        seeded = random.Random(7)
        for _ in range(300):
            expected, stream = [], b""
            for _ in range(seeded.randrange(1, 6)):
                payload = seeded.randbytes(seeded.choice([0, 1, 125, 126, 300, 70_000]))
                pieces, rest = [], payload
                while rest and seeded.random() < 0.5:
                    at = seeded.randrange(len(rest) + 1)
                    pieces.append(rest[:at])
                    rest = rest[at:]
                pieces.append(rest)
                for number, piece in enumerate(pieces):
                    is_last = number == len(pieces) - 1
                    stream += server_frame(TEXT if number == 0 else 0, piece, first=0x80 if is_last else 0)
                    if not is_last and seeded.random() < 0.3:
                        stream += server_frame(PING, b"p")
                        expected.append((PING, b"p"))
                expected.append((TEXT, payload))
            reader, found, at = FrameReader(), [], 0
            while at < len(stream):
                size = seeded.choice([1, 2, 3, 1_000, 65_536]) if len(stream) < 2_000 else seeded.randrange(1, 65_536)
                found += reader.feed(stream[at : at + size])
                at += size
            self.assertEqual(found, expected)

    def refused(self, data, code):
        with self.assertRaises(WebSocketError) as caught:
            FrameReader().feed(data)
        self.assertEqual(caught.exception.code, code)

    def test_attack_frames_that_the_standard_forbids_end_the_connection(self):
        self.refused(server_frame(TEXT, b"x", masked=True), 1002)
        for bit in (0x40, 0x20, 0x10):
            self.refused(server_frame(TEXT, b"x", first=0x80 | bit), 1002)
        for opcode in (3, 7, 11, 15):
            self.refused(server_frame(opcode, b""), 1002)
        self.refused(server_frame(0, b"continued from nothing"), 1002)
        self.refused(server_frame(TEXT, b"a", first=0) + server_frame(TEXT, b"b"), 1002)
        self.refused(server_frame(PING, b"", first=0), 1002)
        self.refused(server_frame(PING, b"x" * 126), 1002)
        self.refused(server_frame(2, b"binary"), 1003)

    def test_attack_a_frame_that_says_that_it_is_huge_is_refused_before_it_comes(self):
        self.refused(b"\x81\x7f" + (1 << 62).to_bytes(8, "big"), 1009)
        self.refused(b"\x81\x7f" + ((1 << 64) - 1).to_bytes(8, "big"), 1009)

    def test_attack_fragments_without_end_are_refused(self):
        reader = FrameReader()
        piece = server_frame(TEXT, b"x" * 100_000, first=0)
        with self.assertRaises(WebSocketError):
            for _ in range(WS_MESSAGE_BYTES // 100_000 + 1):
                reader.feed(piece)
                piece = server_frame(0, b"x" * 100_000, first=0)
        reader = FrameReader()
        reader.feed(server_frame(TEXT, b"", first=0))
        with self.assertRaises(WebSocketError):
            reader.feed(server_frame(0, b"", first=0) * 100_000)

    def test_attack_random_bytes_are_messages_or_an_error_and_nothing_else(self):
        seeded = random.Random(11)
        for _ in range(5_000):
            reader = FrameReader()
            try:
                for _ in range(4):
                    for opcode, payload in reader.feed(seeded.randbytes(seeded.randrange(40))):
                        self.assertIn(opcode, (TEXT, CLOSE, PING, _websocket.PONG))
                        self.assertLessEqual(len(payload), 160)
            except WebSocketError:
                continue


class Pairs(Case):
    """Both sides of a connection, in one process."""

    def pair(self):
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        sock = DeadlineSocket(ours)
        import time

        sock.deadline = time.monotonic() + 10
        return sock, theirs

    def shake(self, answer):
        sock, theirs = self.pair()

        def serve():
            peer = Peer(theirs, None)
            self.head = peer.head
            theirs.sendall(answer(peer))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            return upgrade(sock, ADDRESS, "nlk_x", "mcp")
        finally:
            thread.join()

    def good(self, peer, **other):
        headers = {
            "Upgrade": "WebSocket",
            "Connection": "keep-alive, Upgrade",
            "Sec-WebSocket-Accept": peer.accept,
            "Sec-WebSocket-Protocol": "mcp",
            **other,
        }
        lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return ("\r\n".join(["HTTP/1.1 101 Switching Protocols", *lines]) + "\r\n\r\n").encode()

    def test_asks_for_the_subprotocol_with_the_key_and_keeps_what_came_early(self):
        rest = self.shake(lambda peer: self.good(peer) + server_frame(TEXT, b"early"))
        self.assertEqual(rest, server_frame(TEXT, b"early"))
        self.assertTrue(self.head.startswith("GET /mcp HTTP/1.1"))
        for line in ("Host: 127.0.0.1:9060", "Authorization: Bearer nlk_x", "Sec-WebSocket-Protocol: mcp"):
            self.assertIn(line, self.head.split("\r\n"))

    def test_attack_an_upgrade_that_does_not_hold_is_refused(self):
        for name, value in (
            ("Sec-WebSocket-Accept", "wrong"),
            ("Sec-WebSocket-Accept", None),
            ("Sec-WebSocket-Protocol", "other"),
            ("Sec-WebSocket-Protocol", None),
            ("Sec-WebSocket-Extensions", "permessage-deflate"),
            ("Upgrade", "h2c"),
            ("Connection", "close"),
        ):
            with self.assertRaises(WebSocketError, msg=f"{name}: {value}"):
                self.shake(lambda peer, name=name, value=value: self.good(peer, **{name: value}))
        for answer in (b"HTTP/1.1 401 Unauthorized\r\n\r\n", b"HTTP/1.0 101 X\r\n\r\n", b"\xff\r\n\r\n"):
            with self.assertRaises(WebSocketError):
                self.shake(lambda peer, answer=answer: answer)

    def test_attack_an_endless_head_is_refused(self):
        with self.assertRaises(WebSocketError):
            self.shake(lambda _: b"HTTP/1.1 101 X\r\n" + b"a: b\r\n" * 10_000)

    def open(self):
        sock, theirs = self.pair()
        return WebSocket(sock, b""), theirs

    def client_frame(self, theirs):
        peer = Peer.__new__(Peer)
        peer.connection, peer._buffer = theirs, b""
        return peer.frame()

    def test_a_ping_is_answered_with_its_payload(self):
        client, theirs = self.open()
        theirs.sendall(server_frame(PING, b"are you there"))
        self.assertEqual(client.receive(), [])
        self.assertEqual(self.client_frame(theirs), (_websocket.PONG, b"are you there"))

    def test_attack_a_flood_of_pings_costs_one_answer_a_read(self):
        client, theirs = self.open()
        client.receive(server_frame(PING, b"1") * 10_000 + server_frame(PING, b"last"))
        self.assertEqual(self.client_frame(theirs), (_websocket.PONG, b"last"))
        client.close()
        self.assertEqual(self.client_frame(theirs)[0], CLOSE)

    def test_a_close_is_answered_and_ends_the_connection(self):
        client, theirs = self.open()
        theirs.sendall(server_frame(CLOSE, (1001).to_bytes(2, "big") + b"going away"))
        with self.assertRaisesRegex(WebSocketError, "code 1001"):
            client.receive()
        self.assertEqual(self.client_frame(theirs), (CLOSE, (1000).to_bytes(2, "big")))
        self.assertEqual(theirs.recv(1), b"")

    def test_text_that_is_not_utf_8_ends_the_connection_with_its_code(self):
        client, theirs = self.open()
        theirs.sendall(server_frame(TEXT, b"\xff\xfe"))
        with self.assertRaises(WebSocketError):
            client.receive()
        self.assertEqual(self.client_frame(theirs), (CLOSE, (1007).to_bytes(2, "big")))

    def test_the_end_without_a_close_is_an_error_too(self):
        client, theirs = self.open()
        theirs.close()
        with self.assertRaises(OSError):
            client.receive()


if __name__ == "__main__":
    unittest.main()
