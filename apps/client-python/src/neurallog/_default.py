"""The program's own logger, made from the environment when it is first used."""

import os
import threading
from typing import Any, Optional

from ._limits import FLUSH_SECONDS
from ._logger import Logger
from ._stats import Stats

# Entered again where making the logger runs what logs itself.
_lock = threading.RLock()
_logger: Optional[Logger] = None


def _after_fork() -> None:
    """In the child: whoever held the lock is not here to let it go."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def configure(*args: Any, **options: Any) -> Logger:
    """
    Makes the program's logger with the arguments of `Logger`, and ends the one before. Like all else here it does not
    raise: `stats()["problem"]` says what is wrong with them.
    """
    global _logger
    try:
        made = Logger(*args, **options)
    except TypeError:
        # An option that is none.
        made = Logger("", transport="an option that Logger does not have", quiet=bool(options.get("quiet")))
    with _lock:
        before, _logger = _logger, made
    if before is not None:
        before.close()
    return made


def default() -> Logger:
    logger = _logger
    return logger if logger is not None else _make()


def _make() -> Logger:
    global _logger
    with _lock:
        if _logger is None:
            _logger = Logger()
        return _logger


def get_logger(component: Optional[str] = None) -> Logger:
    """The program's logger, or one of another component over its connection."""
    logger = default()
    return logger if component is None else logger.child(component)


def debug(message: object, /, **fields: Any) -> None:
    """`Logger.debug` of the program's logger."""
    default().debug(message, **fields)


def info(message: object, /, **fields: Any) -> None:
    """`Logger.info` of the program's logger."""
    default().info(message, **fields)


def warn(message: object, /, **fields: Any) -> None:
    """`Logger.warn` of the program's logger."""
    default().warn(message, **fields)


def error(message: object, /, **fields: Any) -> None:
    """`Logger.error` of the program's logger."""
    default().error(message, **fields)


def exception(message: object, /, **fields: Any) -> None:
    """`Logger.exception` of the program's logger."""
    default().exception(message, **fields)


def fatal(message: object, /, **fields: Any) -> None:
    """`Logger.fatal` of the program's logger."""
    default().fatal(message, **fields)


def log(level: str, message: object, /, **fields: Any) -> None:
    """`Logger.log` of the program's logger; TRACE is written so, as `neurallog.trace` is the trace of a request."""
    default().log(level, message, **fields)


def flush(timeout: float = FLUSH_SECONDS) -> bool:
    """`Logger.flush` of the program's logger."""
    return default().flush(timeout)


def close(timeout: float = FLUSH_SECONDS) -> bool:
    """`Logger.close` of the program's logger."""
    return default().close(timeout)


def stats() -> Stats:
    """`Logger.stats` of the program's logger."""
    return default().stats()
