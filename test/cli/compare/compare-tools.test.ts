import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { describe, expect, onTestFinished, test } from "vitest";

import { answerRaw } from "../../mcp-tap/support/raw-tools.ts";
import { startRawHttp } from "../../mcp-tap/support/raw-http.ts";
import { rawStdio } from "../../mcp-tap/support/tap.ts";
import { run } from "../run.ts";

const hostile = fileURLToPath(new URL("./hostile-server.ts", import.meta.url));
const node = process.execPath;
const compare = (...args: string[]) => run(["compare-tools", ...args]);
const raw = (variant: string) => `'${node}' '${rawStdio}' ${variant}`;
const bad = (...words: string[]) => `'${node}' '${hostile}' ${words.join(" ")}`;

/** Files that servers note the calls of their tools in. */
function callFiles(): [a: string, b: string] {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-compare-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const files: [string, string] = [join(folder, "a"), join(folder, "b")];
  for (const file of files) writeFileSync(file, "");
  return files;
}

describe("neurallog compare-tools", () => {
  test("ends with 0 where nothing differs, whatever the transport and the pages", async () => {
    await using server = await startRawHttp("dewey");
    for (const other of [raw("dewey"), server.url, server.wsUrl]) {
      const { exit, out } = await compare(raw("dewey"), other);
      expect([exit, out]).toMatchObject([0, expect.stringContaining("2 tools")]);
      expect(out).toContain("no difference");
    }
  });

  test("ends with 1 and prints what differs, what a call says first", async () => {
    const { exit, out } = await compare(raw("dewey"), raw("gates"), "--call", "list_capabilities");
    expect(exit).toBe(1);
    expect(out.split("\n").slice(3, 6)).toEqual([
      " 1  NOT CALLABLE  list_capabilities",
      "    B lists it, and a call fails: it answers -32602: Unknown tool: list_capabilities; A answers it",
      "    likely why: inputSchema is missing in B, which has input_schema instead",
    ]);
  });

  test("calls a tool once on each side, whichever versions had to be tried", async () => {
    const [a, b] = callFiles();
    const { exit } = await compare(bad("both", a), bad("newest", b), "--call", "a");
    expect([exit, readFileSync(a, "utf8"), readFileSync(b, "utf8")]).toEqual([0, "a\n", "a\n"]);
  });

  test("calls nothing where the other side cannot be listed", async () => {
    const [a] = callFiles();
    const { exit } = await compare(bad("both", a), "no-such-command-anywhere", "--call", "a");
    expect([exit, readFileSync(a, "utf8")]).toEqual([2, ""]);
  });

  test("prints one object for programs", async () => {
    const { exit, out } = await compare("--json", raw("dewey"), raw("gates"));
    const { same, a, findings } = JSON.parse(out);
    expect([exit, same, a.server, findings[0].kind]).toEqual([1, false, "dewey 1.0.0", "missing"]);
  });

  test.each([
    ["a command that is not there", "no-such-command-anywhere"],
    ["a server that ends at once", "false"],
    ["an address where nobody listens", "http://127.0.0.1:9"],
    ["a file that is not there", "file:/no/such/file.jsonl"],
    ["an argument that is none", "trace:"],
  ])("ends with 2 for %s", async (_what, source) => {
    const { exit, out, err } = await compare(raw("dewey"), source);
    expect([exit, out]).toEqual([2, ""]);
    expect(err).toMatch(/\(CLI_[A-Z_]+\)/);
  });

  test.each([
    ["has two lines", "a\nb"],
    ["is longer than a header", "x".repeat(100_000)],
  ])("ends with 2 for a token file that %s, and says why", async (_what, content) => {
    const [file] = callFiles();
    writeFileSync(file, content);
    const { exit, err } = await compare(raw("dewey"), raw("dewey"), "--bearer-file-a", file);
    expect([exit, err]).toEqual([2, expect.stringContaining("does not hold a token")]);
  });

  test("attack: a token file without an end is refused, not read", async () => {
    const { exit, err } = await compare("http://a", "http://b", "--bearer-file-b", "/dev/zero");
    expect([exit, err]).toEqual([2, expect.stringContaining("does not hold a token")]);
  });

  test("asks both sides in the version that both speak, and ends with 2 where there is none", async () => {
    const { exit, out } = await compare(bad("newest"), bad("newest"));
    expect([exit, out]).toMatchObject([0, expect.stringContaining("2026-07-28")]);
    const none = await compare(bad("newest"), bad("noisy"));
    expect([none.exit, none.err]).toMatchObject([
      2,
      expect.stringContaining("no version that both"),
    ]);
  });

  test("takes of an event stream what are messages, whatever else it carries and ends its lines with", async () => {
    await using server = await startRawHttp("gates");
    server.behave((request, answer) => {
      if (request.method !== "POST") return false;
      void text(request).then((body) => {
        const said = answerRaw("dewey", body);
        if (said === undefined) return answer.writeHead(202).end();
        const { id } = JSON.parse(body);
        const other = JSON.stringify({ jsonrpc: "2.0", id, result: { tools: [] } });
        answer.writeHead(200, { "content-type": "text/event-stream" });
        return answer.end(`: hello\r\revent: other\rdata: ${other}\r\rdata: ${said}\r\r`);
      });
      return true;
    });
    const { exit, out } = await compare(raw("dewey"), server.url);
    expect([exit, out]).toMatchObject([0, expect.stringContaining("no difference")]);
  });

  test("attack: an event without end is not held in memory", async () => {
    await using server = await startRawHttp("dewey");
    server.behave((_request, answer) => {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      const line = `data: ${"x".repeat(65_000)}\n`;
      const more = () => {
        while (!answer.destroyed && answer.write(line));
        if (!answer.destroyed) answer.once("drain", more);
      };
      more();
      return true;
    });
    const { exit, err } = await compare(raw("dewey"), server.url, "--timeout", "60");
    expect([exit, err]).toEqual([2, expect.stringContaining("longer than 16 MiB")]);
  });

  test("reads past what a server says that is no answer", async () => {
    expect(await compare(bad("noisy"), bad("plain"))).toMatchObject({ exit: 0 });
  });

  test("attack: a cursor that comes again ends, and is what is said first", async () => {
    const { exit, out } = await compare(bad("cyclic"), bad("plain"));
    expect(exit).toBe(1);
    expect(out).toContain(
      "THE LIST\n    nextCursor comes again after page 2: clients never end (in A)",
    );
  });

  test("attack: a list without end is read to a bound", async () => {
    const { exit, out } = await compare(bad("endless"), bad("plain"));
    expect(exit).toBe(1);
    expect(out).toContain("the list goes on after 500 pages");
  });

  test("attack: an answer without end is not held in memory", async () => {
    const { exit, err } = await compare(bad("huge"), bad("plain"));
    expect([exit, err]).toMatchObject([2, expect.stringContaining("longer than 16 MiB")]);
  });

  test("attack: a server that never answers is given up", async () => {
    const { exit, err } = await compare("--timeout", "1", bad("silent"), bad("plain"));
    expect([exit, err]).toMatchObject([2, expect.stringContaining("no answer in time")]);
  });

  test("attack: what a server calls itself reaches no terminal as it stands", async () => {
    const { out } = await compare(bad("plain"), bad("plain"));
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});
