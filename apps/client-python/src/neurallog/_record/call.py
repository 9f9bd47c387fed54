"""What a call was given: the look that is enough for most calls, and the keywords that mean something."""

import sys
from typing import Any, Optional

from .._limits import EXACT_INTEGER, KEY_CHARS, TAGS, VALUE_BYTES
from .redact import REDACTED, FieldTest
from .text import raw_text, shortened
from .trace import id_text

# Values this long and shorter ones, and so many of them, are taken as they are; others by way of the snapshot.
SHORT = 512
FEW = 32


def flat(fields: dict[str, Any], test: FieldTest) -> int:
    """
    What the fields count for in the queue, secret ones taken out in their place.
    -1 if they need a look, as they are not all short, plain and known.
    """
    size = 0
    safe = test.known_safe
    for name, value in fields.items():
        if name not in safe:
            if name not in test.known_secret:
                return -1
            # Its place stays, so the dictionary may be read on.
            fields[name] = REDACTED
            continue
        kind = type(value)
        if kind is str:
            length = len(value)
            if length > SHORT:
                return -1
            size += 4 * length
        elif kind is int:
            if not -EXACT_INTEGER <= value <= EXACT_INTEGER:
                return -1
        elif kind is float:
            # Neither infinite nor no number: these are equal to themselves and smaller than that.
            if not -1.8e308 < value < 1.8e308:
                return -1
        elif kind is not bool and value is not None:
            return -1
    return size + VALUE_BYTES * len(fields)


def meant(
    given: dict[str, Any], trace_id: Optional[str], span_id: Optional[str]
) -> tuple[dict[str, Any], Optional[str], Optional[str], Optional[list[str]]]:
    """The fields apart from those that mean something: (fields, trace_id, span_id, tags)."""
    fields = dict(given)
    named, span = fields.pop("trace_id", None), fields.pop("span_id", None)
    if named is not None:
        # The span of another trace is none of this one's.
        trace_id, span_id = id_text(named), None
    if span is not None:
        span_id = id_text(span)
    tags = fields.pop("tags", None)
    error = _error_of(fields.pop("exc_info", None))
    if error is not None:
        fields["exception"] = error
    return fields, trace_id, span_id, None if tags is None else _tags(tags)


def _error_of(given: Any) -> Optional[BaseException]:
    if not given:
        return None
    if isinstance(given, tuple):
        given = given[1] if len(given) == 3 else None
    if given is True or isinstance(given, int):
        given = sys.exc_info()[1]
    return given if isinstance(given, BaseException) else None


def _tags(tags: Any) -> Optional[list[str]]:
    if isinstance(tags, str):
        return [shortened(tags, KEY_CHARS)]
    found: list[str] = []
    for tag in tags:
        if len(found) >= TAGS:
            break
        found.append(shortened(raw_text(tag, KEY_CHARS), KEY_CHARS))
    return found
