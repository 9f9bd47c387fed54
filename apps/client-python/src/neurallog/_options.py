"""What a logger is made with: arguments first, then the environment. What cannot be used is told, never raised."""

import os
import ssl
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple, Optional

from ._limits import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    KEY_CHARS,
    QUEUE_BYTES,
    QUEUE_RECORDS,
    SOURCE_CHARS,
)
from ._record.encode import Encoder
from ._record.levels import INFO, OFF, ServiceLevels, level_number
from ._record.redact import FieldTest, compiled
from ._record.scrub import Scrubber
from ._record.text import name_of, text_of
from ._send.delivery import Settings, Transport, printable
from ._send.follow import LevelFollower
from ._send.http import HttpTransport
from ._send.mcp import McpTransport
from ._send.net import Address, parse_address
from ._send.tls import Tls
from ._work.pipeline import MakeFollower, MakeTransport

# The one problem that is meant.
SWITCHED_OFF = "logging is switched off"
_SCHEMES = ("http", "https", "ws", "wss")
_OFF_WORDS = ("false", "0", "no", "off", "disabled")


class Given(NamedTuple):
    """The arguments of a `Logger`, as they came."""

    url: Optional[str]
    key: Optional[str]
    component: Optional[str]
    level: Optional[str]
    transport: Optional[str]
    key_file: Optional[str]
    namespace: Optional[str]
    redact: Iterable[str]
    redact_defaults: bool
    redact_patterns: Iterable[object]
    queue_records: int
    queue_bytes: int
    connect_timeout: float
    answer_timeout: float
    tls: Optional[ssl.SSLContext]
    ca_file: Optional[str]
    follow_levels: bool
    levels_url: Optional[str]
    enabled: Optional[bool]
    quiet: bool


class Plan(NamedTuple):
    """What a logger does with them."""

    component: str
    level: int
    fields: FieldTest
    limits: tuple[int, int]
    make_transport: Optional[MakeTransport]
    make_follower: MakeFollower
    # Why nothing is sent, or what was not taken; for people.
    problem: Optional[str]


def plan(given: Given, environment: Mapping[str, str]) -> Plan:
    problems: list[str] = []
    component = component_name(given.component)
    fields = _field_test(given)
    level = _level(given.level, environment, problems)
    limits = (
        _number(given.queue_records, 1, 1_000_000, QUEUE_RECORDS),
        _number(given.queue_bytes, 1, 1 << 32, QUEUE_BYTES),
    )
    enabled = given.enabled
    if enabled is None:
        enabled = environment.get("LOGGING_ENABLED", "").strip().lower() not in _OFF_WORDS
    make_transport: Optional[MakeTransport] = None
    make_follower: MakeFollower = _no_follower
    if not enabled:
        problems.append(SWITCHED_OFF)
    elif level != OFF or given.follow_levels:
        found = _connections(given, environment, problems)
        if found is not None:
            make_transport, make_follower = found
    problem = "; ".join(problems) or None
    return Plan(component, level, fields, limits, make_transport, make_follower, problem)


def _connections(
    given: Given, environment: Mapping[str, str], problems: list[str]
) -> Optional[tuple[MakeTransport, MakeFollower]]:
    url = given.url or environment.get("NEURALLOG_URL")
    if not url:
        problems.append("there is no address: give url, or set NEURALLOG_URL")
        return None
    address = parse_address(url, _SCHEMES)
    if address is None:
        # Not what it is: somebody may have put a password into it.
        problems.append("url is no http://, https://, ws:// or wss:// address of a host")
        return None
    kind = given.transport or ("websocket" if str(url).startswith("ws") else "http")
    if kind not in ("http", "websocket"):
        problems.append("transport is neither 'http' nor 'websocket'")
        return None
    if kind == "http" and str(url).startswith("ws"):
        problems.append("transport is 'http', and the address a WebSocket's")
        return None
    settings = _settings(given, environment, str(url), problems)
    if settings is None:
        return None
    # A test of its own: names that stand in texts must not fill what is known of fields.
    by_name = _field_test(given).is_secret if given.redact_defaults else None
    scrubber = Scrubber(by_name, compiled(_list(given.redact_patterns)))
    make = HttpTransport if kind == "http" else McpTransport

    def make_transport() -> Transport:
        return make(address, settings, Encoder(scrubber))

    levels = _levels_address(given, address, kind, problems)
    if levels is None:
        return make_transport, _no_follower

    def make_follower(tell: Callable[[ServiceLevels], None]) -> Optional[LevelFollower]:
        return LevelFollower(levels, settings, tell)

    return make_transport, make_follower


def _levels_address(given: Given, address: Address, kind: str, problems: list[str]) -> Optional[Address]:
    if not given.follow_levels:
        return None
    if given.levels_url is not None:
        found = parse_address(given.levels_url, ("http", "https"))
        if found is None:
            problems.append("levels_url is no http:// or https:// address of a host")
        return found
    # A WebSocket's path is that of its upgrade; the same listener is asked.
    return address._replace(path="") if kind == "websocket" else address


def _settings(given: Given, environment: Mapping[str, str], url: str, problems: list[str]) -> Optional[Settings]:
    key: Any = given.key
    key_file: Any = given.key_file
    if key is None and key_file is None:
        key = environment.get("NEURALLOG_KEY")
        key_file = None if key else environment.get("NEURALLOG_KEY_FILE")
    try:
        key = printable(str.__str__(key).strip()) if isinstance(key, str) and key else None
    except ValueError as error:
        problems.append(str(error))
        return None
    namespace = text_of(given.namespace, KEY_CHARS) if given.namespace else None
    tls = Tls(
        given.tls if isinstance(given.tls, ssl.SSLContext) else None,
        given.ca_file or environment.get("NEURALLOG_CA_FILE"),
    )
    return Settings(
        url,
        key,
        os.fspath(key_file) if isinstance(key_file, (str, os.PathLike)) and not key else None,
        namespace,
        tls,
        _seconds(given.connect_timeout, CONNECT_SECONDS, CONNECT_SECONDS),
        _seconds(given.answer_timeout, ANSWER_SECONDS, 60.0),
    )


def component_name(given: Any) -> str:
    """A component as the service takes it; the program's name where none is given."""
    if given is not None:
        name = name_of(given, SOURCE_CHARS).strip()
        if name:
            return name
    program = os.path.basename(sys.argv[0]) if getattr(sys, "argv", None) else ""
    return name_of(program, SOURCE_CHARS) or "python"


def _level(given: Any, environment: Mapping[str, str], problems: list[str]) -> int:
    for value, name in ((given, "level"), (environment.get("NEURALLOG_LEVEL"), "NEURALLOG_LEVEL")):
        if value is None or value == "":
            continue
        number = level_number(value)
        if number is not None:
            return number
        problems.append(f"{name} is none of TRACE, DEBUG, INFO, WARN, ERROR, FATAL, OFF")
    return INFO


def _field_test(given: Given) -> FieldTest:
    return FieldTest(_names(given.redact), bool(given.redact_defaults))


def _names(names: Any) -> list[str]:
    return [name for name in _list(names) if isinstance(name, str)]


def _list(given: Any) -> list[Any]:
    if isinstance(given, str):
        return [given]
    try:
        return list(given)
    except Exception:
        return []


def _number(given: Any, least: int, most: int, otherwise: int) -> int:
    return min(max(given, least), most) if type(given) is int else otherwise


def _seconds(given: Any, otherwise: float, most: float) -> float:
    if type(given) not in (int, float) or not given > 0:
        return otherwise
    return min(float(given), most)


def _no_follower(_: Callable[[ServiceLevels], None]) -> Optional[LevelFollower]:
    return None
