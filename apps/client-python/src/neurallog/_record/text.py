"""Values as bounded texts."""

from typing import Any

from .._limits import CONTEXT_CHARS, EXACT_INTEGER, INTEGER_BITS

CUT = "…[cut]"


class LongText(str):
    """
    A text that is to be cut once it is cleaned, with some of what is behind the cut: a secret that stands across it
    would be no longer recognised. Our own thread does both, so that no call pays for it.
    """

    __slots__ = ("is_end", "most")
    # How many characters may be sent, and whether those are the last ones.
    most: int
    is_end: bool


def shortened(text: str, most: int, is_end: bool = False) -> str:
    """A text as it waits: itself, or the part of it from which `finished` makes what is sent."""
    if len(text) <= most:
        return text
    window = text[-(most + CONTEXT_CHARS) :] if is_end else text[: most + CONTEXT_CHARS]
    long = LongText(window)
    long.most = most
    long.is_end = is_end
    return long


def finished(long: LongText, clean: str) -> str:
    """What is sent of a long text; `clean` is what cleaning made of it."""
    if len(long) < long.most + CONTEXT_CHARS:
        return cut(clean, long.most, long.is_end)
    # What lies at the other end of the context may be half a secret itself.
    visible = max(0, min(long.most, len(clean) - CONTEXT_CHARS) - len(CUT))
    if not long.is_end:
        return clean[:visible] + CUT
    return CUT + clean[len(clean) - visible :]


def cut(text: str, most: int, is_end: bool = False) -> str:
    if len(text) <= most:
        return text
    visible = most - len(CUT)
    return CUT + text[len(text) - visible :] if is_end else text[:visible] + CUT


def raw_text(value: Any, most: int) -> str:
    """Any value as a text, whatever its own methods do; of bytes no more than `most` and some."""
    kind = type(value)
    if kind is str:
        text: str = value
        return text
    if issubclass(kind, str):
        return str.__str__(value)
    if issubclass(kind, (bytes, bytearray, memoryview)):
        return bytes(value[: most + CONTEXT_CHARS]).decode("utf-8", "backslashreplace")
    if issubclass(kind, int) and kind is not bool:
        return str(integer(int.__index__(value)))
    try:
        return str.__str__(str(value))
    except Exception as error:
        return f"[{kind.__name__} whose text failed: {type(error).__name__}]"


def text_of(value: Any, most: int) -> str:
    """The same, cut: for names and what else nobody cleans."""
    return cut(raw_text(value, most), most)


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
