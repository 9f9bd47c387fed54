import { describe, expect, it } from "vitest";
import { ago } from "../../../operate/status/cells.ts";
import { overview } from "../../../operate/status/overview.ts";
import { page } from "../../../operate/status/page.ts";
import { paintFor, PLAIN } from "../../../operate/status/paint.ts";
import { NO_CLONE } from "../../../operate/status/repository.ts";
import { readRecorded, set, statusFrom, wellRecorded } from "../support/recorded.ts";

describe("the table of tenants", () => {
  it("has each figure under its column's name", () => {
    const text = overview(statusFrom(wellRecorded()), PLAIN);
    const [head = "", row = ""] = text.split("\n").filter((line) => /TENANT|^ok/.test(line));
    const cell = (name: string) => row.slice(head.indexOf(name)).split("  ")[0];
    expect(cell("TENANT")).toBe("acme");
    expect(cell("STATE")).toBe("active");
    expect(cell("REVISION")).toBe("929ec61");
    expect(cell("QUOTA")).toBe("41 % requests.memory");
    expect(cell("VOLUMES")).toBe("2Gi");
    expect(cell("REDIS")).toBe("40 MiB of 115.2 MiB");
  });

  it("says how far a tenant is behind", () => {
    const all = wellRecorded();
    for (const each of all.applications) {
      set(each, ["status", "sync", "revision"], "a".repeat(40));
    }
    expect(overview(statusFrom(all), PLAIN)).toContain("aaaaaaa -3");
  });

  it("tells of the same trouble once, however many tenants have it", () => {
    const applications = Array.from({ length: 30 }, (_, index) => ({
      metadata: { name: `tenant-t${index}`, namespace: "argocd" },
      spec: { project: "tenants", syncPolicy: { automated: { selfHeal: true } } },
      status: {
        sync: { status: "Unknown" },
        conditions: [{ type: "ComparisonError", message: "kustomize build failed" }],
      },
    }));
    const text = overview(statusFrom({ applications }, { inGit: NO_CLONE }), PLAIN);
    expect(text.match(/Argo CD cannot build the overlay/g)?.length).toBe(1);
    expect(text).toContain("t0, t1, t10, t11, t12 and 25 tenants more");
  });
});

it("the page of a tenant has everything that the table has no room for", () => {
  const status = statusFrom(readRecorded());
  const [tenant] = status.tenants;
  if (tenant === undefined) throw new Error("no tenant");
  const text = page(status, tenant, PLAIN);
  for (const words of [
    "acme (Acme Shop): wrong",
    "revision       929ec61, the newest",
    "40 MiB of 115.2 MiB, from a test",
    "ImagePullBackOff",
    "redis OOMKilled (137)",
    "local-retain",
    "Retain",
    "tenant-acme-org-web-mcp",
  ]) {
    expect(text).toContain(words);
  }
});

describe("colours", () => {
  const shown = (isTTY: boolean, environment: Record<string, string>) =>
    paintFor({ isTTY }, environment).verdict("wrong", "!!");

  it("are for terminals alone, and for none with NO_COLOR or without colours", () => {
    expect(shown(true, {})).toBe("\u001B[31m!!\u001B[0m");
    expect(shown(false, {})).toBe("!!");
    expect(shown(true, { NO_COLOR: "1" })).toBe("!!");
    expect(shown(true, { TERM: "dumb" })).toBe("!!");
  });

  it("do not move the columns", () => {
    const status = statusFrom(readRecorded());
    const colours = /\u001B\[\d+m/g;
    const painted = overview(status, paintFor({ isTTY: true }, {}));
    expect(painted).toMatch(colours);
    expect(painted.replaceAll(colours, "")).toBe(overview(status, PLAIN));
  });
});

it.each([
  [0, "0 s"],
  [119, "119 s"],
  [600, "10 min"],
  [8000, "2 h"],
  [400_000, "5 days"],
  [-50, "0 s"],
])("%d seconds ago is %s", (seconds, words) => {
  const then = Date.parse("2026-11-21T00:00:00Z");
  expect(ago(new Date(then).toISOString(), new Date(then + seconds * 1000).toISOString())).toBe(
    words,
  );
});
