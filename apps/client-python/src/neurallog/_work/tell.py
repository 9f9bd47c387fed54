"""What people should know of the logger itself: lines on standard error, few of them."""

import sys

_told: set[str] = set()


def tell(text: str) -> None:
    """Writes each text once in a process, and never raises: there may be no standard error."""
    try:
        if text not in _told and len(_told) < 100:
            _told.add(text)
            sys.stderr.write(f"neurallog: {text}\n")
    except Exception:
        pass
