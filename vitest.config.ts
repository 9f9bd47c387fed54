import { availableParallelism } from "node:os";

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // The cluster suites need a control plane and have commands of their own.
    exclude: ["test/cluster/**", "node_modules/**"],
    // Two on two cores, where vitest alone would take one: much of the time is spent on waiting for servers.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Real servers start within a second; a loaded two-core CI machine needs the room.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A left-over promise rejection is a defect, never noise.
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
