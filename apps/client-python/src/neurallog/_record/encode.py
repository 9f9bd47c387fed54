"""A waiting record as JSON, on our own thread."""

import json
import time
from typing import Any, Optional

from .._limits import DATA_JSON_UNITS, KEY_CHARS, MESSAGE_CHARS
from .levels import NAMES
from .record import Record
from .scrub import Scrubber
from .text import CUT, LongText, cut, finished, name_of

# Numbers that JSON does not have are texts already, so what is left of them is a defect that must not pass.
_dumps = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class Encoder:
    """Makes records into what the service takes, without the secrets that stand in their texts."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._clean = scrubber.clean
        self._second = -1
        self._second_text = ""

    def fields(self, record: Record) -> dict[str, Any]:
        """The record by the names of `POST /api/logs`; what it does not have is left out."""
        size, timestamp_ns, level, component, message, trace_id, span_id, tags, data = record
        fields: dict[str, Any] = {
            "timestamp": self._time(timestamp_ns),
            "level": NAMES[level],
            "source": component,
            # Once more, as what stands for a secret may be longer than it.
            "message": cut(self._text(message), MESSAGE_CHARS),
        }
        if trace_id is not None:
            fields["trace_id"] = trace_id
        if span_id is not None:
            fields["span_id"] = span_id
        if tags:
            fields["tags"] = [name_of(self._text(tag), KEY_CHARS) for tag in tags]
        if data:
            fields["metadata"] = self._bounded(self._cleaned(data), size)
        return fields

    def line(self, record: Record) -> bytes:
        """@raise Exception: for what cannot be JSON, which a snapshot never holds."""
        return to_bytes(_dumps(self.fields(record)))

    def _time(self, timestamp_ns: int) -> str:
        """RFC 3339 in UTC with nanoseconds."""
        second, rest = divmod(timestamp_ns, 1_000_000_000)
        if second != self._second:
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = second
        return f"{self._second_text}.{rest:09d}Z"

    def _bounded(self, data: Any, size: int) -> Any:
        # Most cannot be too large, and are not written twice: names are counted where data is more than flat, and one
        # character is six at most.
        if 6 * (size + KEY_CHARS * len(data)) <= DATA_JSON_UNITS:
            return data
        text = _dumps(data)
        if _units(text) <= DATA_JSON_UNITS:
            return data
        # Twice: a cut text is written once more, and its own quotes are escaped again.
        return {"cut": text[: DATA_JSON_UNITS // 8] + CUT}

    def _text(self, text: str) -> str:
        clean = self._clean(text)
        return finished(text, clean) if isinstance(text, LongText) else clean

    def _cleaned(self, value: Any) -> Any:
        kind = type(value)
        if kind is str or kind is LongText:
            return self._text(value)
        if kind is dict:
            return {key: self._cleaned(inner) for key, inner in value.items()}
        if kind is list:
            return [self._cleaned(inner) for inner in value]
        return value


def _units(text: str) -> int:
    """What the service counts: of UTF-16, where some characters are two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def to_bytes(text: str) -> bytes:
    """UTF-8; halves of surrogate pairs, which it does not have, become U+FFFD, and pairs their character."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def json_bytes(value: Any) -> bytes:
    return to_bytes(_dumps(value))


def parse_json(body: bytes) -> Optional[Any]:
    """JSON from a stranger; None for what is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
