// The very scripts of Redis' probes, run by a shell against a command-line client that answers as Redis does.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { podTemplates } from "../../../generator/manifests/workloads.ts";
import { buildPlan } from "../support/build.ts";
import { samplePlan } from "../support/plans.ts";

const probe = z.looseObject({ exec: z.object({ command: z.array(z.string()) }) });
const probes = z.object({ startupProbe: probe, readinessProbe: probe, livenessProbe: probe });

let folder: string;
let commands: Record<"startup" | "readiness" | "liveness", string[]>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-probes-"));
  // It exits with 0 whatever the server says, as the real one does.
  writeFileSync(
    join(folder, "valkey-cli"),
    '#!/bin/sh\nprintf "%s\\n" "$ANSWER"\nexit "${CODE:-0}"\n',
    { mode: 0o755 },
  );
  const pods = podTemplates(await buildPlan(samplePlan()));
  const redis = pods.flatMap(({ spec }) => spec.containers).find(({ name }) => name === "redis");
  const { startupProbe, readinessProbe, livenessProbe } = probes.parse(redis);
  commands = {
    startup: startupProbe.exec.command,
    readiness: readinessProbe.exec.command,
    liveness: livenessProbe.exec.command,
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function passes(which: keyof typeof commands, answer: string, code = 0): boolean {
  const [program = "", ...args] = commands[which];
  const env = { PATH: `${folder}:/usr/bin:/bin`, ANSWER: answer, CODE: String(code) };
  return spawnSync(program, args, { env }).status === 0;
}

const loading = "LOADING Redis is loading the dataset in memory";
const noAuth = "NOAUTH Authentication required.";
const busy =
  "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
const refused = "Could not connect to Redis at 127.0.0.1:6379: Connection refused";

describe("Redis' probes", () => {
  it.each(["startup", "readiness", "liveness"] as const)("%s passes on PONG", (which) => {
    expect(passes(which, "PONG")).toBe(true);
  });

  it.each([
    ["startup", loading],
    ["startup", noAuth],
    ["startup", refused],
    ["readiness", loading],
    ["readiness", noAuth],
    ["readiness", busy],
    ["liveness", noAuth],
    ["liveness", refused],
    ["liveness", ""],
  ] as const)("%s fails on '%s', though the client exits with 0", (which, answer) => {
    expect(passes(which, answer)).toBe(false);
  });

  it.each([loading, busy])("liveness passes on '%s': a restart would begin it again", (answer) => {
    expect(passes("liveness", answer)).toBe(true);
  });
});
