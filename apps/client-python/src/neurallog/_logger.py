"""The logger that applications call. Nothing here raises, waits, or keeps what the application may change."""

import os
import ssl
import time
import weakref
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Optional

from ._limits import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    FLUSH_SECONDS,
    QUEUE_BYTES,
    QUEUE_RECORDS,
)
from ._options import SWITCHED_OFF, Given, component_name, plan
from ._record.compose import NOTHING, Bound, bound_with, composed
from ._record.levels import DEBUG, ERROR, FATAL, INFO, NAMES, OFF, TRACE, UNKNOWN, WARN, Gate, level_number
from ._record.redact import FieldTest
from ._stats import Stats, stats_of
from ._work.pipeline import Pipeline
from ._work.tell import tell


class _Handle:
    """Held by a logger and its children: when the last of them is gone, so is the thread."""

    __slots__ = ("__weakref__", "fields", "pipeline", "problem")

    def __init__(self, fields: FieldTest, pipeline: Optional[Pipeline], problem: Optional[str]) -> None:
        self.fields = fields
        self.pipeline = pipeline
        self.problem = problem
        if pipeline is not None:
            weakref.finalize(self, pipeline.abandon).atexit = False


class Logger:
    """
    Sends records to a log service, in the background.

    No method raises or waits for the network, `flush`, `close` and the end of the process apart: these wait one
    second at most. What cannot be sent is kept up to a bound, then the oldest is dropped and counted; `stats` tells.

    Args:
        url: the service's address, `https://logs.example`, or of its MCP over WebSocket, `wss://logs.example:9060`;
            `NEURALLOG_URL` when left out.
        key: an API key with the role writer; `NEURALLOG_KEY`, else the content of `key_file` or `NEURALLOG_KEY_FILE`.
        component: the records' source; the program's name when left out.
        level: the least level that is sent, `INFO` or `NEURALLOG_LEVEL` when left out. What the service's
            administrators set for the component overrules it while the program runs.
        transport: `http` or `websocket`; by the address when left out.
        namespace: a logical namespace; the key's default when left out.
        redact: further names of fields that are not sent; `redact_defaults=False` takes away the usual ones.
        redact_patterns: expressions whose matches are taken out of messages and texts.
        queue_records, queue_bytes: what may wait.
        connect_timeout: seconds, at most one. answer_timeout: seconds for the answer to a batch.
        tls, ca_file: how `https` and `wss` are verified; as the system does, when left out.
        follow_levels: whether to follow the service's levels; `levels_url` says where, if not at `url`.
        enabled: False makes every call do nothing; `LOGGING_ENABLED` when left out.
        quiet: True keeps what goes wrong off standard error, where it is told once; `stats` tells it all the same.
    """

    __slots__ = ("__weakref__", "_bound", "_component", "_fields", "_gate", "_handle")

    def __init__(
        self,
        url: Optional[str] = None,
        key: Optional[str] = None,
        component: Optional[str] = None,
        level: Optional[str] = None,
        transport: Optional[str] = None,
        *,
        key_file: Optional[str] = None,
        namespace: Optional[str] = None,
        redact: Iterable[str] = (),
        redact_defaults: bool = True,
        redact_patterns: Iterable[object] = (),
        queue_records: int = QUEUE_RECORDS,
        queue_bytes: int = QUEUE_BYTES,
        connect_timeout: float = CONNECT_SECONDS,
        answer_timeout: float = ANSWER_SECONDS,
        tls: Optional[ssl.SSLContext] = None,
        ca_file: Optional[str] = None,
        follow_levels: bool = True,
        levels_url: Optional[str] = None,
        enabled: Optional[bool] = None,
        quiet: bool = False,
    ) -> None:
        given = Given(
            url,
            key,
            component,
            level,
            transport,
            key_file,
            namespace,
            redact,
            redact_defaults,
            redact_patterns,
            queue_records,
            queue_bytes,
            connect_timeout,
            answer_timeout,
            tls,
            ca_file,
            follow_levels,
            levels_url,
            enabled,
            quiet,
        )
        self._bound: Bound = NOTHING
        self._component = "python"
        pipeline: Optional[Pipeline] = None
        fields = FieldTest(())
        problem: Optional[str]
        try:
            found = plan(given, os.environ)
            self._component, fields, problem = found.component, found.fields, found.problem
            if found.make_transport is not None:
                pipeline = Pipeline(
                    found.component,
                    found.level,
                    found.limits,
                    found.make_transport,
                    found.make_follower,
                    quiet is True,
                )
        except Exception as error:
            problem = f"the options cannot be used: {type(error).__name__}"
        if problem is not None and problem != SWITCHED_OFF and quiet is not True:
            tell(problem)
        self._handle = _Handle(fields, pipeline, problem)
        self._take_gate()

    def _take_gate(self) -> None:
        pipeline = self._handle.pipeline
        self._fields = self._handle.fields
        if pipeline is not None:
            self._gate = pipeline.gate(self._component)
        else:
            self._gate = Gate(self._component)
            self._gate.set(OFF)

    # Writing. The test comes first and alone, so that a level that is off costs a call and nothing else. The names that
    # mean something are looked for later: each keyword of a signature would be compared with each one that is given.

    def trace(self, message: object, /, **fields: Any) -> None:
        """A record of the level TRACE.

        Keywords are its data, found again by their names. Some mean something else: `data` (an object with more of it),
        `trace_id`, `span_id`, `tags` (a list), `exc_info` (True: the exception that is being handled; or an exception).
        """
        if self._gate.trace:
            self._log(TRACE, message, fields)

    def debug(self, message: object, /, **fields: Any) -> None:
        """A record of the level DEBUG, as `trace`."""
        if self._gate.debug:
            self._log(DEBUG, message, fields)

    def info(self, message: object, /, **fields: Any) -> None:
        """A record of the level INFO, as `trace`."""
        if self._gate.info:
            self._log(INFO, message, fields)

    def warn(self, message: object, /, **fields: Any) -> None:
        """A record of the level WARN, as `trace`."""
        if self._gate.warn:
            self._log(WARN, message, fields)

    warning = warn

    def error(self, message: object, /, **fields: Any) -> None:
        """A record of the level ERROR, as `trace`."""
        if self._gate.error:
            self._log(ERROR, message, fields)

    def exception(self, message: object, /, **fields: Any) -> None:
        """`error` with the exception that is being handled, its stack included."""
        if self._gate.error:
            fields.setdefault("exc_info", True)
            self._log(ERROR, message, fields)

    def fatal(self, message: object, /, **fields: Any) -> None:
        """A record of the level FATAL, as `trace`. Does not end the program."""
        if self._gate.fatal:
            self._log(FATAL, message, fields)

    critical = fatal

    def log(self, level: str, message: object, /, **fields: Any) -> None:
        """A record of a level by its name; INFO for what is no level."""
        number = level_number(level) or INFO
        if self._gate.level <= number < OFF:
            self._log(number, message, fields)

    def _log(self, level: int, message: Any, fields: dict[str, Any], timestamp_ns: int = 0) -> None:
        pipeline = self._handle.pipeline
        if pipeline is None:
            return
        try:
            gate = self._gate
            if gate.level == UNKNOWN:
                pipeline.open(gate)
                if level < gate.level:
                    return
            pipeline.queue.put(
                composed(level, self._component, message, fields, self._fields, self._bound, timestamp_ns)
            )
            if pipeline.is_late:
                pipeline.send_late()
        except Exception:
            pipeline.failed_calls += 1

    def _failed(self) -> None:
        """Counts a call that cost its record."""
        pipeline = self._handle.pipeline
        if pipeline is not None:
            pipeline.failed_calls += 1

    # Loggers of the same connection

    def child(self, component: object, /, **fields: object) -> "Logger":
        """A logger of another component, with its own level, over the same connection."""
        return self._derived(component_name(component), fields)

    def bind(self, /, **fields: object) -> "Logger":
        """A logger whose records all have these fields too; they are copied now."""
        return self._derived(self._component, fields)

    def _derived(self, component: str, fields: dict[str, object]) -> "Logger":
        derived: Logger = Logger.__new__(type(self))
        derived._handle = self._handle
        derived._component = component
        try:
            derived._bound = bound_with(self._bound, fields, self._handle.fields)
        except Exception:
            derived._bound = self._bound
        derived._take_gate()
        return derived

    # Levels

    @property
    def component(self) -> str:
        return self._component

    @property
    def level(self) -> str:
        """The level in force: the service's for this component, else the program's own."""
        pipeline = self._handle.pipeline
        return NAMES[OFF if pipeline is None else pipeline.level(self._component)]

    @level.setter
    def level(self, level: str) -> None:
        """Sets the program's own level, of all loggers of this connection; what is no level changes nothing."""
        number, pipeline = level_number(level), self._handle.pipeline
        if number is not None and pipeline is not None:
            pipeline.set_level(number)

    def enabled(self, level: str) -> bool:
        """Whether a record of the level would be sent: for what is costly to put together."""
        number, pipeline = level_number(level), self._handle.pipeline
        if number is None or pipeline is None:
            return False
        return pipeline.level(self._component) <= number < OFF

    # The end

    def flush(self, timeout: float = FLUSH_SECONDS) -> bool:
        """Waits until what was written before is stored or given up. False if `timeout`, in seconds, was over first."""
        pipeline = self._handle.pipeline
        try:
            return pipeline is None or pipeline.flush(_seconds(timeout))
        except Exception:
            return False

    async def aflush(self, timeout: float = FLUSH_SECONDS) -> bool:
        """`flush` for coroutines: the loop goes on meanwhile."""
        import asyncio

        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, self.flush, timeout)

    def close(self, timeout: float = FLUSH_SECONDS) -> bool:
        """Flushes and ends this logger and all that share its connection. Later calls do nothing."""
        pipeline = self._handle.pipeline
        if pipeline is None:
            return True
        try:
            deadline = time.monotonic() + _seconds(timeout)
            pipeline.end(deadline)
            return pipeline.join(deadline)
        except Exception:
            return False

    def __enter__(self) -> "Logger":
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        stack: Optional[TracebackType],
    ) -> None:
        self.close()

    def stats(self) -> Stats:
        """How it does, at no cost to the application."""
        return stats_of(self._handle.pipeline, self.level, self._handle.problem)

    def __repr__(self) -> str:
        return f"<neurallog.Logger {self._component!r} {self.level}>"

    def __copy__(self) -> "Logger":
        return self

    def __deepcopy__(self, _: Any) -> "Logger":
        # Part of what is copied, as a connection is: there is one.
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # multiprocessing sends what it is given: the copy there is the other process's own default logger.
        return (_unpickled, (self._component, self._bound.fields))


def _unpickled(component: str, bound: Mapping[str, object]) -> Logger:
    from . import _default

    return _default.get_logger(component).bind(**bound)


def _seconds(given: Any) -> float:
    return float(given) if type(given) in (int, float) and given > 0 else 0.0
