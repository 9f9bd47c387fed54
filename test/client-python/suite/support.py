"""Servers that behave, and servers that do not, on free ports of this machine; and a way to wait without guessing."""

import base64
import contextlib
import hashlib
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import neurallog
from neurallog import _options

# Who runs the suite says in PYTHONPATH which copy of the package it is about; new processes get the same.
SOURCE = os.path.dirname(os.path.dirname(neurallog.__file__))

# Nobody listens there: the port is reserved for discarding, and closed everywhere.
NOWHERE = "http://127.0.0.1:9"
PATIENCE = 30.0


def until(check, what="it"):
    """Waits until `check` gives something, and gives that."""
    end = time.monotonic() + PATIENCE
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come about")
        time.sleep(0.005)


class Service:
    """As the log service answers, as far as a client sees it. `answer` may be set to answer otherwise."""

    def __init__(self):
        self.requests = []
        self.records = []
        self.levels = []
        self.default_namespace = None
        self.levels_asked = 0
        self.answer = None
        self._change = threading.Condition()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_GET(self):
                service.levels_asked += 1
                status, headers, body = service._levels(self.path, self.headers)
                self._send(status, headers, body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.requests.append((self.path, dict(self.headers.items()), body))
                given = None if service.answer is None else service.answer(len(service.requests), body)
                if given is None:
                    records = [json.loads(line) for line in body.split(b"\n")]
                    service.records += records
                    given = 200, {}, {"accepted": len(records), "rejected": [], "ids": []}
                self._send(*given)

            def _send(self, status, headers, body):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if status != 304:
                    self.wfile.write(data)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def set_levels(self, levels):
        with self._change:
            self.levels = levels
            self._change.notify_all()

    def _levels(self, path, headers):
        with self._change:
            end = time.monotonic() + (50 if "wait=" in path else 0)
            while True:
                told = {"levels": self.levels, "default_namespace": self.default_namespace}
                body = json.dumps(told).encode()
                tag = f'"{hashlib.sha256(body).hexdigest()[:22]}"'
                if headers.get("If-None-Match") != tag:
                    return 200, {"ETag": tag}, body
                if time.monotonic() >= end:
                    return 304, {"ETag": tag}, b""
                self._change.wait(end - time.monotonic())

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Listener:
    """Hands each connection to `serve(socket)` in a thread of its own."""

    def __init__(self, serve):
        self.accepted = 0
        self._serve = serve
        self._sockets = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.accepted += 1
            self._sockets.append(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        with connection, contextlib.suppress(OSError, ValueError, AssertionError):
            self._serve(connection)

    def close(self):
        # Wakes the thread that waits for connections, which closing alone does not.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for one in self._sockets:
            one.close()


def head_of(connection):
    """The head of an HTTP request, and what came behind it."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        assert piece
        received += piece
    head, _, rest = received.partition(b"\r\n\r\n")
    return head, rest


def body_of(connection, head, rest):
    size = int(re.search(rb"content-length: (\d+)", head, re.I).group(1))
    while len(rest) < size:
        piece = connection.recv(65536)
        assert piece
        rest += piece
    return rest


class Peer:
    """A server's side of a WebSocket, which can also do what is forbidden."""

    def __init__(self, connection, protocol="mcp"):
        self.connection = connection
        head, self._buffer = head_of(connection)
        self.head = head.decode()
        key = (re.search(r"Sec-WebSocket-Key: (\S+)", self.head) or [""] * 2)[1]
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        self.accept = base64.b64encode(digest).decode()
        if protocol is not None:
            self.upgrade(protocol)

    def upgrade(self, protocol="mcp", more=""):
        self.connection.sendall(
            (
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {self.accept}\r\nSec-WebSocket-Protocol: {protocol}\r\n{more}\r\n"
            ).encode()
        )

    def send(self, opcode, payload, first=0x80, masked=False):
        self.connection.sendall(server_frame(opcode, payload, first, masked))

    def say(self, message):
        self.send(1, json.dumps(message).encode())

    def frame(self):
        """The next frame of the client: (opcode, payload), unmasked."""
        head = self._take(2)
        assert head[1] & 0x80, "a client's frame is masked"
        size = head[1] & 0x7F
        if size >= 126:
            size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
        mask, payload = self._take(4), self._take(size)
        return head[0] & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))

    def _take(self, size):
        while len(self._buffer) < size:
            piece = self.connection.recv(65536)
            assert piece
            self._buffer += piece
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken


def server_frame(opcode, payload, first=0x80, masked=False):
    size = len(payload)
    bit = 0x80 if masked else 0
    if size < 126:
        head = struct.pack("!BB", first | opcode, bit | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first | opcode, bit | 126, size)
    else:
        head = struct.pack("!BBQ", first | opcode, bit | 127, size)
    return head + (b"\0\0\0\0" if masked else b"") + payload


class McpServer:
    """An MCP server with `logger_log` over WebSocket. `judge(arguments)` may give another result, or None."""

    FIELDS = ("component", "level", "message", "trace_id", "data", "created_at", "namespace")

    def __init__(self, fields=FIELDS, judge=None, levels=None):
        self._levels = levels
        self._context = None
        self.calls = []
        self.peers = []
        self.other = []
        self.most_unanswered = 0
        self._fields = fields
        self._judge = judge
        self._listener = Listener(self._serve)

    @property
    def url(self):
        return f"ws://127.0.0.1:{self._listener.port}/mcp"

    def serve_over(self, context):
        """From now on with TLS."""
        self._context = context

    @property
    def accepted(self):
        return self._listener.accepted

    def _serve(self, connection):
        if self._context is not None:
            with self._context.wrap_socket(connection, server_side=True) as secure:
                self._serve_on(secure)
        else:
            self._serve_on(connection)

    def _serve_on(self, connection):
        peer = Peer(connection, None)
        if self._levels is not None and peer.head.startswith("GET /api/levels"):
            body = json.dumps({"levels": self._levels}).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            return
        peer.upgrade()
        self.peers.append(peer)
        while True:
            opcode, payload = peer.frame()
            if opcode != 1:
                self.other.append((opcode, payload))
                continue
            self._answer(peer, json.loads(payload))

    def _answer(self, peer, message):
        method, number = message.get("method"), message.get("id")
        if method == "tools/call":
            result = self._call(message["params"])
            if result is None:
                return
        elif method == "initialize":
            assert message["params"]["protocolVersion"]
            result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "t", "version": "1"}}
        elif method == "tools/list":
            properties = {name: {} for name in self._fields}
            result = {"tools": [{"name": "other"}, {"name": "logger_log", "inputSchema": {"properties": properties}}]}
        else:
            self.other.append(message)
            return
        kind = "error" if "code" in result else "result"
        peer.say({"jsonrpc": "2.0", "id": number, kind: result})

    def _call(self, params):
        assert params["name"] == "logger_log"
        given = {} if self._judge is None else self._judge(params["arguments"])
        if given == {}:
            self.calls.append(params["arguments"])
            return {"content": [{"type": "text", "text": "Stored as 1."}], "structuredContent": {"id": "1"}}
        return given

    def close(self):
        self._listener.close()


class Case(unittest.TestCase):
    """Ends what it opened, the last first."""

    def service(self):
        service = Service()
        self.addCleanup(service.close)
        return service

    def listener(self, serve):
        listener = Listener(serve)
        self.addCleanup(listener.close)
        return listener

    def mcp(self, **options):
        server = McpServer(**options)
        self.addCleanup(server.close)
        return server

    def logger(self, url, **options):
        options = {"key": "nlk_test", "component": "shop", "level": "TRACE", "follow_levels": False, **options}
        # A machine that runs much else may need more than a second to shake hands with itself.
        options = {"quiet": True, "connect_timeout": PATIENCE, **options}
        with mock.patch.object(_options, "CONNECT_SECONDS", PATIENCE):
            logger = neurallog.Logger(url, **options)
        self.addCleanup(logger.close, 0.2)
        return logger

    def sent(self, service, count):
        """The records that a service has, once there are so many."""
        until(lambda: len(service.records) >= count, f"{count} records, of {len(service.records)},")
        return service.records


# A program that hangs must not hold the suite.
SECONDS = 100


class Programs(Case):
    """Runs programs of their own, as what is tested is how they begin and end."""

    def run_program(self, text, *args, environment=None):
        program = "import sys\n" + textwrap.dedent(text)
        # What a new process of multiprocessing imports is a file.
        path = os.path.join(self.folder(), "program.py")
        with open(path, "w") as file:
            file.write(program)
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-W", "error", path, *map(str, args)],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={**os.environ, "PYTHONPATH": SOURCE, **(environment or {})},
        )
        return done, time.monotonic() - started

    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name

    def quiet(self, done, code=0):
        self.assertEqual((done.returncode, done.stdout, done.stderr), (code, "", ""))


def make_certificate(case, folder):
    """A certificate of 127.0.0.1, its own authority: given by who runs the suite, or made by openssl."""
    given = os.environ.get("NEURALLOG_TEST_CERT"), os.environ.get("NEURALLOG_TEST_CERT_KEY")
    if all(given):
        return given
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        case.fail("give a certificate of 127.0.0.1 in NEURALLOG_TEST_CERT and NEURALLOG_TEST_CERT_KEY")
    return cert, key
