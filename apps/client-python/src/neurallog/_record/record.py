"""A record as it waits."""

from typing import Any, NamedTuple, Optional


class Record(NamedTuple):
    """A record as it waits. `size` is what it counts for in the queue."""

    size: int
    timestamp_ns: int
    level: int
    component: str
    message: str
    trace_id: Optional[str]
    span_id: Optional[str]
    tags: Optional[list[str]]
    data: Optional[Any]
