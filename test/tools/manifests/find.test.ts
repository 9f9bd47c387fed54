import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Machine } from "../../../tools/machine.ts";
import { runProgram } from "../../../tools/process.ts";
import { findTool } from "../../../tools/manifests/find.ts";
import { goMod, pinnedVersion, pins } from "../../../tools/manifests/pins.ts";
import { fakeMachine, program } from "../support/fake.ts";

const kustomize = pinnedVersion("kustomize");
const noRelease = { host: "http://127.0.0.1:9", sum: () => "0".repeat(64) };

let folder: string;
let machine: Machine;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-find-"));
  machine = fakeMachine(folder);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A Go that "builds" both tools after a moment and counts how often it was called. */
function fakeGo(): void {
  program(
    join(folder, "bin", "go"),
    "built",
    `echo called >> '${join(folder, "calls")}'
     while [ "$1" != -o ]; do shift; done
     /bin/sleep 0.3
     /bin/mkdir -p "$2"
     for tool in kustomize kubeconform; do
       printf '#!/bin/sh\\necho mine\\n' > "$2/$tool"; /bin/chmod 755 "$2/$tool"
     done`,
  );
}

async function serve(body: Buffer, status = 200): Promise<{ host: string; server: Server }> {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { host: `http://127.0.0.1:${address.port}`, server };
}

async function archiveOf(tool: string): Promise<Buffer> {
  program(join(folder, "release", tool), "released");
  const archive = join(folder, "release.tar.gz");
  await runProgram("tar", ["-czf", archive, "-C", join(folder, "release"), tool]);
  return readFileSync(archive);
}

describe("the finder of kustomize and kubeconform", () => {
  test("takes the pinned version from PATH", async () => {
    const path = program(join(folder, "bin", "kustomize"), kustomize);
    expect(await findTool("kustomize", machine, noRelease)).toBe(path);
  });

  test("passes over another version on PATH for the pinned one behind it", async () => {
    program(join(folder, "bin", "kustomize"), `${kustomize}0`);
    const right = program(join(folder, "other", "kustomize"), kustomize);
    machine.path = [join(folder, "bin"), join(folder, "other")].join(delimiter);
    expect(await findTool("kustomize", machine, noRelease)).toBe(right);
  });

  test("builds with Go where PATH has only another version", async () => {
    program(join(folder, "bin", "kustomize"), "v5.8.2");
    fakeGo();
    const path = await findTool("kustomize", machine, noRelease);
    expect(path.startsWith(machine.cache)).toBe(true);
    expect((await runProgram(path, [])).stdout).toBe("mine\n");
  });

  test("builds once for many callers at the same time and leaves no scraps", async () => {
    fakeGo();
    const tools = ["kustomize", "kubeconform", "kustomize", "kubeconform"] as const;
    const paths = await Promise.all(tools.map((tool) => findTool(tool, machine, noRelease)));
    expect(new Set(paths).size).toBe(2);
    expect(readFileSync(join(folder, "calls"), "utf8")).toBe("called\n");
    expect(readdirSync(machine.cache)).toEqual(["tools"]);
    expect(readdirSync(join(machine.cache, "tools"))).toHaveLength(1);
  });

  test("a build that is there already is found without Go", async () => {
    fakeGo();
    const path = await findTool("kubeconform", machine, noRelease);
    machine.path = "";
    expect(await findTool("kubeconform", machine, noRelease)).toBe(path);
  });

  test("downloads the release archive where Go is missing", async () => {
    const archive = await archiveOf("kubeconform");
    const { host, server } = await serve(archive);
    const sum = (): string => createHash("sha256").update(archive).digest("hex");
    const path = await findTool("kubeconform", machine, { host, sum });
    server.close();
    expect((await runProgram(path, [])).stdout).toBe("released\n");
  });

  test("a tampered release archive is not unpacked", async () => {
    const { host, server } = await serve(await archiveOf("kubeconform"));
    const sum = (): string | undefined => pins.kubeconform.sums["linux-amd64"];
    const found = findTool("kubeconform", machine, { host, sum });
    await expect(found).rejects.toThrow(/SHA-256 .* it is not what was released/s);
    server.close();
    expect(readdirSync(machine.cache)).toEqual([]);
  });

  test("says what to install when nothing works, and why each way failed", async () => {
    const { host, server } = await serve(Buffer.from("gone"), 404);
    const found = findTool("kustomize", machine, { host, sum: () => "0".repeat(64) });
    await expect(found).rejects.toThrow(
      new RegExp(`Go is not installed.*HTTP status 404.*put kustomize ${kustomize} on PATH`, "s"),
    );
    server.close();
  });

  test("a Go that fails to build leaves nothing in the cache", async () => {
    program(join(folder, "bin", "go"), "", "echo 'checksum mismatch' >&2; exit 1");
    const found = findTool("kustomize", machine, noRelease);
    await expect(found).rejects.toThrow(/checksum mismatch/);
    expect(readdirSync(join(machine.cache, "tools"))).toEqual([]);
  });
});

describe("the pins", () => {
  test("every tool of tools/go.mod is pinned, with a sum for each platform", () => {
    const tools = /^tool \(\n([^)]*)\)/m.exec(readFileSync(goMod, "utf8"))?.[1] ?? "";
    expect(tools.trim().split("\n")).toHaveLength(Object.keys(pins).length);
    for (const { sums } of Object.values(pins)) {
      expect(Object.keys(sums)).toHaveLength(4);
      expect(new Set(Object.values(sums)).size).toBe(4);
    }
  });

  test("the checksums are those of the versions that tools/go.mod names", () => {
    // A new version needs new sums in pins.ts: this line is changed together with them.
    expect([kustomize, pinnedVersion("kubeconform")]).toEqual(["v5.8.1", "v0.8.0"]);
  });
});
