import { fileURLToPath } from "node:url";

import { defineConfig } from "vitest/config";

/** Runs beside a control plane: `npm run test:cluster`, or `npm run cluster -- npx vitest run --config …`. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL("../..", import.meta.url)),
    // One file at a time where there are several planes: what is asked for by name was chosen before.
    include: [process.env["NEURALLOG_TEST_FILE"] ?? "test/cluster/**/*.test.ts"],
    // One plane, one Argo CD, one set of admission policies: a suite that takes a policy away must not do it to others.
    fileParallelism: false,
    // Argo CD's retries after a refused sync wait up to half a minute.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000, interval: 50 } },
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
