import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compareChannels } from "../../../generator/plan/rings.ts";
import { planRecords } from "../../../generator/plan/repository.ts";
import { recordText, root } from "./support.ts";

const file = "overlays/home/cluster.yaml";
const text = readFileSync(`${root}/${file}`, "utf8");
const oldDigest = /log-service:[^@]+@sha256:([0-9a-f]{64})/.exec(text)?.[1] ?? "";
const newDigest = "f".repeat(64);

type Releases = { stable?: string; canary?: string };
/** The cluster's record with other releases and, for a channel, another digest. */
function cluster({ stable = "next", canary = "next" }: Releases, digests: Releases = {}): string {
  const [head = "", channels = ""] = text.split(/^channels:$/m);
  const [, stableText = "", canaryText = ""] = channels.split(/^ {2}(?:stable|canary):$/m);
  const set = (channel: string, release: string, digest = oldDigest) =>
    channel.replace("release: next", `release: ${release}`).replaceAll(oldDigest, digest);
  return `${head}channels:\n  stable:${set(stableText, stable, digests.stable)}  canary:${set(canaryText, canary, digests.canary)}`;
}

function changes(before: string, now: string, canaries = true): [string, string][] {
  const plan = (content: string) =>
    planRecords({
      tenants: new Map([
        ["tenants/a.yaml", recordText("a")],
        ["tenants/c.yaml", recordText("c", canaries ? "channel: canary\n" : "")],
      ]),
      clusters: new Map([[file, content]]),
      releases: ["next", "r1", "r2"],
    });
  const [old, current] = [plan(before), plan(now)];
  expect([...old.problems, ...current.problems]).toEqual([]);
  return compareChannels(old, current).map(({ code, source }) => [code, source.trim()]);
}

describe("a channel", () => {
  test("moves canary first: no fault", () => {
    expect(changes(cluster({}), cluster({ canary: "r1" }))).toEqual([]);
  });

  test("moves stable to what canary has: no fault", () => {
    const tried = cluster({ canary: "r1" });
    expect(changes(tried, cluster({ canary: "r1", stable: "r1" }))).toEqual([]);
    expect(changes(tried, cluster({ canary: "r2", stable: "r1" }))).toEqual([]);
  });

  test("stays, while canary goes back: no fault", () => {
    expect(changes(cluster({ canary: "r1", stable: "r1" }), cluster({ stable: "r1" }))).toEqual([]);
  });

  test("moves stable to what canary never ran: a fault, at its line", () => {
    expect(changes(cluster({}), cluster({ stable: "r1" }))).toEqual([
      ["ring-skipped", "release: r1"],
    ]);
  });

  test("moves both in one change: a fault, as canary tenants have not run it yet", () => {
    expect(changes(cluster({}), cluster({ stable: "r1", canary: "r1" }))).toEqual([
      ["ring-skipped", "release: r1"],
    ]);
  });

  test("gets an image that canary never ran: a fault", () => {
    const [found] = changes(cluster({}), cluster({}, { stable: newDigest }));
    expect(found).toEqual(["ring-skipped", expect.stringMatching(/^logService: .*f{64}$/)]);
    const tried = cluster({}, { canary: newDigest });
    expect(changes(tried, cluster({}, { canary: newDigest, stable: newDigest }))).toEqual([]);
  });

  test("gets an image of a kind that no tenant ran yet: no fault", () => {
    const without = cluster({}).replaceAll(/^ +postgres: .*\n/gm, "");
    expect(without).not.toContain("postgres");
    expect(changes(without, cluster({}))).toEqual([]);
  });

  test("of a cluster without canary tenants has no ring to skip", () => {
    expect(changes(cluster({}), cluster({ stable: "r1", canary: "r1" }), false)).toEqual([]);
  });
});
