// The very commands of the probes of Redis and of the archive, run against clients that answer as their servers do.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
type Commands = Record<"startup" | "readiness" | "liveness", string[]>;
let commands: Commands;
let archive: Commands;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-probes-"));
  // It exits with 0 whatever the server says, as the real one does.
  writeFileSync(
    join(folder, "valkey-cli"),
    '#!/bin/sh\nprintf "%s\\n" "$ANSWER"\nexit "${CODE:-0}"\n',
    { mode: 0o755 },
  );
  writeFileSync(join(folder, "pg_isready"), '#!/bin/sh\necho "$*" > "$SAID"\nexit "${CODE:-0}"\n', {
    mode: 0o755,
  });
  const pods = podTemplates(await buildPlan(samplePlan()));
  const commandsOf = (container: string): Commands => {
    const containers = pods.flatMap(({ spec }) => spec.containers);
    const { startupProbe, readinessProbe, livenessProbe } = probes.parse(
      containers.find(({ name }) => name === container),
    );
    return {
      startup: startupProbe.exec.command,
      readiness: readinessProbe.exec.command,
      liveness: livenessProbe.exec.command,
    };
  };
  commands = commandsOf("redis");
  archive = commandsOf("postgres");
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

/** What `pg_isready` says by its code. */
const [accepting, refusing, silent, misused] = [0, 1, 2, 3];

/** Whether a probe of the archive passes on a code; what it asked goes into the file `said`. */
function archivePasses(which: keyof Commands, code: number): boolean {
  const [program = "", ...args] = archive[which];
  const said = join(folder, "said");
  const env = { PATH: `${folder}:/usr/bin:/bin`, SAID: said, CODE: String(code) };
  const passed = spawnSync(program, args, { env }).status === 0;
  // By the pod's own socket, where the configuration puts it, as the only user that comes in there.
  expect(readFileSync(said, "utf8")).toMatch(/^-q -h \/tmp -U postgres(?: -t \d+)?\n$/);
  return passed;
}

describe("the archive's probes", () => {
  it.each(["startup", "readiness", "liveness"] as const)(
    "%s passes while the server takes connections",
    (which) => {
      expect(archivePasses(which, accepting)).toBe(true);
    },
  );

  it.each([
    ["startup", "takes nobody in yet", refusing],
    ["startup", "is not there", silent],
    ["readiness", "replays its log", refusing],
    ["readiness", "is not there", silent],
    ["liveness", "is not there", silent],
    ["liveness", "was not even asked", misused],
  ] as const)("%s fails while the server %s", (which, _, code) => {
    expect(archivePasses(which, code)).toBe(false);
  });

  it("liveness passes while the server replays its log: a restart would begin it again", () => {
    expect(archivePasses("liveness", refusing)).toBe(true);
  });
});
