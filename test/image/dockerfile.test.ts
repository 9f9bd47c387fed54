import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { nonRoot } from "../../tools/image/base.ts";
import { closureOf, readLock, thisMachine } from "../../tools/image/closure.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");
const lines = dockerfile
  .replaceAll(/\\\n\s*/g, " ")
  .split("\n")
  .map((line) => line.split(/\s+/));
const all = (instruction: string) =>
  lines.filter(([word]) => word === instruction).map((words) => words.slice(1));
const last = (instruction: string) => all(instruction).at(-1)?.join(" ");

describe("the Dockerfile", () => {
  it("copies the sources of every package of ours that the service needs", () => {
    const copied = all("COPY").flatMap((words) => words.slice(0, -1));
    for (const path of closureOf(readLock(root), "apps/log-service", thisMachine()).workspaces) {
      expect(copied).toContain(`${path}/src`);
      expect(copied).toContain(`${path}/package.json`);
    }
  });

  it("copies nothing that is not there", () => {
    const sources = all("COPY")
      .filter(([first]) => first?.startsWith("--from") !== true)
      .flatMap((words) => words.slice(0, -1));
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("builds with the Node that the project pins, and ends in one of the same major version", () => {
    const [build, final] = all("FROM").map(([image]) => image);
    expect(build).toBe(`node:${process.versions.node}-bookworm-slim`);
    expect(final).toMatch(
      new RegExp(`/nodejs${process.versions.node.split(".")[0]}-\\S+:nonroot$`),
    );
  });

  it("runs as the same user, with the same command as the image that npm run image makes", () => {
    expect(last("USER")).toBe(`${nonRoot}:${nonRoot}`);
    expect(last("ENTRYPOINT")).toBe('["/nodejs/bin/node", "apps/log-service/src/main.ts"]');
    expect(last("CMD")).toBe('["serve"]');
  });

  it("sends the builder nothing but what is named", () => {
    const first = readFileSync(join(root, ".dockerignore"), "utf8")
      .split("\n")
      .find((line) => line !== "" && !line.startsWith("#"));
    expect(first).toBe("*");
  });
});
