"""A call's record: its message, its fields and those that are bound, copied, with what they count for in the queue."""

import time
from typing import Any, NamedTuple, Optional

from .._limits import MESSAGE_CHARS, RECORD_BYTES
from .call import FEW, flat, meant
from .record import Record
from .redact import RESERVED, FieldTest
from .snapshot import Snapshot
from .text import raw_text, shortened
from .trace import from_context

_time_ns = time.time_ns


class Bound(NamedTuple):
    """Fields that all records of a logger have: a copy, and what it counts for in each record."""

    fields: dict[str, Any]
    size: int


NOTHING = Bound({}, 0)


def bound_with(bound: Bound, fields: dict[str, Any], test: FieldTest) -> Bound:
    """With more of them, all together within what one record may have; the new ones first."""
    if not fields:
        return bound
    before = {name: value for name, value in bound.fields.items() if name not in fields}
    snapshot = Snapshot(test)
    return Bound(snapshot.members({**fields, **before}), snapshot.size)


def composed(
    level: int, component: str, message: Any, fields: dict[str, Any], test: FieldTest, bound: Bound, timestamp_ns: int
) -> Record:
    """`fields` are the call's own dictionary, which is kept."""
    if type(message) is not str or len(message) > MESSAGE_CHARS:
        message = shortened(raw_text(message, MESSAGE_CHARS), MESSAGE_CHARS)
    trace_id, span_id = from_context()
    tags: Optional[list[str]] = None
    size = RECORD_BYTES + (len(message) if message.isascii() else 4 * len(message))
    # The commonest call has a few short values: its own dictionary is copy enough.
    short = flat(fields, test) if len(fields) <= FEW else -1
    if short >= 0:
        size += short
    else:
        if not RESERVED.isdisjoint(fields):
            fields, trace_id, span_id, tags = meant(fields, trace_id, span_id)
        snapshot = Snapshot(test)
        data = fields.pop("data", None)
        copied = {} if data is None else snapshot.members(data)
        if fields:
            copied.update(snapshot.members(fields))
        fields = copied
        size += snapshot.size
    if bound.fields:
        fields = {**bound.fields, **fields}
        size += bound.size
    return Record(size, timestamp_ns or _time_ns(), level, component, message, trace_id, span_id, tags, fields)
