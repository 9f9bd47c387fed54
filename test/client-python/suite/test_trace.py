import asyncio
import sys
import types
import unittest
import uuid

import neurallog
from neurallog import current_trace, parse_traceparent, trace
from support import Case

ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{ID}-{SPAN}-01"


class Traces(Case):
    def test_reads_the_ids_of_a_valid_traceparent(self):
        for given in (PARENT, f" {PARENT} ", PARENT.encode(), f"01-{ID}-{SPAN}-00-more"):
            self.assertEqual(parse_traceparent(given), (ID, SPAN), given)

    def test_gives_no_ids_for_what_is_no_traceparent(self):
        bad = [
            None,
            "",
            7,
            [],
            PARENT.upper(),
            PARENT[:-1],
            PARENT + "0",
            PARENT + "-x",
            f"ff-{ID}-{SPAN}-01",
            "x" * 10_000,
        ]
        bad += [f"00-{'0' * 32}-{SPAN}-01", f"00-{ID}-{'0' * 16}-01", f"00-{ID[:-1]}g-{SPAN}-01", b"\xff"]
        for given in bad:
            self.assertEqual(parse_traceparent(given), (None, None), given)

    def records(self, write, count=1):
        service = self.service()
        write(self.logger(service.url))
        return self.sent(service, count)

    def test_no_id_is_ever_made_up(self):
        record = self.records(lambda logger: logger.info("x"))[0]
        self.assertNotIn("trace_id", record)
        self.assertNotIn("span_id", record)
        with trace("nonsense"):
            self.assertEqual(current_trace(), (None, None))

    def test_records_within_a_trace_have_its_ids_and_those_after_it_have_none(self):
        def write(logger):
            with trace(PARENT) as context:
                self.assertEqual(context, (ID, SPAN))
                logger.info("in", a=1)
                with trace(trace_id="inner"):
                    logger.info("inner", data={})
                logger.info("in again")
            logger.info("out")

        records = self.records(write, 4)
        self.assertEqual([one.get("trace_id") for one in records], [ID, "inner", ID, None])
        self.assertEqual([one.get("span_id") for one in records], [SPAN, None, SPAN, None])

    def test_an_explicit_id_goes_before_the_context_s_and_without_its_span(self):
        identity = uuid.uuid4()

        def write(logger):
            with trace(PARENT):
                logger.info("x", trace_id=identity)
                logger.info("y", trace_id="t", span_id="s")
                logger.info("z", span_id="s")

        records = self.records(write, 3)
        ids = [(one.get("trace_id"), one.get("span_id")) for one in records]
        self.assertEqual(ids, [(str(identity), None), ("t", "s"), (ID, "s")])

    def test_each_task_has_its_own(self):
        async def one(number):
            with trace(trace_id=f"t{number}"):
                await asyncio.sleep(0.001)
                return current_trace().trace_id

        async def main():
            return await asyncio.gather(*(one(number) for number in range(20)))

        self.assertEqual(asyncio.run(main()), [f"t{number}" for number in range(20)])

    def test_leaving_in_another_context_harms_nothing(self):
        import contextvars

        scope = trace(PARENT)
        contextvars.copy_context().run(scope.__enter__)
        scope.__exit__(None, None, None)
        scope.__exit__(None, None, None)
        self.assertEqual(current_trace(), (None, None))

    def with_opentelemetry(self, get_current_span):
        module = types.ModuleType("opentelemetry.trace")
        module.get_current_span = get_current_span
        sys.modules["opentelemetry.trace"] = module
        self.addCleanup(sys.modules.pop, "opentelemetry.trace", None)

    def span(self, is_valid=True):
        context = types.SimpleNamespace(is_valid=is_valid, trace_id=int(ID, 16), span_id=int(SPAN, 16))
        return types.SimpleNamespace(get_span_context=lambda: context)

    def test_the_current_span_of_opentelemetry_is_used_where_the_program_has_it(self):
        self.with_opentelemetry(self.span)
        with trace(trace_id="ours"):
            self.assertEqual(current_trace(), (ID, SPAN))

    def test_without_a_span_our_own_context_holds(self):
        self.with_opentelemetry(lambda: self.span(is_valid=False))
        with trace(trace_id="ours"):
            self.assertEqual(current_trace(), ("ours", None))

    def test_attack_a_half_loaded_opentelemetry_harms_nothing(self):
        def fail():
            raise RuntimeError("not yet")

        for get in (fail, lambda: None, lambda: object()):
            self.with_opentelemetry(get)
            self.assertEqual(current_trace(), (None, None))
        sys.modules["opentelemetry.trace"] = None
        self.assertEqual(current_trace(), (None, None))

    def test_opentelemetry_is_never_loaded_by_us(self):
        neurallog.current_trace()
        self.assertFalse([name for name in sys.modules if name.startswith("opentelemetry")])


if __name__ == "__main__":
    unittest.main()
