import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tombstoneMask } from "../../apps/log-service/src/query/engine/tombstones.ts";
import { createMemoryStore } from "../../apps/log-service/src/store/memory/memory-store.ts";
import { startTestService, type TestService } from "../log-service/http/support.ts";
import { run, type Ended } from "./run.ts";

let service: TestService;
beforeAll(async () => {
  const store = createMemoryStore({ compileTombstone: tombstoneMask });
  service = await startTestService({ store });
  await service.client("writer").write([
    { message: "a", source: "one" },
    { message: "b", source: "two" },
  ]);
});
afterAll(() => service.stop());

const as = (role: string, ...args: string[]): Promise<Ended> =>
  run(args, { url: service.url, key: service.key(role) });
const admin = (...args: string[]): Promise<Ended> => as("admin", "admin", ...args);

describe("neurallog admin clear", () => {
  const ONE = ["clear", "-n", "default", "-q", "source:one"];

  it("says how many it would clear, and without --yes a program clears none", async () => {
    expect(await admin(...ONE, "--dry-run")).toMatchObject({
      exit: 0,
      out: "1 record of default\n",
    });
    const { exit, err } = await admin(...ONE);
    expect(exit).toBe(2);
    expect(err).toContain("1 record of default would be cleared for ever: say --yes");
    expect((await service.client("reader").count()).count).toBe(2);
  });

  it("clears with --yes, and lists what is under way", async () => {
    expect(await admin(...ONE, "--yes")).toMatchObject({
      exit: 0,
      out: "cleared 1 record of default\n",
    });
    const { records } = await service.client("reader").search();
    expect(records.map(({ message }) => message)).toEqual(["b"]);
    // Until the work thread has taken the records out, which may be already.
    expect((await admin("clearings")).out).toMatch(
      /^NAMESPACE +CREATED +BY +FROM +TO +FILTER\n(default +\S+ +admin .*"one".*\n)?$/,
    );
  });

  it("refuses what has no condition, unless everything is meant", async () => {
    expect(await admin("clear", "-n", "default", "--yes")).toMatchObject({ exit: 4 });
    expect((await service.client("reader").count()).count).toBe(1);
    expect(await admin("clear", "-n", "default", "--everything", "-y", "--json")).toMatchObject({
      exit: 0,
    });
    expect((await service.client("reader").count()).count).toBe(0);
  });
});

it("neurallog admin keys, revoke and restore show and change who may come in", async () => {
  expect((await admin("keys")).out).toMatch(/^reader +active +reader +\* +-$/m);
  expect((await admin("revoke", "reader")).out).toBe("reader is revoked\n");
  expect((await as("reader", "count")).exit).toBe(4);
  expect((await admin("restore", "reader")).out).toBe("reader is active\n");
  expect((await as("reader", "count")).exit).not.toBe(4);
  expect((await admin("revoke", "nobody")).err).toContain("NL_KEY_UNKNOWN");
});

it("neurallog admin levels are set, listed and taken back", async () => {
  expect((await admin("set-level", "checkout", "debug")).out).toBe(
    "checkout sends from DEBUG on\n",
  );
  expect((await admin("levels")).out).toMatch(/^checkout +\* +DEBUG +\S+ +admin$/m);
  expect((await admin("unset-level", "checkout")).exit).toBe(0);
  expect((await admin("levels", "--json")).out).toBe("");
  expect((await admin("set-level", "checkout", "loud")).exit).toBe(4);
});

it("attack: a key that is no administrator's does none of it", async () => {
  for (const args of [
    ["keys"],
    ["revoke", "admin"],
    ["levels"],
    ["set-level", "*", "trace"],
    ["clear", "-n", "default", "--everything", "--yes"],
  ]) {
    expect(await as("writer", "admin", ...args)).toMatchObject({ exit: 4, out: "" });
  }
});
