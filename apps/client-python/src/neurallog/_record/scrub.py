"""
Texts without secrets, by the name that stands before one, or by its looks: `texts` among the rules of
apps/client/redaction.json, and what only Python writes so. Runs on our own thread.

Linear in the text's length: what is walked over is never walked over again.
"""

import re
from collections.abc import Callable
from re import Match, Pattern
from typing import NamedTuple, Optional

from .._limits import KNOWN_NAMES, NAME_IN_TEXT_CHARS
from .redact import REDACTED, is_secret_in_query
from .text_ends import end_of_nested, end_of_string

Scrub = Callable[[str], str]
IsSecret = Callable[[str], bool]

_NAME = r"[\w.\-\u0080-\U0010ffff]"
# A name before `:` or `=`, bare, or up to its closing quote and the backslashes before that; also user[name]=.
_NAME_BEFORE = re.compile(rf"(?:(?<!{_NAME})({_NAME}+)|(?<!\\)(\\*)([\"']))\]?(?:%5D)?[ \t]{{0,4}}([:=])")
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_USER_AND_PASSWORD = re.compile(r"""([^\s/?#:@"'<>]*:)[^\s/?#"'<>]+@""")
_LITERAL = re.compile(r"(?:null|true|false|None|True|False)(?![\w.-])")
_BARE = re.compile(r"""(?:(?:Bearer|Basic|ApiKey|Token|Digest)[ \t]{1,4})?[^\s,;&"'}\])]+""", re.I)
_LINE = re.compile(r"""Digest[^\r\n]*|[^\r\n"'`]*[^\s"'`]""", re.I)
_LINE_NAMES = re.compile(r"(?:authorization|cookies?)\Z", re.I)
# A string, also one of Python's with a prefix: b'…'.
_OPENING = re.compile(r"""(?:[bBuUrR]{0,2})(\\{0,15})(["'])""")
# Objects as `repr` writes them: Secret(value='…'), <Token '…'>, ('a', 'b').
_CALL = re.compile(r"[A-Za-z_][\w.]{0,128}\(|\(")
_ANGLES = re.compile(r"<[^<>\n]*>?")
_BLANKS = re.compile(r"[ \t]{0,8}")
_MORE_BLANKS = re.compile(r"[ \t\r\n]{0,64}")
# ('Authorization', 'Bearer …'): a pair, and no longer list of names.
_PAIR = re.compile(r"""[(\[]b?(['"])([\w.\-]{1,128})\1, {0,4}b?(['"])""")
# --password x, also as a list of arguments is written: '--password', 'x'.
_OPTION = re.compile(r"""(?<![\w-])--([A-Za-z][\w.-]{1,128})(?:(?P<mark>['"]), {0,4}['"]|[ \t]{1,4}(?!-))""")
_NAMED = re.compile(r"""(?<!\\)(\\*)(["'])([\w.\-]{1,128})\1\2\s{0,16},\s{0,16}((?:\1\2)?)values?\4\s{0,16}:""", re.I)
_ELEMENT = re.compile(r"(<([a-z][\w:.-]{0,63})(?:\s[^<>]{0,200})?>)[^<>]+(?=</)", re.I)
_SCHEME = re.compile(r"\b(bearer|basic)(\s{1,4})([A-Za-z0-9._~+/=-]{16,})", re.I)
_TOKEN = re.compile(
    r"\bnlk_[A-Za-z0-9_-]{20,}|(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
)
_PEM = re.compile(r"-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|\Z)")


class Scrubber:
    """Cleans texts by the names that `is_secret` knows (not at all by names where it is None), then by patterns."""

    __slots__ = ("_is_secret", "_patterns", "_plain")

    def __init__(self, is_secret: Optional[IsSecret], patterns: "tuple[Pattern[str], ...]" = ()) -> None:
        self._is_secret = is_secret
        self._patterns = patterns
        self._plain: set[str] = set()

    def clean(self, text: str) -> str:
        is_secret = self._is_secret
        if is_secret is not None and _may_hold(text):
            text = _without_members(_without_passwords(text), is_secret, self._plain)
            text = _without_options(_without_named(_without_pairs(text, is_secret), is_secret), is_secret)
            text = _without_looks(_without_elements(text, is_secret))
        for pattern in self._patterns:
            text = pattern.sub(REDACTED, text)
        return text


def _may_hold(text: str) -> bool:
    """Nearly all texts end here."""
    if ":" in text or "=" in text or "--" in text or "</" in text or "eyJ" in text or "nlk_" in text:
        return True
    if "," in text and ("'" in text or '"' in text):
        return True
    if len(text) < 20:
        return False
    lower = text.lower()
    return "bearer" in lower or "basic" in lower


def _without_passwords(text: str) -> str:
    """Of addresses: `scheme://user:password@host`."""
    found: list[str] = []
    copied = 0
    at = text.find("://")
    while at != -1:
        match = _USER_AND_PASSWORD.match(text, at + 3)
        if match is not None:
            found += (text[copied : match.end(1)], REDACTED)
            copied = match.end() - 1
        at = text.find("://", at + 3)
    return "".join((*found, text[copied:])) if found else text


class _Value(NamedTuple):
    start: int
    end: int
    by: str


def _without_members(text: str, is_secret: IsSecret, plain: "set[str]") -> str:
    """`plain` has names that were looked at and are no secret's anywhere: most texts of a program have the same few."""
    found: list[str] = []
    copied = 0
    at: Optional[int] = 0
    while at is not None:
        start, at = at, None
        for match in _NAME_BEFORE.finditer(text, start):
            name = match[1]
            if name in plain:
                continue
            value = _value_of(text, match, copied, is_secret)
            if value is not None:
                found += (text[copied : value.start], value.by)
                copied = at = value.end
                break
            if name is not None and len(name) <= NAME_IN_TEXT_CHARS and len(plain) < KNOWN_NAMES:
                if not is_secret(name) and not is_secret_in_query(name):
                    plain.add(name)
    return "".join((*found, text[copied:])) if found else text


def _value_of(text: str, match: "Match[str]", copied: int, is_secret: IsSecret) -> Optional[_Value]:
    bare, slashes, mark, separator = match.groups()
    quote = ""
    if bare is not None:
        name = bare[-NAME_IN_TEXT_CHARS:]
        before = text[match.start() - 1 : match.start()]
        # As parsers say it: `Unexpected token: }`.
        if separator == ":" and name.lower() == "token":
            return None
        if not is_secret(name) and not (separator == "=" and before in ("?", "&") and is_secret_in_query(name)):
            return None
    else:
        quote = slashes + mark
        end = match.start(2)
        start = text.rfind(mark, max(copied, end - NAME_IN_TEXT_CHARS - 1), end)
        if start == -1 or start + 1 >= end:
            return None
        # As a parser reads it: `pass\u0077ord` is a password too.
        name = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text[start + 1 : end])
        if not is_secret(name):
            return None
    return _value_after(text, match.end(), separator, name, quote)


def _value_after(text: str, at: int, separator: str, name: str, quote: str) -> Optional[_Value]:
    """What stands for the value behind a separator; None where there is none that must go."""
    start = _start_of_value(text, at, separator, quote != "")
    if start is None or text.startswith(REDACTED, start):
        return None
    opening = _OPENING.match(text, start)
    if opening is not None:
        inside = opening.end()
        return _Value(inside, end_of_string(text, inside, len(opening[1]), opening[2]), REDACTED)
    by = quote + REDACTED + quote
    slashes = max(0, len(quote) - 1)
    if text[start : start + 1] in ("{", "["):
        return _Value(start, end_of_nested(text, start, slashes), by)
    if _LITERAL.match(text, start) is not None:
        return None
    is_line = quote == "" and separator == ":" and _LINE_NAMES.search(name) is not None
    if not is_line:
        call = _CALL.match(text, start)
        if call is not None:
            return _Value(start, end_of_nested(text, call.end() - 1, slashes), by)
    bare = (_LINE if is_line else _BARE).match(text, start)
    angles = _ANGLES.match(text, start)
    end = max(0 if bare is None else bare.end(), 0 if angles is None else angles.end())
    return _Value(start, end, by) if end else None


def _start_of_value(text: str, at: int, separator: str, is_quoted: bool) -> Optional[int]:
    following = text[at : at + 1]
    if separator == ":":
        if following == ":" or text.startswith("//", at):
            return None
        if following == "=":
            at += 1
    elif following in ("=", ">") and following:
        at += 1
    blanks = (_MORE_BLANKS if is_quoted else _BLANKS).match(text, at)
    return at if blanks is None else blanks.end()


def _without_pairs(text: str, is_secret: IsSecret) -> str:
    found: list[str] = []
    copied = 0
    match = _PAIR.search(text)
    while match is not None:
        after = match.end()
        if is_secret(match[2]):
            end = end_of_string(text, after, 0, match[3])
            # Closed right behind it, or the text ends first.
            if text[end + 1 : end + 2] in ("", ")", "]"):
                found += (text[copied:after], REDACTED)
                copied = after = end
        match = _PAIR.search(text, after)
    return "".join((*found, text[copied:])) if found else text


def _without_named(text: str, is_secret: IsSecret) -> str:
    """{"name": "Authorization", "value": "…"}: a member says that the one behind it is a secret."""
    found: list[str] = []
    copied = 0
    match = _NAMED.search(text)
    while match is not None:
        after = match.end()
        # The name's closing quote may open nothing: what is next is looked at from there on.
        value = _value_after(text, after, ":", match[3], match[4]) if is_secret(match[3]) else None
        if value is not None:
            found += (text[copied : value.start], value.by)
            copied = after = value.end
        match = _NAMED.search(text, after)
    return "".join((*found, text[copied:])) if found else text


def _without_elements(text: str, is_secret: IsSecret) -> str:
    """Of XML: `<password>…</password>`."""

    def cleaned(match: "Match[str]") -> str:
        return f"{match[1]}{REDACTED}" if is_secret(match[2]) else match[0]

    return _ELEMENT.sub(cleaned, text) if "</" in text else text


def _without_options(text: str, is_secret: IsSecret) -> str:
    found: list[str] = []
    copied = 0
    match = _OPTION.search(text) if "--" in text else None
    while match is not None:
        start = after = match.end()
        if is_secret(match[1]) and not text.startswith(REDACTED, start):
            mark = match["mark"]
            opening = None if mark else _OPENING.match(text, start)
            if mark:
                end = end_of_string(text, start, 0, text[start - 1])
            elif opening is not None:
                slashes = len(opening[1])
                end = min(len(text), end_of_string(text, opening.end(), slashes, opening[2]) + slashes + 1)
            else:
                bare = _BARE.match(text, start)
                end = start if bare is None else bare.end()
            if end > start:
                found += (text[copied:start], REDACTED)
                copied = after = end
        match = _OPTION.search(text, after)
    return "".join((*found, text[copied:])) if found else text


def _without_looks(text: str) -> str:
    """Of what is known by how it looks."""
    lower = text.lower()
    if "bearer" in lower or "basic" in lower:
        text = _SCHEME.sub(_scheme, text)
    if "eyJ" in text or "nlk_" in text:
        text = _TOKEN.sub(REDACTED, text)
    return _PEM.sub(REDACTED, text) if "-----BEGIN " in text else text


def _scheme(match: "Match[str]") -> str:
    scheme, blank, what = match.groups()
    # What is all letters after `basic` is English.
    if len(scheme) == 5 and not any(one.isdigit() or one == "=" for one in what):
        return match[0]
    return f"{scheme}{blank}{REDACTED}"
