"""Batches as lines of JSON over one kept HTTP connection, each with a key under which it is stored once."""

import email.utils
import http.client
import time
from typing import Any, NamedTuple, Optional
from urllib.parse import quote

from .._limits import ANSWER_BYTES, IDLE_SECONDS, RETRY_AFTER_MOST_SECONDS
from .._record.encode import Encoder, parse_json
from .._version import __version__
from .delivery import Batch, Outcome, Settings, Transport
from .net import Address, DeadlineSocket, connect

# What a server or a network may do wrong; all else is a defect of ours.
FAILURES = (OSError, http.client.HTTPException, ValueError)


class Answer(NamedTuple):
    status: int
    headers: Any
    body: bytes


class HttpConnection:
    """One connection to a server, made anew when it is gone."""

    def __init__(self, address: Address, settings: Settings) -> None:
        self._address = address
        self._settings = settings
        self._sock: Optional[DeadlineSocket] = None
        self._client: Optional[http.client.HTTPConnection] = None

    @property
    def sock(self) -> Optional[DeadlineSocket]:
        return self._sock

    def ask(self, method: str, path: str, headers: dict[str, str], body: Optional[bytes]) -> None:
        """Sends a request. @raise OSError, HTTPException, ValueError: and then there is no connection any more."""
        try:
            is_new = self._open()
            try:
                self._send(method, path, headers, body)
            except OSError:
                # A kept connection may have ended while nobody looked.
                if is_new:
                    raise
                self.shut()
                self._open()
                self._send(method, path, headers, body)
        except BaseException:
            self.shut()
            raise

    def _open(self) -> bool:
        """@return: whether the connection is a new one"""
        sock = self._sock
        if sock is not None:
            # Nothing is due between two requests: what can be read is the connection's end.
            is_idle = time.monotonic() - sock.used_at > IDLE_SECONDS
            if not is_idle or not sock.is_readable():
                return False
            self.shut()
        if self._address.is_tls:
            # Before the clock starts: the system's authorities are read once, which is no part of connecting.
            self._settings.tls.context()
        deadline = time.monotonic() + self._settings.connect_seconds
        self._sock = connect(self._address, self._settings.tls, deadline)
        client = http.client.HTTPConnection(self._address.host, self._address.port)
        client.auto_open = 0
        client.sock = self._sock
        self._client = client
        return True

    def _send(self, method: str, path: str, headers: dict[str, str], body: Optional[bytes]) -> None:
        sock, client = self._sock, self._client
        if sock is None or client is None:
            raise OSError("there is no connection")
        sock.deadline = time.monotonic() + self._settings.answer_seconds
        client.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        client.putheader("Host", self._address.authority)
        client.putheader("User-Agent", f"neurallog-python/{__version__}")
        key = self._settings.read_key()
        if key is not None:
            client.putheader("Authorization", f"Bearer {key}")
        for name, value in headers.items():
            client.putheader(name, value)
        if body is not None:
            client.putheader("Content-Length", str(len(body)))
        client.endheaders(body)

    def answer(self, deadline: float) -> Answer:
        """The answer to what was asked. @raise OSError, HTTPException, ValueError: and then the connection is gone."""
        sock, client = self._sock, self._client
        if sock is None or client is None:
            raise OSError("there is no connection")
        try:
            sock.deadline = deadline
            response = client.getresponse()
            body = response.read(ANSWER_BYTES + 1)
            if len(body) > ANSWER_BYTES:
                raise ValueError("the answer is too long")
            sock.used_at = time.monotonic()
            # What is left unread would be taken for the next answer.
            if response.will_close or not response.isclosed():
                self.shut()
            return Answer(response.status, response.headers, body)
        except BaseException:
            self.shut()
            raise

    def shut(self) -> None:
        sock, self._sock, self._client = self._sock, None, None
        if sock is not None:
            sock.shut()


class HttpTransport(Transport):
    def __init__(self, address: Address, settings: Settings, encoder: Encoder) -> None:
        self._settings = settings
        self._encoder = encoder
        self._connection = HttpConnection(address, settings)
        namespace = settings.namespace
        query = "" if namespace is None else f"?namespace={quote(namespace, safe='')}"
        self._path = f"{address.path}/api/logs{query}"

    def send(self, batch: Batch) -> Outcome:
        lines, unfit = self._lines(batch)
        if not lines:
            return Outcome(rejected=unfit, problem="records that cannot be written as JSON")
        headers = {
            "Content-Type": "application/x-ndjson",
            "Accept": "application/json",
            "Idempotency-Key": batch.key,
        }
        try:
            self._connection.ask("POST", self._path, headers, b"\n".join(lines))
            answer = self._connection.answer(time.monotonic() + self._settings.answer_seconds)
        except FAILURES as error:
            return Outcome(left=batch.records, problem=reason(error))
        outcome = judge(answer, batch.records)
        if not outcome.left:
            outcome = outcome._replace(rejected=outcome.rejected + unfit)
            if not outcome.accepted and not outcome.rejected:
                outcome = outcome._replace(accepted=len(lines))
        return outcome

    def _lines(self, batch: Batch) -> "tuple[list[bytes], int]":
        payload = batch.payload
        if payload is None:
            lines: list[bytes] = []
            unfit = 0
            for record in batch.records:
                try:
                    lines.append(self._encoder.line(record))
                except Exception:
                    unfit += 1
            payload = batch.payload = (lines, unfit)
        made: tuple[list[bytes], int] = payload
        return made

    def is_connected(self) -> bool:
        return self._connection.sock is not None

    def shut(self) -> None:
        self._connection.shut()


def judge(answer: Answer, records: Any) -> Outcome:
    """What an answer to a batch means for its records."""
    status = answer.status
    body = parse_json(answer.body)
    count = len(records)
    if status in (200, 400) and isinstance(body, dict) and isinstance(body.get("rejected"), list):
        rejected = min(count, len(body["rejected"]))
        first = next((one for one in body["rejected"] if isinstance(one, dict)), {})
        problem = f"rejected: {code_text(first.get('code'))}" if rejected else None
        return Outcome(accepted=count - rejected, rejected=rejected, problem=problem)
    code = body.get("error", {}) if isinstance(body, dict) else {}
    said = code_text(code.get("code")) if isinstance(code, dict) else ""
    problem = f"status {status} {said}".rstrip()
    if status == 413:
        if count == 1:
            return Outcome(rejected=1, problem=problem)
        return Outcome(left=records, problem=problem, is_too_large=True)
    # The same bytes would get the same answer; all else may be put right at the other end: a key, a route, a proxy.
    if status in (400, 422):
        return Outcome(rejected=count, problem=problem)
    is_doubtful = status == 500
    return Outcome(left=records, problem=problem, wait=retry_after(answer), is_doubtful=is_doubtful)


def retry_after(answer: Answer) -> Optional[float]:
    """Seconds that the server asks for, bounded; None if it does not."""
    text = answer.headers.get("retry-after")
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (TypeError, ValueError, IndexError, OverflowError):
            return None
    return min(max(0.0, seconds), RETRY_AFTER_MOST_SECONDS)


def code_text(code: Any) -> str:
    """A code from a stranger, fit for a message."""
    if not isinstance(code, str):
        return ""
    return "".join(character for character in code[:64] if character.isalnum() or character in "_-.")


def reason(error: BaseException) -> str:
    """Why a connection failed; never what was sent over it."""
    text = str(error) if isinstance(error, OSError) else ""
    return f"{type(error).__name__}: {text[:200]}".rstrip(": ")
