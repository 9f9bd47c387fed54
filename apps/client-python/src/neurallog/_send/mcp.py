"""Records as calls of the MCP tool `logger_log` over one WebSocket, many under way at once."""

import re
import time
from typing import Any, Optional

from .._limits import WS_BATCH_SECONDS, WS_IN_FLIGHT, WS_TURN_BYTES, WS_TURN_SECONDS
from .._record.encode import Encoder, json_bytes, parse_json
from .._record.record import Record
from .._version import __version__
from .delivery import Batch, Outcome, Settings, Transport
from .http import FAILURES, code_text, reason
from .net import Address, connect
from .websocket import WebSocket, WebSocketError, upgrade

TOOL = "logger_log"
PROTOCOL = "2025-11-25"
# What `logger_log` takes everywhere; a server may say that it takes more.
_BASE: frozenset[str] = frozenset({"component", "level", "message", "trace_id", "data"})
_TRACE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?!0{32})[0-9a-f]{32}", re.I)
# Failures of the moment: the record may be stored another time. The TypeScript client has the same list.
_PASSING = re.compile(r"(?:NL_(?:RATE_LIMITED|DRAINING|INTERNAL|STORE_\w+|\w+_(?:BUSY|UNAVAILABLE))|NLC_\w+): ")
# Failures of the key: it may be changed, and then needs a connection of its own.
_KEY_REFUSED = re.compile(r"NL_(?:KEY_\w+|TOKEN_\w+|UNAUTHENTICATED|FORBIDDEN_(?:ROLE|NAMESPACE)): ")


class McpTransport(Transport):
    def __init__(self, address: Address, settings: Settings, encoder: Encoder) -> None:
        self._address = address
        self._settings = settings
        self._encoder = encoder
        self._socket: Optional[WebSocket] = None
        self._takes: frozenset[str] = _BASE
        self._id = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self._unasked = 0
        self._unasked_since = 0.0

    # Sending

    def send(self, batch: Batch) -> Outcome:
        waiting = list(reversed(batch.records))
        pending: dict[int, Record] = {}
        again: list[Record] = []
        accepted = rejected = 0
        problem: Optional[str] = None
        is_key_refused = False
        end = time.monotonic() + WS_BATCH_SECONDS
        try:
            socket = self._open()
            until = time.monotonic() + self._settings.answer_seconds
            while waiting or pending:
                messages: list[bytes] = []
                while waiting and len(pending) < WS_IN_FLIGHT and not again:
                    record = waiting.pop()
                    message = self._call(record)
                    if message is None:
                        rejected += 1
                        continue
                    pending[self._id] = record
                    messages.append(message)
                if not pending:
                    break
                socket.sock.deadline = min(until, end)
                if messages:
                    socket.send(messages)
                self._read(socket)
                for number in [number for number in self._answers if number in pending]:
                    record = pending.pop(number)
                    verdict = judge(self._answers[number])
                    # An answer is progress: only who stops answering is given up.
                    until = time.monotonic() + self._settings.answer_seconds
                    if verdict is None:
                        accepted += 1
                    elif verdict.is_passing:
                        again.append(record)
                        problem = verdict.text
                        is_key_refused = is_key_refused or verdict.is_key_refused
                    else:
                        rejected += 1
                        problem = verdict.text
                self._answers.clear()
        except FAILURES as error:
            problem = reason(error)
            self.shut()
        if is_key_refused:
            self.shut()
        left = [*again, *pending.values(), *reversed(waiting)]
        return Outcome(accepted, rejected, left, problem)

    def _call(self, record: Record) -> Optional[bytes]:
        try:
            arguments = self._arguments(self._encoder.fields(record))
            self._id += 1
            return json_bytes(request(self._id, "tools/call", {"name": TOOL, "arguments": arguments}))
        except Exception:
            return None

    def _arguments(self, fields: dict[str, Any]) -> dict[str, Any]:
        takes = self._takes
        data = fields.get("metadata", {})
        more: dict[str, Any] = {}
        arguments = {
            "component": fields["source"] or "-",
            "level": fields["level"],
            "message": fields["message"],
        }
        trace_id = fields.get("trace_id")
        if trace_id is not None:
            # The tool takes UUIDs and W3C ids; what another system calls a trace is kept beside it.
            if _TRACE_ID.fullmatch(trace_id):
                arguments["trace_id"] = trace_id
            else:
                more["trace_id"] = trace_id
        for name in ("span_id", "tags"):
            if name in fields:
                (arguments if name in takes else more)[name] = fields[name]
        # When it happened, which is not when it comes: it may have waited.
        at = next((name for name in ("created_at", "timestamp") if name in takes), None)
        if at is None:
            more["created_at"] = fields["timestamp"]
        else:
            arguments[at] = fields["timestamp"]
        if self._settings.namespace is not None and "namespace" in takes:
            arguments["namespace"] = self._settings.namespace
        if data or more:
            arguments["data"] = {**more, **data}
        return arguments

    # The connection

    def _open(self) -> WebSocket:
        """@raise OSError, ValueError: when there is none within a second, its handshakes included."""
        if self._socket is not None:
            return self._socket
        settings = self._settings
        if self._address.is_tls:
            settings.tls.context()
        deadline = time.monotonic() + settings.connect_seconds
        sock = connect(self._address, settings.tls, deadline)
        try:
            sock.deadline = deadline
            rest = upgrade(sock, self._address, settings.read_key(), "mcp")
            socket = self._socket = WebSocket(sock, rest)
            self._answers.clear()
            self._initialize(socket)
        except BaseException:
            self._socket = None
            sock.shut()
            raise
        self._unasked = 0
        return socket

    def _initialize(self, socket: WebSocket) -> None:
        client = {"name": "neurallog-python", "version": __version__}
        parameters = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": client}
        self._ask(socket, "initialize", parameters)
        socket.send([json_bytes({"jsonrpc": "2.0", "method": "notifications/initialized"})])
        self._takes = self._tool_fields(socket)

    def _tool_fields(self, socket: WebSocket) -> frozenset[str]:
        """What the server's `logger_log` takes. Its pages are few; a server's word for a next one is not trusted."""
        cursor: Optional[str] = None
        for _ in range(16):
            result = self._ask(socket, "tools/list", {} if cursor is None else {"cursor": cursor})
            tools = result.get("tools")
            for tool in tools if isinstance(tools, list) else []:
                if not isinstance(tool, dict) or tool.get("name") != TOOL:
                    continue
                schema = tool.get("inputSchema")
                properties = schema.get("properties") if isinstance(schema, dict) else None
                return _BASE | frozenset(properties) if isinstance(properties, dict) else _BASE
            cursor = result.get("nextCursor")
            if not isinstance(cursor, str):
                break
        raise WebSocketError(f"the server has no tool {TOOL}")

    def _ask(self, socket: WebSocket, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._id += 1
        number = self._id
        socket.send([json_bytes(request(number, method, parameters))])
        while number not in self._answers:
            self._read(socket)
        answer = self._answers.pop(number)
        result = answer.get("result")
        if not isinstance(result, dict):
            raise WebSocketError(f"the server refused {method}")
        return result

    def _read(self, socket: WebSocket, data: Optional[bytes] = None) -> None:
        replies: list[bytes] = []
        for text in socket.receive(data):
            message = parse_json(text.encode())
            if not isinstance(message, dict):
                raise WebSocketError("the server's message is not JSON-RPC", 1007)
            number, method = message.get("id"), message.get("method")
            if isinstance(method, str):
                if isinstance(number, (int, str)):
                    replies.append(json_bytes(reply(number, method)))
            elif type(number) is int and 0 < number <= self._id:
                self._answers[number] = message
        if replies:
            socket.send(replies)

    # While nothing is sent

    def readable(self) -> list[Any]:
        return [] if self._socket is None else [self._socket.sock]

    def attend(self) -> None:
        socket = self._socket
        if socket is None:
            return
        try:
            data = socket.sock.recv_now(64 * 1024)
            if data is None:
                return
            now = time.monotonic()
            if now - self._unasked_since > WS_TURN_SECONDS:
                self._unasked, self._unasked_since = 0, now
            self._unasked += len(data)
            if self._unasked > WS_TURN_BYTES:
                raise WebSocketError("the server sends what nobody asked for", 1008)
            socket.sock.deadline = now + 1.0
            self._read(socket, data)
            self._answers.clear()
        except FAILURES:
            self.shut()

    def is_connected(self) -> bool:
        return self._socket is not None

    def shut(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.shut()

    def end(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()


class Verdict:
    """Why a call did not store its record."""

    __slots__ = ("is_key_refused", "is_passing", "text")

    def __init__(self, text: str, is_passing: bool, is_key_refused: bool = False) -> None:
        self.text = text
        self.is_passing = is_passing or is_key_refused
        self.is_key_refused = is_key_refused


def judge(answer: dict[str, Any]) -> Optional[Verdict]:
    """None where the record is stored."""
    result, error = answer.get("result"), answer.get("error")
    if isinstance(result, dict):
        if result.get("isError") is not True:
            return None
        text = first_text(result.get("content"))
        code = re.search(r"NLC?_[A-Z_]{1,60}", text[:4_096])
        said = code.group() if code else "the tool failed"
        is_passing, is_key_refused = (pattern.match(text) is not None for pattern in (_PASSING, _KEY_REFUSED))
        return Verdict(f"rejected: {said}", is_passing, is_key_refused)
    number = error.get("code") if isinstance(error, dict) else None
    # Invalid parameters are the record's fault; all else is the server's.
    return Verdict(f"rejected: JSON-RPC error {code_text(str(number))}", number != -32602)


def first_text(content: Any) -> str:
    for one in content if isinstance(content, list) else []:
        if isinstance(one, dict) and isinstance(one.get("text"), str):
            text: str = one["text"]
            return text
    return ""


def request(number: int, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}


def reply(number: Any, method: str) -> dict[str, Any]:
    """What a server may ask of us is whether we are there."""
    if method == "ping":
        return {"jsonrpc": "2.0", "id": number, "result": {}}
    error = {"code": -32601, "message": "Method not found"}
    return {"jsonrpc": "2.0", "id": number, "error": error}
