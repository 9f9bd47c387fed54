"""Levels: their names and numbers, and which one holds for a component."""

from typing import Any, Final, Optional

# No level: a gate that is not open yet lets every call through to the place that opens it.
UNKNOWN: Final = 0
TRACE: Final = 1
DEBUG: Final = 2
INFO: Final = 3
WARN: Final = 4
ERROR: Final = 5
FATAL: Final = 6
OFF: Final = 7

NAMES: Final = ("", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF")

_NUMBERS: Final[dict[str, int]] = {
    **{name: number for number, name in enumerate(NAMES) if name},
    "WARNING": WARN,
    "CRITICAL": FATAL,
    "NOTSET": TRACE,
}


def level_number(value: Any) -> Optional[int]:
    """The number of a level's name in any case; None for what is no level."""
    if type(value) is not str:
        return None
    return _NUMBERS.get(value.strip().upper())


def level_of_logging(number: int) -> int:
    """The level of a number of `logging`: everything between two of them belongs to the lower."""
    if number >= 50:
        return FATAL
    if number >= 40:
        return ERROR
    if number >= 30:
        return WARN
    if number >= 20:
        return INFO
    if number >= 10:
        return DEBUG
    return TRACE


class Gate:
    """
    The level from which on a component's records are sent; loggers of one component share it. Each level's answer
    stands ready: a call that is off costs one look, and a comparison would be a tenth of what it costs at all.
    """

    __slots__ = ("__weakref__", "component", "debug", "error", "fatal", "info", "level", "trace", "warn")

    def __init__(self, component: str) -> None:
        self.component = component
        self.set(UNKNOWN)

    def set(self, level: int) -> None:
        self.level = level
        self.trace = level <= TRACE
        self.debug = level <= DEBUG
        self.info = level <= INFO
        self.warn = level <= WARN
        self.error = level <= ERROR
        self.fatal = level <= FATAL


class ServiceLevels:
    """What the service's administrators have set, as `GET /api/levels` tells it."""

    __slots__ = ("_by_source",)

    def __init__(self, entries: Any = (), namespace: Optional[str] = None) -> None:
        # source -> (rank, level): a level of the own namespace outranks that of all of them.
        by_source: dict[str, tuple[int, int]] = {}
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, dict):
                continue
            source, place = entry.get("source"), entry.get("namespace", "*")
            level = level_number(entry.get("level"))
            if not isinstance(source, str) or level is None:
                continue
            if place == "*":
                rank = 1
            elif namespace is None or place == namespace:
                rank = 2
            else:
                continue
            known = by_source.get(source)
            # Of several namespaces, where ours is not known, the one that wants most.
            if known is None or rank > known[0] or (rank == known[0] and level < known[1]):
                by_source[source] = (rank, level)
        self._by_source = by_source

    def level_for(self, component: str) -> Optional[int]:
        """The level for a component; None where the program's own holds."""
        found = self._by_source.get(component) or self._by_source.get("*")
        return None if found is None else found[1]
