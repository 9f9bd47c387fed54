"""What a transport is to the thread that uses it."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from .._record.record import Record
from .tls import Tls


class Settings(NamedTuple):
    """What a connection is made with, checked."""

    url: str
    key: Optional[str]
    key_file: Optional[str]
    namespace: Optional[str]
    tls: Tls
    connect_seconds: float
    answer_seconds: float

    def read_key(self) -> Optional[str]:
        """The key of now: a file is read anew for each connection, so that a new key needs no restart."""
        if self.key is not None:
            return self.key
        if self.key_file is None:
            return None
        with open(self.key_file, encoding="ascii", errors="replace") as file:
            return printable(file.read(4_096).strip())


def printable(key: str) -> str:
    """@raise ValueError: for what cannot stand in a header. It does not say what it was: that is a secret."""
    if not key.isascii() or not key.isprintable():
        raise ValueError("the key has characters that no key has")
    return key


class Batch:
    """Records that are sent together, and again until they are settled."""

    __slots__ = ("key", "payload", "records", "tries")

    def __init__(self, records: Sequence[Record], key: str) -> None:
        self.records: list[Record] = list(records)
        # Under which the service recognises the batch when it comes again.
        self.key = key
        # What the transport made of the records, for the next try.
        self.payload: Optional[Any] = None
        # How often the server failed on it, as a record of it may make it do.
        self.tries = 0


class Outcome(NamedTuple):
    """What became of a batch: `left` has what is to be tried again."""

    accepted: int = 0
    rejected: int = 0
    left: Sequence[Record] = ()
    # Why something is left or was rejected; never holds what was sent.
    problem: Optional[str] = None
    # Seconds that the server asked for.
    wait: Optional[float] = None
    # Too much for one request: halves may do.
    is_too_large: bool = False
    # The server itself failed, maybe on one of the records.
    is_doubtful: bool = False


class Transport:
    """Sends batches over one connection, which it makes when it is needed."""

    def send(self, batch: Batch) -> Outcome:
        """Never raises for what the network or the server does. Takes `answer_seconds` and a connection's at most."""
        raise NotImplementedError

    def readable(self) -> list[Any]:
        """Sockets on which something may come while nothing is sent."""
        return []

    def attend(self) -> None:
        """Something has come on one of them."""

    def is_connected(self) -> bool:
        raise NotImplementedError

    def shut(self) -> None:
        """Closes without waiting. The next batch connects anew."""
        raise NotImplementedError

    def end(self) -> None:
        """Closes in the protocol's way, as far as that needs no waiting."""
        self.shut()
