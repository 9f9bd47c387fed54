import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { redisUsers, startService, type TestService } from "../support/service.ts";
import { end, run, start, type Ended } from "./run.ts";

let redis: TestRedis;
let service: TestService;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-cli-"));
  redis = await startRedis({ users: redisUsers });
  service = await startService({ redisUrl: redis.url });
});
afterAll(async () => {
  await service?.stop();
  await redis?.stop();
  rmSync(folder, { recursive: true });
});

const as = (role: "writer" | "reader" | "admin") => ({ url: service.url, key: service.keys[role] });
const neurallog = (args: string[], input?: string): Promise<Ended> => run(args, as("admin"), input);
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
/** What a search prints, one object a line. */
const found = async (...args: string[]): Promise<{ message: string; [key: string]: unknown }[]> => {
  const { out } = await neurallog(["search", "--json", "--all", "--order", "asc", ...args]);
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
};

describe("neurallog log", () => {
  it("stores a message with all that can be said about it", async () => {
    const { exit, out } = await neurallog([
      "log",
      "payment",
      "failed",
      "-l",
      "error",
      "-s",
      "shop",
      "-t",
      "card",
      "-m",
      "user=42",
      "--trace-id",
      "t1",
      "--span-id",
      "s1",
      "-n",
      "one",
    ]);
    expect(exit).toBe(0);
    expect(out).toMatch(/^stored \S+\n$/);
    expect(await found("-n", "one")).toMatchObject([
      {
        message: "payment failed",
        level: "ERROR",
        source: "shop",
        tags: ["card"],
        metadata: { user: "42" },
        trace_id: "t1",
        span_id: "s1",
      },
    ]);
  });

  it("stores every line of a file, in its order, with its times and levels", async () => {
    const lines = Array.from({ length: 2_345 }, (_, at) => {
      const time = new Date(Date.UTC(2024, 0, 2) + at * 1000).toISOString();
      return `${time} ${at % 2 === 0 ? "INFO" : "WARN"} step ${at}`;
    });
    const { exit, out, err } = await neurallog([
      "log",
      "-n",
      "two",
      "--file",
      file("two.log", lines.join("\n")),
    ]);
    expect({ exit, out }).toEqual({ exit: 0, out: "stored 2,345 records\n" });
    expect(err).toContain("2,345 lines, read as iso 2,345");
    const records = await found("-n", "two");
    expect(records.map(({ message }) => message)).toEqual(lines.map((_, at) => `step ${at}`));
    expect((await found("-n", "two", "-l", "warn")).length).toBe(1_172);
  });

  it("reads a compressed file", async () => {
    const path = file("three.log.gz", gzipSync("first\nsecond\n"));
    expect((await neurallog(["log", "-n", "three", "--file", path])).exit).toBe(0);
    expect((await found("-n", "three")).map(({ message }) => message)).toEqual(["first", "second"]);
  });

  it("prints the ids of what is stored, which a search gives too", async () => {
    const { out } = await neurallog(["log", "-n", "four", "--ids"], "a\nb\nc\n");
    const ids = out.trim().split("\n");
    expect(ids.toSorted()).toEqual((await found("-n", "four")).map(({ id }) => id).toSorted());
  });

  it("ends with 5 and names the lines when some are rejected, and stores the others", async () => {
    const { exit, err } = await neurallog(
      ["log", "-n", "five", "--level", "loud"],
      "INFO: good\nbad\nWARN: good\n",
    );
    expect(exit).toBe(5);
    expect(err).toContain("standard input line 2 was rejected");
    expect((await found("-n", "five")).length).toBe(2);
  });

  it("sends what a program wrote without waiting for its next line", async () => {
    const child = start(["log", "-n", "six"], as("admin"));
    child.stdin?.write("first\n");
    await expect.poll(async () => (await found("-n", "six")).length).toBe(1);
    child.stdin?.end("second\n");
    expect((await end(child)).exit).toBe(0);
    expect((await found("-n", "six")).length).toBe(2);
  });

  it("stores what it has read when Ctrl-C ends it, half a line too, and ends with 130", async () => {
    const child = start(["log", "-n", "seven"], as("admin"));
    child.stdin?.write("first\nsecond without an end");
    await expect.poll(async () => (await found("-n", "seven")).length).toBe(1);
    child.kill("SIGINT");
    const { exit, out } = await end(child);
    expect({ exit, out }).toEqual({ exit: 130, out: "stored 2 records\n" });
  });

  it("ends with 4 for a key that may only read, and for none", async () => {
    expect((await run(["log", "x"], as("reader"))).exit).toBe(4);
    expect((await run(["log", "x"], { url: service.url })).exit).toBe(4);
  });

  it("takes the key from a file", async () => {
    const args = ["log", "x", "-n", "eight", "--key-file", join(service.folder, "writer.key")];
    expect((await run(args, { url: service.url })).exit).toBe(0);
  });
});

describe("the key", () => {
  it("comes from a pipe too, where no file has to hold it", async () => {
    const pipe = join(folder, "key");
    execFileSync("mkfifo", [pipe]);
    const [{ exit }] = await Promise.all([
      run(["namespaces", "--key-file", pipe], { url: service.url }),
      writeFile(pipe, `${service.keys.reader}\n`),
    ]);
    expect(exit).toBe(0);
  });
});

describe("neurallog search", () => {
  it("ends with 1 and prints nothing when nothing matches", async () => {
    expect(await neurallog(["search", "no-such-text-anywhere"])).toMatchObject({
      exit: 1,
      out: "",
    });
  });

  it("finds by text, source, tag, trace and metadata together", async () => {
    await neurallog([
      "log",
      "a needle here",
      "-s",
      "hay",
      "-t",
      "x",
      "-t",
      "y",
      "--trace-id",
      "t9",
      "-m",
      "user.id=7",
      "-n",
      "ten",
    ]);
    await neurallog(["log", "another needle", "-s", "hay", "-t", "x", "-n", "ten"]);
    const filters = [
      "-n",
      "ten",
      "-s",
      "hay",
      "-t",
      "x",
      "-t",
      "y",
      "--trace-id",
      "t9",
      "needle",
      "here",
    ];
    expect((await found(...filters)).length).toBe(1);
    expect((await found(...filters, "-m", "nothing=1")).length).toBe(0);
  });

  it("goes on with the cursor that it names", async () => {
    await neurallog(["log", "-n", "eleven"], "1\n2\n3\n");
    const first = await neurallog(["search", "-n", "eleven", "--limit", "2", "--json"]);
    const cursor = /--cursor (\S+)/.exec(first.err)?.[1] ?? "";
    const rest = await neurallog([
      "search",
      "-n",
      "eleven",
      "--limit",
      "2",
      "--json",
      "--cursor",
      cursor,
    ]);
    expect(`${first.out}${rest.out}`.trim().split("\n").length).toBe(3);
    expect(rest.err).toBe("");
  });

  it("attack: a stored escape sequence reaches no terminal, with --json or without", async () => {
    await neurallog(["log", "-n", "twelve"], "\u001b]0;owned\u0007\u009b2J\u202eabc\n");
    for (const json of [[], ["--json"]]) {
      const { out } = await neurallog(["search", "-n", "twelve", ...json]);
      expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(out).toContain("owned");
    }
  });

  it("ends quietly when its reader has seen enough", async () => {
    await neurallog(["log", "-n", "thirteen"], `${"x".repeat(1_000)}\n`.repeat(3_000));
    const child = start(["search", "-n", "thirteen", "--all"], as("admin"));
    await once(child.stdout ?? child, "data");
    child.stdout?.destroy();
    const { exit, err } = await end(child);
    expect({ exit, err }).toEqual({ exit: 0, err: "" });
  });

  it("ends with 4 for a filter that the service cannot read", async () => {
    const { exit, err } = await neurallog(["search", "--from", "yesterday-ish"]);
    expect(exit).toBe(4);
    expect(err).toContain("NL_PARAMETER_INVALID");
  });
});

describe("neurallog namespaces", () => {
  it("prints what is where", async () => {
    await neurallog(["log", "-n", "fourteen"], "a\nb\n");
    const { exit, out } = await neurallog(["namespaces"]);
    expect(exit).toBe(0);
    expect(out).toMatch(/^NAMESPACE +RECORDS +BYTES +OLDEST +NEWEST\n/);
    expect(out).toMatch(/^fourteen +2 /m);
  });

  it("prints JSON lines for programs", async () => {
    const { out } = await neurallog(["namespaces", "--json"]);
    const names = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).name);
    expect(names).toContain("fourteen");
  });
});

describe("neurallog tail", () => {
  it("prints the newest, then what arrives, each once, until Ctrl-C", async () => {
    await neurallog(["log", "-n", "fifteen"], "old 1\nold 2\nold 3\n");
    const child = start(["tail", "-n", "fifteen", "--last", "2"], as("admin"));
    let out = "";
    child.stdout?.on("data", (text) => (out += String(text)));
    await expect.poll(() => out).toContain("old 3");
    await neurallog(["log", "new", "1", "-n", "fifteen"]);
    await expect.poll(() => out).toContain("new 1");
    // What comes late with an old time is new all the same.
    await neurallog(["log", "-n", "fifteen"], "2001-02-03T04:05:06Z new 2\n");
    await expect.poll(() => out).toContain("new 2");
    child.kill("SIGINT");
    expect(await end(child)).toMatchObject({ exit: 0, err: "" });
    const shown = [...out.matchAll(/(?:old|new) \d/g)].map(String);
    expect(shown).toEqual(["old 2", "old 3", "new 1", "new 2"]);
  });

  it("follows a query alone, and ends after the newest where it is told so", async () => {
    await neurallog(["log", "-n", "sixteen"], "INFO: quiet\nERROR: loud 1\n");
    const query = ["tail", "-n", "sixteen", "-q", "level>=ERROR"];
    expect((await neurallog([...query, "--no-follow"])).out).toMatch(/^\S+ ERROR ERROR: loud 1\n$/);
    expect(await neurallog([...query, "--no-follow", "--last", "0"])).toMatchObject({ exit: 1 });
    const child = start([...query, "-f", "--last", "0", "--json"], as("reader"));
    const ended = end(child);
    let out = "";
    child.stdout?.on("data", (text) => (out += String(text)));
    await expect
      .poll(async () => (await neurallog(["stats", "--json"])).out)
      .toContain('"followers":{"followers":1');
    await neurallog(["log", "-n", "sixteen"], "INFO: quiet\nERROR: loud 2\n");
    await expect.poll(() => out).toContain("loud 2");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ exit: 0, err: "" });
    expect(out.trim().split("\n")).toHaveLength(1);
  });

  it("ends with 4 for a query that cannot be followed", async () => {
    expect(await neurallog(["tail", "-q", "* | stats count()"])).toMatchObject({ exit: 4 });
  });
});
