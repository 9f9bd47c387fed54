"""
A copy of what the application gave, made during its call: bounded, without secret fields, of plain JSON values only.
Nothing that the application changes afterwards changes it. Secrets within texts are taken out later, by our own thread.
"""

import collections.abc
import datetime
import enum
import itertools
import math
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from .._limits import (
    CONTEXT_CHARS,
    DATA_CHARS,
    DEPTH,
    FRAMES,
    KEY_CHARS,
    MEMBERS,
    TEXT_CHARS,
    VALUE_BYTES,
    VALUES,
)
from .objects import fields_of, is_text
from .redact import NAMED, NAMING, REDACTED, FieldTest, holds_headers
from .text import CUT, LongText, integer, raw_text, shortened, text_of

TOO_DEEP = "[too deep]"
TOO_MUCH = "[too much]"
# What is left of a text for which there is no room: which value it was says something too.
_LEAST = 16
_ITEMS = (list, tuple, set, frozenset, collections.abc.Set, collections.abc.Sequence, collections.abc.ValuesView)
_ERROR_CHARS = 2_000


class Snapshot:
    """One copy under way, with what is left of its budget."""

    __slots__ = ("_chars", "_context", "_is_secret", "_values")

    def __init__(self, fields: FieldTest) -> None:
        self._is_secret = fields.is_secret
        self._values = VALUES
        self._chars = DATA_CHARS
        self._context = 0

    @property
    def size(self) -> int:
        """What the copy counts for in the queue so far."""
        return 4 * (DATA_CHARS - self._chars + self._context) + VALUE_BYTES * (VALUES - self._values)

    def members(self, given: Any, depth: int = 1) -> dict[str, Any]:
        """A mapping's members; anything else under the name `value`."""
        if type(given) is not dict and not isinstance(given, collections.abc.Mapping):
            return {"value": self.value(given, depth)}
        pairs, more = _bounded(given.items, given)
        return self._object(pairs, more, depth)

    def _object(self, pairs: Iterable[Any], more: str, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for pair in pairs:
            # What a mapping of somebody's own gives may be anything.
            if type(pair) is not tuple or len(pair) != 2:
                continue
            key, value = pair
            self._member(result, key, value, depth)
            if self._values <= 0:
                more = TOO_MUCH
                break
        if more:
            result["…"] = more
        # {"name": "Authorization", "value": "…"}: one member says what the other is.
        for named in NAMED:
            if named in result and self._is_named_secret(result):
                result[named] = REDACTED
        return result

    def _is_named_secret(self, result: dict[str, Any]) -> bool:
        for naming in NAMING:
            for name in (naming, naming.title()):
                found = result.get(name)
                if isinstance(found, str) and len(found) <= KEY_CHARS and self._is_secret(found):
                    return True
        return False

    def _member(self, result: dict[str, Any], key: Any, value: Any, depth: int) -> None:
        name = key if type(key) is str and len(key) <= KEY_CHARS else text_of(key, KEY_CHARS)
        self._chars -= len(name)
        if self._is_secret(name):
            self._values -= 1
            result[name] = REDACTED
        elif issubclass(type(value), (list, tuple)) and holds_headers(name):
            self._values -= 1
            result[name] = self._items(value, value, depth, True)
        else:
            result[name] = self.value(value, depth)

    def value(self, value: Any, depth: int) -> Any:
        kind = type(value)
        self._values -= 1
        if kind is str:
            return self._text(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return integer(value)
        if kind is float:
            return value if math.isfinite(value) else str(value)
        if self._values <= 0:
            return TOO_MUCH
        if kind is list or kind is tuple:
            return self._items(value, value, depth)
        if kind is dict:
            return TOO_DEEP if depth >= DEPTH else self.members(value, depth + 1)
        return self._other(value, kind, depth)

    def _text(self, value: str, most: int = TEXT_CHARS, is_end: bool = False) -> str:
        if len(value) <= _LEAST:
            text = value
        elif self._chars <= 0:
            return CUT
        else:
            text = shortened(value, max(_LEAST, min(most, self._chars)), is_end)
        if type(text) is LongText:
            self._chars -= text.most
            self._context += CONTEXT_CHARS
        else:
            self._chars -= len(text)
        return text

    def _items(self, items: Iterable[Any], sized: Any, depth: int, by_turns: bool = False) -> Any:
        if depth >= DEPTH:
            return TOO_DEEP
        bounded, more = _bounded(lambda: items, sized)
        # A pair of a name and its value, as raw headers are: [(b"authorization", b"...")].
        is_pair = len(bounded) == 2 and not more
        result: list[Any] = []
        hides = False
        for at, item in enumerate(bounded):
            if hides:
                self._values -= 1
                result.append(REDACTED)
                hides = False
                continue
            # By its type: what an object says of its own class may be anything.
            if issubclass(type(item), (str, bytes)):
                hides = self._hides_next(item, at % 2 == 0 if by_turns else at == 0 and is_pair)
            result.append(self.value(item, depth + 1))
            if self._values <= 0:
                more = TOO_MUCH
                break
        if more:
            result.append(more)
        return result

    def _hides_next(self, item: Any, is_name: bool) -> bool:
        """Whether an item says that the one behind it is a secret: by its place, or as an option, `--password`."""
        if len(item) > KEY_CHARS:
            return False
        name = raw_text(item, KEY_CHARS)
        return (is_name or name.startswith("-")) and self._is_secret(name)

    def _other(self, value: Any, kind: type, depth: int) -> Any:
        try:
            if kind is LongText:
                # Bound fields, which are taken once more with further ones.
                return self._text(str.__str__(value), value.most, value.is_end)
            if isinstance(value, enum.Enum):
                return self.value(value.value, depth) if depth < DEPTH else TOO_DEEP
            if isinstance(value, str):
                return self._text(str.__str__(value))
            if isinstance(value, bool):
                return bool(value)
            if isinstance(value, int):
                return integer(int.__index__(value))
            if isinstance(value, float):
                return self.value(float.__float__(value), depth)
            if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
                return value.isoformat()
            if isinstance(value, (bytes, bytearray, memoryview, collections.UserString)):
                return self._text(raw_text(value, TEXT_CHARS))
            if isinstance(value, BaseException):
                return self._error(value)
            if isinstance(value, collections.abc.Mapping):
                return TOO_DEEP if depth >= DEPTH else self.members(value, depth + 1)
            if is_text(kind):
                return self._text(raw_text(value.geturl(), TEXT_CHARS))
            fields = fields_of(value, kind)
            if fields is not None:
                return TOO_DEEP if depth >= DEPTH else self._fields(fields, depth + 1)
            if isinstance(value, _ITEMS):
                return self._items(value, value, depth)
            return self._text(raw_text(value, TEXT_CHARS))
        except Exception as error:
            return f"[{kind.__name__} that cannot be read: {type(error).__name__}]"

    def _fields(self, fields: Iterable[Any], depth: int) -> dict[str, Any]:
        found = list(fields)
        return self._object(found[:MEMBERS], "[and more]" if len(found) > MEMBERS else "", depth)

    def _error(self, error: BaseException) -> dict[str, Any]:
        """An exception's type, message and stack, its causes included."""
        try:
            frames = traceback.TracebackException(type(error), error, error.__traceback__, limit=-FRAMES)
            stack = "".join(frames.format())
        except Exception:
            stack = ""
        return {
            "type": type(error).__name__,
            "message": self._text(raw_text(error, _ERROR_CHARS), _ERROR_CHARS),
            # The end of a stack says what failed.
            "stack": self._text(stack, TEXT_CHARS, is_end=True),
        }


def _bounded(read: Callable[[], Iterable[Any]], sized: Any) -> tuple[list[Any], str]:
    """The first members, and a note of how many more there are. Another thread may change what is read."""
    for _ in range(3):
        try:
            found = list(itertools.islice(read(), MEMBERS + 1))
            break
        except RuntimeError:
            continue
    else:
        return [], "[changed while it was read]"
    if len(found) <= MEMBERS:
        return found, ""
    try:
        more = len(sized) - MEMBERS
    except Exception:
        return found[:MEMBERS], "[and more]"
    return found[:MEMBERS], f"[and {more} more]"
