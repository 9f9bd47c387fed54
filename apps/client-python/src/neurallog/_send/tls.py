"""TLS with verification."""

import ssl
from typing import Optional


class Tls:
    """What TLS is made with, when it is first needed: reading the system's authorities takes tens of milliseconds."""

    def __init__(self, context: Optional[ssl.SSLContext], ca_file: Optional[str]) -> None:
        self._context = context
        self._ca_file = ca_file

    def context(self) -> ssl.SSLContext:
        """@raise OSError: for a file that cannot be read, or is none."""
        if self._context is None:
            self._context = ssl.create_default_context(cafile=self._ca_file)
        return self._context
