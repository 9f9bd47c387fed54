"""
Levels as the service's administrators set them, followed by one long question after the other.

It shares the one thread with sending, so it never waits for an answer that is not due: the first question is answered
at once, each later one is left open and looked at when its socket says that something has come.
"""

import random
import time
from typing import Any, Callable, Optional

from .._limits import (
    LEVELS,
    LEVELS_AGAIN_SECONDS,
    LEVELS_ANSWER_SECONDS,
    LEVELS_FIRST_SECONDS,
    LEVELS_MISSING_SECONDS,
    LEVELS_QUICK,
    LEVELS_WAIT_SECONDS,
)
from .._record.encode import parse_json
from .._record.levels import ServiceLevels
from .delivery import Settings
from .http import FAILURES, Answer, HttpConnection
from .net import Address


class LevelFollower:
    def __init__(self, address: Address, settings: Settings, tell: Callable[[ServiceLevels], None]) -> None:
        self._connection = HttpConnection(address, settings)
        self._path = f"{address.path}/api/levels"
        self._namespace = settings.namespace
        self._tell = tell
        self._tag: Optional[str] = None
        self._asked_at: Optional[float] = None
        # The first records go first.
        self._next_at = time.monotonic() + LEVELS_FIRST_SECONDS
        # How long the last answer let us wait: None if it was asked to come at once; and how many in a row did not.
        self._waited_seconds: Optional[float] = None
        self._quick = 0

    def due_at(self) -> float:
        """When `attend` has something to do by itself, by `time.monotonic`."""
        if self._asked_at is None:
            return self._next_at
        # An answer is due within its time and some seconds more: then the connection is dead.
        return self._asked_at + LEVELS_WAIT_SECONDS + 10

    def readable(self) -> list[Any]:
        sock = self._connection.sock
        return [] if sock is None or self._asked_at is None else [sock]

    def attend(self) -> None:
        """Asks, or takes what has been answered. Takes two seconds at most, whatever the server does."""
        now = time.monotonic()
        try:
            if self._asked_at is None:
                if now >= self._next_at:
                    self._ask()
                return
            sock = self._connection.sock
            if sock is not None and sock.is_readable():
                self._waited_seconds = now - self._asked_at
                self._asked_at = None
                self._take(self._connection.answer(now + LEVELS_ANSWER_SECONDS))
            elif now >= self.due_at():
                self._again(LEVELS_AGAIN_SECONDS)
        except FAILURES:
            self._again(LEVELS_AGAIN_SECONDS)

    def _ask(self) -> None:
        headers: dict[str, str] = {"Accept": "application/json"}
        # Without a tag the answer comes at once. That also reads what TLS sends after its handshake, so that from then
        # on a readable socket means an answer.
        is_waiting = self._tag is not None and self._connection.sock is not None
        path = f"{self._path}?wait={LEVELS_WAIT_SECONDS}" if is_waiting else self._path
        if self._tag is not None:
            headers["If-None-Match"] = self._tag
        self._connection.ask("GET", path, headers, None)
        if is_waiting:
            self._asked_at = time.monotonic()
        else:
            self._waited_seconds = None
            self._take(self._connection.answer(time.monotonic() + LEVELS_ANSWER_SECONDS))

    def _waited(self) -> bool:
        """Whether the last answer was allowed to come when it came; several changes within seconds are."""
        seconds = self._waited_seconds
        if seconds is None or seconds >= LEVELS_AGAIN_SECONDS:
            self._quick = 0
        else:
            self._quick += 1
        return self._quick <= LEVELS_QUICK

    def _take(self, answer: Answer) -> None:
        # A server that answers what should have waited at once is asked now and then, or the two would spin.
        soon = 0.0 if self._waited() else time.monotonic() + LEVELS_AGAIN_SECONDS
        if answer.status == 304:
            self._next_at = soon
            return
        body = parse_json(answer.body) if answer.status == 200 else None
        levels = body.get("levels") if isinstance(body, dict) else None
        if not isinstance(body, dict) or not isinstance(levels, list):
            is_missing = answer.status in (404, 405, 426)
            self._again(LEVELS_MISSING_SECONDS if is_missing else LEVELS_AGAIN_SECONDS)
            return
        tag = answer.headers.get("etag")
        self._tag = tag if isinstance(tag, str) and len(tag) <= 128 and tag.isprintable() else None
        # Without a tag there is nothing to wait for: then it is asked now and then.
        self._next_at = soon if self._tag is not None else time.monotonic() + LEVELS_AGAIN_SECONDS
        # Records that name no namespace go to the key's own, which the service tells.
        place = self._namespace or body.get("default_namespace")
        self._tell(ServiceLevels(levels[:LEVELS], place if isinstance(place, str) and place else None))

    def _again(self, seconds: float) -> None:
        self._connection.shut()
        self._asked_at = None
        self._next_at = time.monotonic() + seconds * random.uniform(0.75, 1.25)

    def shut(self) -> None:
        self._again(LEVELS_AGAIN_SECONDS)
