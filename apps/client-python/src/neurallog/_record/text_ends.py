"""
Where values end in a text that may be JSON inside a JSON string inside another. `slashes` is how many backslashes
stand before a quote there: 0, 1, 3, 7 and so on.
"""

import re

_TOKENS = re.compile(r"""[{}\[\]()]|(?<!\\)\\*["']""")


def end_of_string(text: str, inside: int, slashes: int, quote: str) -> int:
    """The place of the quote that closes a string, before its backslashes; the text's end where none does."""
    at = inside
    while True:
        found = text.find(quote, at)
        if found == -1:
            return len(text)
        first = found
        while first > inside and text[first - 1] == "\\":
            first -= 1
        # Escaped ones have another backslash on each level; what is before those are backslashes of the value.
        more = found - first - slashes
        if more >= 0 and more % (2 * (slashes + 1)) == 0:
            return found - slashes
        if more < 0:
            return first
        at = found + 1


def end_of_nested(text: str, start: int, slashes: int) -> int:
    """The place behind an object, a list or what `repr` puts in parentheses; the text's end where it is cut."""
    depth = 0
    match = _TOKENS.search(text, start)
    while match is not None:
        what = match[0]
        after = match.end()
        if what in "{[(":
            depth += 1
        elif what in "}])":
            depth -= 1
            if depth <= 0:
                return after
        else:
            after = end_of_string(text, after, slashes, what[-1]) + slashes + 1
        match = _TOKENS.search(text, after)
    return len(text)
