"""
A copy of what the application gave, made during its call: bounded, without secret fields, of plain JSON values only.
Nothing that the application changes afterwards changes it.
"""

import collections.abc
import datetime
import decimal
import enum
import itertools
import math
import traceback
from collections.abc import Iterable
from typing import Any, Optional

from .._limits import (
    DATA_CHARS,
    DEPTH,
    EXACT_INTEGER,
    FRAMES,
    INTEGER_BITS,
    KEY_CHARS,
    MEMBERS,
    TEXT_CHARS,
    VALUES,
)
from .redact import REDACTED, FieldTest

CUT = "…[cut]"
TOO_DEEP = "[too deep]"
TOO_MUCH = "[too much]"


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - len(CUT)] + CUT


def text_of(value: Any, most: int = TEXT_CHARS) -> str:
    """Any value as a text, whatever its own methods do."""
    kind = type(value)
    if kind is str:
        return cut(value, most)
    if issubclass(kind, str):
        return cut(str.__str__(value), most)
    if issubclass(kind, (bytes, bytearray)):
        return cut(bytes(value[: most + 1]).decode("utf-8", "backslashreplace"), most)
    if issubclass(kind, int) and kind is not bool:
        return str(integer(int.__index__(value)))
    try:
        text = str(value)
        return cut(str.__str__(text), most)
    except Exception as error:
        return f"[{kind.__name__} whose text failed: {type(error).__name__}]"


def name_of(value: Any, most: int) -> str:
    """The same for what the service counts in UTF-16 units and does not cut: a character may be two of them."""
    text = text_of(value, most)
    is_short = text.isascii() or len(text.encode("utf-16-le", "surrogatepass")) <= 2 * most
    return text if is_short else cut(text, most // 2)


def integer(value: int) -> Any:
    """An exact integer: as text where JSON's numbers would change it."""
    if -EXACT_INTEGER <= value <= EXACT_INTEGER:
        return value
    bits = value.bit_length()
    return str(value) if bits <= INTEGER_BITS else f"[integer of {bits} bits]"


def error_data(error: BaseException) -> dict[str, Any]:
    """An exception's type, message and stack, its causes included."""
    try:
        stack = "".join(traceback.TracebackException(type(error), error, error.__traceback__, limit=-FRAMES).format())
    except Exception:
        stack = ""
    # The end of a stack says what failed.
    if len(stack) > TEXT_CHARS:
        stack = CUT + stack[-(TEXT_CHARS - len(CUT)) :]
    return {"type": type(error).__name__, "message": text_of(error, 2_000), "stack": stack}


class Snapshot:
    """One copy under way, with what is left of its budget."""

    __slots__ = ("_chars", "_is_secret", "_values")

    def __init__(self, fields: FieldTest) -> None:
        self._is_secret = fields.is_secret
        self._values = VALUES
        self._chars = DATA_CHARS

    @property
    def chars(self) -> int:
        """Characters copied so far."""
        return DATA_CHARS - self._chars

    @property
    def values(self) -> int:
        return VALUES - self._values

    def members(self, given: Any, depth: int = 1) -> dict[str, Any]:
        """A mapping's members; anything else under the name `value`."""
        if type(given) is not dict and not isinstance(given, collections.abc.Mapping):
            return {"value": self.value(given, depth)}
        result: dict[str, Any] = {}
        pairs, more = _bounded(given.items, given)
        for pair in pairs:
            # What a mapping of somebody's own gives may be anything.
            if type(pair) is not tuple or len(pair) != 2:
                continue
            key, value = pair
            self._member(result, key, value, depth)
            if self._values <= 0:
                result["…"] = TOO_MUCH
                return result
        if more:
            result["…"] = more
        return result

    def _member(self, result: dict[str, Any], key: Any, value: Any, depth: int) -> None:
        name = key if type(key) is str and len(key) <= KEY_CHARS else text_of(key, KEY_CHARS)
        self._chars -= len(name)
        if self._is_secret(name):
            self._values -= 1
            result[name] = REDACTED
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

    def _text(self, value: str) -> str:
        # Never none at all: which value it was says something too.
        text = cut(value, max(16, min(TEXT_CHARS, self._chars)))
        self._chars -= len(text)
        return text

    def _items(self, items: Iterable[Any], sized: Any, depth: int) -> Any:
        if depth >= DEPTH:
            return TOO_DEEP
        result: list[Any] = []
        bounded, more = _bounded(lambda: items, sized)
        # A pair of a name and its value, as raw headers are: [(b"authorization", b"...")].
        if len(bounded) == 2 and not more and isinstance(bounded[0], (str, bytes)):
            name = text_of(bounded[0], KEY_CHARS)
            if self._is_secret(name):
                return [name, REDACTED]
        for item in bounded:
            result.append(self.value(item, depth + 1))
            if self._values <= 0:
                result.append(TOO_MUCH)
                return result
        if more:
            result.append(more)
        return result

    def _other(self, value: Any, kind: type, depth: int) -> Any:
        try:
            if isinstance(value, collections.abc.Mapping):
                return TOO_DEEP if depth >= DEPTH else self.members(value, depth + 1)
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
            if isinstance(value, (bytes, bytearray)):
                return self._text(text_of(value))
            if isinstance(value, (list, tuple, set, frozenset, collections.abc.Set, collections.deque)):
                return self._items(value, value, depth)
            if isinstance(value, BaseException):
                return self._owned(error_data(value))
            if isinstance(value, decimal.Decimal):
                return self._text(text_of(value))
            declared = _declared(kind)
            if declared is not None:
                return TOO_DEEP if depth >= DEPTH else self._declared(value, declared, depth)
            return self._text(text_of(value))
        except Exception as error:
            return f"[{kind.__name__} that cannot be read: {type(error).__name__}]"

    def _owned(self, members: dict[str, Any]) -> dict[str, Any]:
        for text in members.values():
            self._chars -= len(text)
        return members

    def _declared(self, value: Any, names: tuple[str, ...], depth: int) -> dict[str, Any]:
        """An object of a class that declares its fields: its text would show its secret ones."""
        result: dict[str, Any] = {}
        for name in names[:MEMBERS]:
            if self._values <= 0:
                break
            self._member(result, name, getattr(value, name, None), depth + 1)
        return result


def _declared(kind: type) -> Optional[tuple[str, ...]]:
    """The fields of a dataclass, of pydantic's models and of attrs' classes, without importing any of them."""
    for attribute in ("__dataclass_fields__", "model_fields", "__attrs_attrs__"):
        declared = getattr(kind, attribute, None)
        if isinstance(declared, dict):
            return tuple(str(name) for name in itertools.islice(declared, MEMBERS))
        if isinstance(declared, tuple):
            return tuple(str(getattr(one, "name", "")) for one in declared[:MEMBERS])
    return None


def _bounded(read: Any, sized: Any) -> tuple[list[Any], str]:
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
