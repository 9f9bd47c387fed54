"""Which fields are not sent, by their names: the rules of apps/client/redaction.json, which all clients share."""

import re
from collections.abc import Iterable, Sequence
from re import Pattern

from .._limits import KNOWN_NAMES
from .secret_names import ENDINGS, EXACT, OPEN, QUERY, TAILS, WHOLE, WORDS_AT_END

REDACTED = "[REDACTED]"

# Keywords of a call that are no data, and those that another field may make a secret's. They are never among the known
# names, so that every call with one is looked at.
RESERVED = frozenset({"data", "exc_info", "span_id", "tags", "trace_id"})
# `{"name": "Authorization", "value": "…"}`: fields that name another one's value, and that one.
NAMING = ("name", "key", "header", "field")
NAMED = ("value", "values")
_LOOKED_AT = RESERVED.union(NAMED)

_EXACT = frozenset(EXACT)
_WHOLE = frozenset(WHOLE)
_OPEN = frozenset(OPEN)
_LAST_WORDS = frozenset(WORDS_AT_END)
_TAILS = frozenset(TAILS)
_QUERY = frozenset(QUERY)

_SMALL_THEN_CAPITAL = re.compile(r"([a-z0-9])([A-Z])")
_CAPITALS_THEN_WORD = re.compile(r"([A-Z])([A-Z][a-z])")
_BETWEEN = re.compile(r"[\W_]+")
_DIGITS_AT_END = re.compile(r"(?<![0-9])[0-9]+\Z")


def words_of(name: str) -> list[str]:
    """`stripe.ApiKey`, `STRIPE_API_KEY` and `stripe-api-key` are the words stripe, api, key."""
    spaced = _CAPITALS_THEN_WORD.sub(r"\1 \2", _SMALL_THEN_CAPITAL.sub(r"\1 \2", name))
    return [word for word in _BETWEEN.split(spaced.lower()) if word]


def is_secret_in_query(name: str) -> bool:
    """Whether a name in the query of an address is a secret's there, and nowhere else."""
    return _ends_in_one(words_of(name), _QUERY)


def holds_headers(name: str) -> bool:
    """Whether a name is that of what holds names and values by turns: `raw_headers`, `trailers`."""
    return name[-8:].lower().endswith(("headers", "trailers"))


class FieldTest:
    """
    Whether a name is that of a field that is not sent. `names` come before the usual ones: they match in any case,
    with `_`, `-` or nothing between their words, and as the last words of a longer name.
    """

    __slots__ = ("_added", "_has_defaults", "known_safe", "known_secret")

    def __init__(self, names: Iterable[str] = (), has_defaults: bool = True) -> None:
        self._added = frozenset(joined for joined in ("".join(words_of(name)) for name in names) if joined)
        self._has_defaults = has_defaults
        # Names that were asked for and are none: most calls of a program have the same few.
        self.known_safe: set[str] = set()
        self.known_secret: set[str] = set()

    def is_secret(self, name: str) -> bool:
        """Takes a name of any content, at most `KEY_CHARS` long."""
        if name in self.known_safe:
            return False
        if name in self.known_secret:
            return True
        is_secret = self._test(name)
        known = self.known_secret if is_secret else self.known_safe
        if name not in _LOOKED_AT and len(known) < KNOWN_NAMES:
            known.add(name)
        return is_secret

    def _test(self, name: str) -> bool:
        words = words_of(name)
        if self._added and _ends_in_one(words, self._added):
            return True
        return self._has_defaults and (name in _EXACT or _is_secret_by_default(words))


def _is_secret_by_default(words: Sequence[str]) -> bool:
    if _ends_in_one(words, _OPEN):
        return False
    if "".join(words) in _WHOLE:
        return True
    rest = list(words)
    while len(rest) > 1 and (rest[-1] in _TAILS or _is_number(rest[-1])):
        rest.pop()
    # A last word of digits alone is the name's only word.
    if rest and not _is_number(rest[-1]):
        rest[-1] = _DIGITS_AT_END.sub("", rest[-1])
    return "".join(rest).endswith(ENDINGS) or _ends_in_one(rest, _LAST_WORDS)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit()


def _ends_in_one(words: Sequence[str], names: frozenset[str]) -> bool:
    end = ""
    for word in reversed(words):
        end = word + end
        if end in names:
            return True
    return False


def compiled(patterns: Iterable[object]) -> tuple[Pattern[str], ...]:
    """Expressions that are taken out of every text; what is none is left out."""
    found = []
    for pattern in patterns:
        try:
            if isinstance(pattern, str):
                found.append(re.compile(pattern))
            elif isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str):
                found.append(pattern)
        except re.error:
            continue
    return tuple(found)
