#!/usr/bin/env node
// Starts the tap from a checkout or a workspace's bin folder. Types are stripped by Node itself, from 24 on.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(`mcp-tap: Node ${process.versions.node} is too old; use Node 24.`);
  process.exit(2);
}
await import("../src/main.ts");
