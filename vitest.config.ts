import { availableParallelism } from "node:os";

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // The cluster suites need a control plane, or a node, and have commands of their own.
    exclude: ["test/cluster/**", "test/node/**", "node_modules/**"],
    // Two on two cores, where vitest alone would take one: much of the time is spent on waiting for servers.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Real servers start within a second; a loaded two-core CI machine needs the room.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What a test waits for comes within milliseconds, and on a machine that is busy with something else when it comes:
    // one second, as vitest alone would wait, is a test of the machine. No test has a limit of its own.
    expect: { poll: { timeout: 30_000, interval: 20 } },
    // A left-over promise rejection is a defect, never noise.
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
