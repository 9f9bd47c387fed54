"""
What a call costs: python call.py [URL of a log service, or of what answers like one]

Prints JSON: nanoseconds of the calling thread for each subject, the best of several rounds, as `timeit` recommends.
"""

import json
import logging
import os
import sys
import time
import timeit

import neurallog

ROUNDS = 9
CALLS = 2_000


def nanoseconds(statement, names, before=None, calls=CALLS):
    """The best round of a statement, without a function around it: what is above it is the machine's other work."""
    rounds = []
    for _ in range(ROUNDS):
        if before is not None:
            before()
        # CPU time of this thread: what the background thread does meanwhile is another figure.
        rounds.append(timeit.timeit(statement, number=calls, timer=time.thread_time, globals=names))
    return min(rounds) / calls * 1e9


def ours(url):
    log = neurallog.Logger(url, key="nlk_bench", component="bench", level="INFO", follow_levels=False)
    log.info("warm", user="u-1", amount=1.0, ok=True, token="t", order={})

    def settle():
        log.flush(30)

    nested = {"id": 7, "items": [{"sku": "a", "count": 2}], "customer": {"name": "ada", "password": "p"}}
    names = {"log": log, "nested": nested}
    enabled = {
        "message and three flat fields": 'log.info("payment taken", user="u-1", amount=12.5, ok=True)',
        "one of them secret": 'log.info("payment taken", user="u-1", amount=12.5, token="t")',
        "message and a nested object": 'log.info("payment taken", order=nested)',
        "message alone": 'log.info("payment taken")',
    }
    disabled = {
        "disabled, three fields": 'log.debug("payment taken", user="u-1", amount=12.5, ok=True)',
        "disabled, message alone": 'log.debug("payment taken")',
    }
    figures = {what: nanoseconds(statement, names, settle) for what, statement in enabled.items()}
    figures.update({what: nanoseconds(statement, names, calls=100_000) for what, statement in disabled.items()})
    began = time.process_time()
    count = 0
    for _ in range(10):
        for _ in range(1_000):
            log.info("payment taken", user="u-1", amount=12.5, ok=True)
        count += 1_000
        settle()
    figures["three flat fields, sending included"] = (time.process_time() - began) / count * 1e9
    stats = log.stats()
    log.close()
    return figures, stats


class Nothing:
    """What Python itself takes for a call with keywords: no client of this shape can be cheaper."""

    __slots__ = ()

    def debug(self, message, /, **fields):
        pass


def baselines():
    log = logging.Logger("bench", logging.INFO)
    handler = logging.FileHandler(os.devnull)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    log.addHandler(handler)
    extra = {"user": "u-1", "amount": 12.5, "ok": True}
    # As logging.getLogger gives it: with its cache of what is enabled.
    quiet = logging.getLogger("bench.quiet")
    quiet.setLevel(logging.INFO)
    record = {"message": "payment taken", "level": "INFO", **extra}
    names = {"log": log, "quiet": quiet, "extra": extra, "record": record, "dumps": json.dumps}
    return {
        "logging to /dev/null, three extra fields": nanoseconds('log.info("payment taken", extra=extra)', names),
        "json.dumps of the same fields": nanoseconds("dumps(record)", names),
        "logging, disabled": nanoseconds('quiet.debug("payment taken")', names, calls=100_000),
    }


def main():
    figures, stats = ours(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:9")
    empty = nanoseconds("call()", {"call": lambda: None}, calls=100_000)
    nothing = {"log": Nothing()}
    print(
        json.dumps(
            {
                "python": sys.version.split()[0],
                "ours": figures,
                "baselines": {
                    **baselines(),
                    "a method that does nothing, three fields": nanoseconds(
                        'log.debug("payment taken", user="u-1", amount=12.5, ok=True)', nothing, calls=100_000
                    ),
                },
                "empty": empty,
                "dropped": stats["dropped"],
            }
        )
    )


main()
