"""Trace ids: from the application's own context, never made up."""

import contextvars
import re
import sys
from types import TracebackType
from typing import Any, NamedTuple, Optional

from .._limits import TRACE_CHARS
from .text import name_of, text_of

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class TraceContext(NamedTuple):
    """What the records of a request have in common."""

    trace_id: Optional[str]
    span_id: Optional[str]


_NONE = TraceContext(None, None)
_current: "contextvars.ContextVar[TraceContext]" = contextvars.ContextVar("neurallog_trace", default=_NONE)


def parse_traceparent(value: Any) -> TraceContext:
    """
    The ids of a W3C `traceparent`; none of a text that is no valid one.

    Source: https://www.w3.org/TR/trace-context/#traceparent-header
    """
    if isinstance(value, (bytes, bytearray)):
        value = text_of(value, 256)
    if not isinstance(value, str) or len(value) > 256:
        return _NONE
    match = _TRACEPARENT.fullmatch(value.strip())
    if match is None:
        return _NONE
    version, trace_id, span_id, _, rest = match.groups()
    # Version 00 has nothing behind its flags; ff is no version; ids of zeros are none.
    if version == "ff" or (version == "00" and rest is not None):
        return _NONE
    if trace_id == "0" * 32 or span_id == "0" * 16:
        return _NONE
    return TraceContext(trace_id, span_id)


def id_text(value: Any) -> Optional[str]:
    """An id that somebody gave: a text, a UUID, or whatever has a text."""
    if value is None:
        return None
    text = name_of(value, TRACE_CHARS).strip()
    return text or None


class trace:
    """
    Gives a request's ids to every record within: `with neurallog.trace(request.headers.get("traceparent")):`.
    Follows `async` tasks, as context variables do. What is no valid `traceparent` gives none.

    `trace_id` names an id of another kind, as from `X-Trace-ID`.
    """

    __slots__ = ("_context", "_token")

    def __init__(
        self,
        traceparent: Optional[str] = None,
        *,
        trace_id: Optional[object] = None,
        span_id: Optional[object] = None,
    ) -> None:
        parsed = parse_traceparent(traceparent)
        self._context = TraceContext(id_text(trace_id) or parsed.trace_id, id_text(span_id) or parsed.span_id)
        self._token: Optional[contextvars.Token[TraceContext]] = None

    def __enter__(self) -> TraceContext:
        self._token = _current.set(self._context)
        return self._context

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        stack: Optional[TracebackType],
    ) -> None:
        token, self._token = self._token, None
        if token is None:
            return
        try:
            _current.reset(token)
        except ValueError:
            # Left in another context than it was entered in, as generators of some frameworks do.
            pass


def current_trace() -> TraceContext:
    """The ids that a record written now would get: of OpenTelemetry's span if there is one, else of `trace`."""
    found = from_context()
    return TraceContext(found[0], found[1])


def from_context() -> tuple[Optional[str], Optional[str]]:
    # Only what the application itself has loaded: importing it here would cost a second and a dependency.
    module = sys.modules.get("opentelemetry.trace")
    if module is not None:
        found = _from_opentelemetry(module)
        if found is not None:
            return found
    return _current.get()


def _from_opentelemetry(module: Any) -> Optional[tuple[str, str]]:
    try:
        span = module.get_current_span().get_span_context()
        if span.is_valid:
            return format(span.trace_id, "032x"), format(span.span_id, "016x")
    except Exception:
        # Half loaded, or another thing of that name.
        pass
    return None
