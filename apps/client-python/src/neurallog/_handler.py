"""What `logging` says, sent as records."""

import logging
import threading
from typing import Any, Optional

from ._default import default
from ._limits import FLUSH_SECONDS, MESSAGE_CHARS
from ._logger import Logger
from ._record.levels import OFF, level_of_logging
from ._record.text import raw_text

# What every record of `logging` has; all else was given as `extra`.
_OWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
    "message",
    "asctime",
    "taskName",
}


class Handler(logging.Handler):
    """
    Sends the records of `logging` with a `Logger`: `logging.getLogger().addHandler(neurallog.Handler())`.

    `extra` becomes data, and so do the logger's name, file, line, function, thread and exception; `trace_id`,
    `span_id` and `tags` of `extra` are the record's own. What is said while a record is taken, as by a `__str__`
    that logs, is left out: it would never end.

    Args:
        logger: where to; the program's own logger when left out.
        level: as of any handler. The logger's own level, which the service can set, holds too.
    """

    def __init__(self, logger: Optional[Logger] = None, level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self._logger = logger
        self._inside = threading.local()

    def handle(self, record: logging.LogRecord) -> bool:
        # Without the lock of other handlers: a queue that never waits needs none, and a signal handler that logs cannot
        # be caught in it.
        passed: Any = self.filter(record)
        if passed:
            # From 3.12 on a filter may give another record.
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return bool(passed)

    def emit(self, record: logging.LogRecord) -> None:
        inside = self._inside
        if getattr(inside, "emitting", False):
            return
        inside.emitting = True
        try:
            logger = default() if self._logger is None else self._logger
            try:
                self._emit(logger, record)
            except Exception:
                # As of a formatter, or of a record that is none.
                logger._failed()
        except Exception:
            # Not even a logger to count it in.
            pass
        finally:
            inside.emitting = False

    def _emit(self, logger: Logger, record: logging.LogRecord) -> None:
        level = level_of_logging(record.levelno)
        if not logger._gate.level <= level < OFF:
            return
        given = record.__dict__
        data: dict[str, Any] = {name: given[name] for name in given if name not in _OWN}
        data["logger"] = record.name
        data["file"] = f"{record.pathname}:{record.lineno}"
        data["function"] = record.funcName
        data["thread"] = record.threadName
        if record.exc_info:
            data["exc_info"] = record.exc_info
        elif record.exc_text:
            data["exception"] = record.exc_text
        if record.stack_info:
            data["stack"] = record.stack_info
        created_ns = int(record.created * 1_000_000) * 1_000
        logger._log(level, self._message(record), data, created_ns)

    def _message(self, record: logging.LogRecord) -> str:
        if self.formatter is not None:
            return self.format(record)
        try:
            return record.getMessage()
        except Exception:
            # Arguments that do not fit the text: the text says more than nothing.
            return f"{raw_text(record.msg, MESSAGE_CHARS)} {raw_text(record.args, MESSAGE_CHARS)}"

    def flush(self) -> None:
        """At most one second, as `logging.shutdown` calls it at the end of the process."""
        logger = self._logger
        if logger is not None:
            logger.flush(FLUSH_SECONDS)
