import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loadTemplates, readTemplates } from "../../../generator/render/templates.ts";

let folder = "";
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function templates(sources: Record<string, string>) {
  folder = mkdtempSync(join(tmpdir(), "neurallog-templates-"));
  for (const [path, source] of Object.entries(sources)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  return loadTemplates(folder);
}

describe("a template", () => {
  it.each([
    ["plainly", "a: {{id}}\n"],
    ["unescaped", "a: {{{id}}}\n"],
    ["with an ampersand", "a: {{& id}}\n"],
    ["from an inner block", "{{#if yes}}\na: {{id}}\n{{/if}}\n"],
    ["from an else branch", "{{#if yes}}\n{{else}}\na: {{id}}\n{{/if}}\n"],
    ["through lookup", "a: {{lookup this 'id'}}\n"],
    ["as a number", "a: {{5}}\n"],
  ])("that prints a value %s does not compile", (_, source) => {
    expect(() => templates({ "t.yaml.hbs": source })).toThrow(
      /^t\.yaml\.hbs:\d+: a value is printed without/,
    );
  });

  it.each([
    ["in the middle of a word", "a: x-{{yaml id}}\n"],
    ["inside quotes", 'a: "{{yaml id}}"\n'],
    ["before more of the word", "a: {{yaml id}}-x\n"],
    ["as a key", "{{yaml id}}: a\n"],
    ["after another value", "a: {{yaml id}}{{yaml id}}\n"],
    ["in a block of text", "a: |\n  {{yaml id}}\n"],
  ])("that puts a value %s does not compile", (_, source) => {
    expect(() => templates({ "t.yaml.hbs": source })).toThrow("a value has to stand alone");
  });

  it("that names a partial by a value does not compile", () => {
    expect(() => templates({ "t.yaml.hbs": "{{> (lookup this 'id')}}\n" })).toThrow(
      "named plainly",
    );
  });

  it.each([
    ["a value that the view lacks", "a: {{yaml misspelt}}\n"],
    ["a condition that the view lacks", "{{#if misspelt}}\na: 1\n{{/if}}\n"],
    ["a list that the view lacks", "{{#each misspelt}}\na: 1\n{{/each}}\n"],
    ["a value's part that the view lacks", "a: {{yaml inner.misspelt}}\n"],
    ["what every object inherits", "a: {{yaml constructor}}\n"],
  ])("that asks for %s fails", (_, source) => {
    const render = templates({ "t.yaml.hbs": source });
    expect(() => render("t.yaml", { id: "acme", inner: { a: 1 } })).toThrow(
      /lacks|of the view|not defined/,
    );
  });

  it("prints quoted values, blocks and partials", () => {
    const render = templates({
      "t.yaml.hbs": "id: {{yaml id}}\nlist:{{yaml list 2}}\n{{#if yes}}\n{{> more}}\n{{/if}}\n",
      "partials/more.hbs": "{{#each items}}\n- {{yaml name}}\n{{/each}}\n",
    });
    const view = { id: "a: b", list: ["on", 1], yes: true, items: [{ name: "x\ny" }] };
    expect(render("t.yaml", view)).toBe('id: "a: b"\nlist:\n  - "on"\n  - 1\n- "x\\ny"\n');
  });
});

describe("the project's templates", () => {
  it("all compile", () => {
    expect(() => loadTemplates()).not.toThrow();
    expect(readTemplates().length).toBeGreaterThan(10);
  });
});
