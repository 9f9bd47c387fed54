"""Which fields are not sent, by their names."""

import re
from collections.abc import Iterable, Sequence
from re import Pattern

from .._limits import KNOWN_NAMES

REDACTED = "[REDACTED]"

DEFAULT_FIELDS = (
    "password",
    "passwords",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "token",
    "secret",
    "secrets",
    "secret_key",
    "secret_access_key",
    "api_key",
    "api_keys",
    "access_key",
    "private_key",
    "signing_key",
    "encryption_key",
    "authorization",
    "credential",
    "credentials",
    "cookie",
    "cookies",
)

# Keywords of a call that are no data. They are never among the known names, so that every call with one is looked at.
RESERVED = frozenset({"data", "exc_info", "span_id", "tags", "trace_id"})

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z]+")
_SEPARATORS = re.compile(r"[^A-Za-z0-9\u0080-\U0010ffff]+")


def _joined(name: str) -> str:
    return _SEPARATORS.sub("", name).lower()


class FieldTest:
    """
    Whether a name is that of a field that is not sent: in any case, with `_`, `-` or nothing between
    its words, and also as the last words of a longer name: `db_password`, `x-api-key`,
    `http.request.header.authorization`.
    """

    __slots__ = ("_wanted", "known_safe", "known_secret")

    def __init__(self, names: Iterable[str]) -> None:
        self._wanted: set[str] = {joined for joined in map(_joined, names) if joined}
        # Names that were asked for and are none: most calls of a program have the same few.
        self.known_safe: set[str] = set()
        self.known_secret: set[str] = set()

    def is_secret(self, name: str) -> bool:
        """Takes a name of any content, at most `KEY_CHARS` long."""
        if name in self.known_safe:
            return False
        if name in self.known_secret:
            return True
        if self._test(name):
            if name not in RESERVED and len(self.known_secret) < KNOWN_NAMES:
                self.known_secret.add(name)
            return True
        if name not in RESERVED and len(self.known_safe) < KNOWN_NAMES:
            self.known_safe.add(name)
        return False

    def _test(self, name: str) -> bool:
        wanted = self._wanted
        words = [part for part in _SEPARATORS.split(name) if part]
        # `api_key`, `API-KEY`, `apikey`, `db_password`: the last words, put together.
        if self._ends(words):
            return True
        # `apiKey`, `userToken`: where a new word begins with a capital.
        parts = [piece for word in words for piece in _WORDS.findall(word)]
        return self._ends(parts) or _joined(name) in wanted

    def _ends(self, words: Sequence[str]) -> bool:
        suffix = ""
        for word in reversed(words[-4:]):
            suffix = word.lower() + suffix
            if suffix in self._wanted:
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
