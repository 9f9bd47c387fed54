"""
Sends log records to a NeuralLog service, in the background, and never in the application's way.

    import neurallog

    log = neurallog.Logger("https://logs.example", component="checkout")
    log.info("card declined", order=42)

See `Logger`, `Handler` for `logging`, and `trace` for the ids of a request.
"""

from ._default import (
    close,
    configure,
    debug,
    error,
    exception,
    fatal,
    flush,
    get_logger,
    info,
    log,
    stats,
    warn,
)
from ._handler import Handler
from ._logger import Logger
from ._record.redact import REDACTED
from ._record.trace import TraceContext, current_trace, parse_traceparent, trace
from ._stats import Stats
from ._version import __version__

__all__ = [
    "REDACTED",
    "Handler",
    "Logger",
    "Stats",
    "TraceContext",
    "__version__",
    "close",
    "configure",
    "current_trace",
    "debug",
    "error",
    "exception",
    "fatal",
    "flush",
    "get_logger",
    "info",
    "log",
    "parse_traceparent",
    "stats",
    "trace",
    "warn",
]
