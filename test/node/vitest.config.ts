import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** One node, one tenant: the files take turns, and what has to find it at rest comes before the faults. */
const order = ["ready", "rest", "flows", "faults"];

class InTurn extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) =>
      order.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
    return Promise.resolve(files.toSorted((a, b) => place(a) - place(b)));
  }
}

const isEngineBrought = process.env["NEURALLOG_POLICY_ENGINE"] !== undefined;

export default defineConfig({
  test: {
    include: ["test/node/*.test.ts"],
    exclude: isEngineBrought ? [] : ["test/node/flows.test.ts"],
    fileParallelism: false,
    sequence: { sequencer: InTurn },
    // A pod that has to be killed, replaced, loaded and found Ready again, on a machine with other work.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
