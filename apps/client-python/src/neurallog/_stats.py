"""How a logger does, for people and for what watches over the program."""

from typing import Optional, TypedDict

from ._work.pipeline import Pipeline


class Stats(TypedDict):
    """How a logger does. Counts are of this process, and of all loggers that share its connection."""

    enabled: bool
    connected: bool
    level: str
    # Records and bytes that wait; stored, dropped for want of room, refused by the service.
    queued: int
    queued_bytes: int
    sent: int
    dropped: int
    rejected: int
    # Tries that failed; calls whose record could not be made.
    failures: int
    failed_calls: int
    # The last of what went wrong; never holds a secret.
    problem: Optional[str]


def stats_of(pipeline: Optional[Pipeline], level: str, problem: Optional[str]) -> Stats:
    """`pipeline` is None, and `level` OFF, where nothing is sent, for the reason that `problem` tells."""
    if pipeline is None:
        return Stats(
            enabled=False,
            connected=False,
            level=level,
            queued=0,
            queued_bytes=0,
            sent=0,
            dropped=0,
            rejected=0,
            failures=0,
            failed_calls=0,
            problem=problem,
        )
    queued, queued_bytes = pipeline.queue.state()
    counts = pipeline.counts()
    return Stats(
        enabled=True,
        connected=pipeline.is_connected(),
        level=level,
        queued=queued,
        queued_bytes=queued_bytes,
        sent=counts.sent,
        dropped=pipeline.queue.dropped + counts.given_up,
        rejected=counts.rejected,
        failures=counts.failures,
        failed_calls=pipeline.failed_calls,
        problem=counts.problem or problem,
    )
