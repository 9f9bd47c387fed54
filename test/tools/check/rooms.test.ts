import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { houses, parts } from "../../../tools/check/room-plan.ts";
import { checkRooms } from "../../../tools/check/rooms.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-rooms-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** The lines that a repository with this file gets. */
function wrongIn(file: string, text: string): string[] {
  mkdirSync(join(folder, dirname(file)), { recursive: true });
  writeFileSync(join(folder, file), text);
  return checkRooms(folder);
}

describe("an import that goes the wrong way fails", () => {
  test.each([
    ["generator/record/read.ts", 'import { plan } from "../plan/plan.ts";'],
    ["generator/plan/plan.ts", 'import { map } from "../render/tenant.ts";'],
    ["generator/manifests/parse.ts", 'import { prove } from "../verify/reachability/prove.ts";'],
    ["generator/errors.ts", 'import { read } from "./record/read.ts";'],
    ["apps/log-service/src/record/time.ts", 'import { put } from "../store/port.ts";'],
    ["apps/log-service/src/access/keys.ts", 'import { level } from "../record/level.ts";'],
    ["apps/log-service/src/query/plan.ts", 'import { client } from "../store/redis/client.ts";'],
    ["apps/log-service/src/store/port.ts", 'import { memory } from "./memory/store.ts";'],
    ["apps/log-service/src/http/app.ts", 'import { serve } from "../roles/serve.ts";'],
    ["apps/log-service/src/roles/serve.ts", 'import { main } from "../main.ts";'],
    [
      "apps/log-service/src/http/app.ts",
      'import { plan } from "../../../../generator/plan/plan.ts";',
    ],
    ["apps/client/src/client.ts", 'import { log } from "@neurallog/cli";'],
    ["apps/cli/src/main.ts", 'import { serve } from "@neurallog/log-service";'],
    ["generator/plan/plan.ts", 'import { start } from "../../local/start.ts";'],
    ["tools/say.ts", 'import { plan } from "../generator/plan/plan.ts";'],
  ])("%s: %s", (file, text) => {
    const wrong = wrongIn(file, text);
    expect(wrong).toHaveLength(1);
    expect(wrong[0]).toMatch(new RegExp(`^${file}:1: .*must `));
  });
});

describe("each way of importing counts", () => {
  test.each([
    'import type { Plan } from "../plan/plan.ts";',
    'import {\n  a,\n  b,\n} from "../plan/plan.ts";',
    'export * from "../plan/plan.ts";',
    'export type { Plan } from "../plan/plan.ts";',
    'import "../plan/plan.ts";',
    'const plan = await import("../plan/plan.ts");',
  ])("%j", (text) => {
    expect(wrongIn("generator/record/read.ts", `// a line\n${text}\n`)).toHaveLength(1);
  });
});

test("imports along the plan pass", () => {
  const text = [
    'import { a } from "./source.ts";',
    'import { b } from "../record/read.ts";',
    'import { c } from "../errors.ts";',
    'import { d } from "../../tools/say.ts";',
    'import { readFileSync } from "node:fs";',
    'import { z } from "zod";',
  ].join("\n");
  expect(wrongIn("generator/plan/plan.ts", text)).toEqual([]);
});

test("a folder that the plan does not know has to be given a room", () => {
  const wrong = wrongIn("generator/attic/box.ts", 'import { a } from "../record/read.ts";');
  expect(wrong).toEqual([expect.stringContaining("generator/attic/box.ts is in no room")]);
});

test("the plan itself has no cycle: a room never ends up on itself", () => {
  for (const { rooms } of houses) {
    const under = (room: string, seen: string[]): void => {
      expect(seen).not.toContain(room);
      for (const next of rooms[room] ?? []) under(next, [...seen, room]);
    };
    for (const room of Object.keys(rooms)) under(room, []);
  }
  const below = (part: string, seen: string[]): void => {
    expect(seen).not.toContain(part);
    for (const next of parts[part] ?? []) below(next, [...seen, part]);
  };
  for (const part of Object.keys(parts)) below(part, []);
});
