"""Objects whose fields say more than their text, and whose text would show the secret ones."""

import itertools
import sys
import types
from collections.abc import Iterator
from typing import Any, Optional

from .._limits import MEMBERS

# Classes that name their fields: dataclasses, pydantic's models (2 and 1), attrs, msgspec.
_DECLARATIONS = ("__dataclass_fields__", "model_fields", "__fields__", "__attrs_attrs__", "__struct_fields__")
# Those that are what was put into them, by the module that has them.
_BAGS = (("argparse", "Namespace"), ("optparse", "Values"))


def fields_of(value: Any, kind: type) -> Optional[Iterator[tuple[Any, Any]]]:
    """Names and values of what an object is made of, one more than may be sent at most; None where its text is all."""
    names = _declared(kind)
    if names is not None:
        return ((name, _read(value, name)) for name in names)
    if issubclass(kind, types.SimpleNamespace) or _is_bag(value):
        return _first(list(vars(value).items()))
    # Not a Mapping, but read as one: messages of `email` and `http`, headers of web frameworks.
    if _has(kind, "keys", "__getitem__"):
        # Rows of databases have no items.
        return _first(value.items() if _has(kind, "items") else ((name, value[name]) for name in value.keys()))
    return None


def is_text(kind: type) -> bool:
    """Whether a tuple is one whose text says all: the parts of an address, one of which has its password."""
    return issubclass(kind, tuple) and _has(kind, "geturl")


def _has(kind: type, *methods: str) -> bool:
    return all(callable(getattr(kind, name, None)) for name in methods)


def _declared(kind: type) -> Optional[list[str]]:
    if issubclass(kind, tuple):
        names = getattr(kind, "_fields", None)
        return [str(name) for name in names[: MEMBERS + 1]] if isinstance(names, tuple) else None
    for attribute in _DECLARATIONS:
        declared = getattr(kind, attribute, None)
        if isinstance(declared, dict):
            pairs = itertools.islice(declared.items(), MEMBERS + 1)
            return [str(name) for name, field in pairs if _is_shown(field)]
        if isinstance(declared, tuple):
            shown = (one for one in declared[: MEMBERS + 1] if _is_shown(one))
            return [one if isinstance(one, str) else str(getattr(one, "name", "")) for one in shown]
    return None


def _is_shown(field: Any) -> bool:
    """Whether the class itself would show the field: `field(repr=False)` is how one says that nobody is to see it."""
    return getattr(field, "repr", True) is not False


def _is_bag(value: Any) -> bool:
    for module, name in _BAGS:
        # Only what the application itself has loaded.
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and isinstance(value, kind):
            return True
    return False


def _first(pairs: Any) -> Iterator[tuple[Any, Any]]:
    for pair in itertools.islice(pairs, MEMBERS + 1):
        # What a class of somebody's own gives may be anything.
        if isinstance(pair, tuple) and len(pair) == 2:
            yield pair[0], pair[1]


def _read(value: Any, name: str) -> Any:
    try:
        return getattr(value, name, None)
    except Exception as error:
        return f"[that cannot be read: {type(error).__name__}]"
