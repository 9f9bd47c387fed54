#!/usr/bin/env node
// Starts the command line from a checkout or a workspace's bin folder. Types are stripped by Node itself, from 24 on.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `neurallog: Node ${process.versions.node} is too old; use Node 24, or npm run neurallog in the repository.`,
  );
  process.exit(2);
}
await import("../src/main.ts");
