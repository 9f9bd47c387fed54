import { describe, expect, it } from "vitest";
import { ManifestError, parseManifests } from "../../../generator/manifests/parse.ts";

const namespace = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`;

function problem(text: string): string {
  try {
    parseManifests(text);
  } catch (error) {
    if (error instanceof ManifestError) return error.message;
    throw error;
  }
  return "";
}

describe("parsing what kustomize printed", () => {
  it("reads every document, and skips empty ones", () => {
    const objects = parseManifests(`${namespace("a")}---\n---\n${namespace("b")}`);
    expect(objects.map(({ kind, name }) => [kind, name])).toEqual([
      ["Namespace", "a"],
      ["Namespace", "b"],
    ]);
  });

  it("takes nothing for a boolean or a number that only some YAML readers do", () => {
    const [object] = parseManifests(
      `${namespace("a")}spec: [on, no, 012, 0x1f, 1_000, 12, true, null, ]\n`,
    );
    expect(object?.body["spec"]).toEqual(["on", "no", "012", "0x1f", "1_000", 12, true, null]);
  });

  it("says which document is no object", () => {
    expect(problem(`${namespace("a")}---\nkind: Namespace\n`)).toMatch(
      /^document 2 is no Kubernetes object: apiVersion: /,
    );
    expect(problem("- a\n")).toMatch(/^document 1 is no Kubernetes object/);
  });

  it("refuses labels that are no text, which selectors could not match", () => {
    expect(problem(`${namespace("a")}  labels: { a: 1 }\n`)).toMatch(/metadata\.labels\.a/);
  });

  it("refuses duplicate keys, aliases and syntax errors", () => {
    expect(problem(`${namespace("a")}kind: Pod\n`)).toMatch(/duplicated mapping key/);
    expect(problem(`a: &a [b]\nc: *a\n`)).toMatch(/alias/);
    expect(problem("a: [b\n")).not.toBe("");
  });

  it("refuses nesting that could exhaust the stack", () => {
    expect(problem(`a: ${"[".repeat(100)}${"]".repeat(100)}\n`)).toMatch(/depth|nest/i);
  });

  it("reads a key called __proto__ as a key", () => {
    const [object] = parseManifests(`${namespace("a")}spec: { __proto__: { kind: Pod } }\n`);
    expect(object?.kind).toBe("Namespace");
    expect(Object.hasOwn(Object.prototype, "kind")).toBe(false);
  });
});
