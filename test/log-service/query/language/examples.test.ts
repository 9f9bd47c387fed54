import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { QUERY_LIMITS } from "../../../../apps/log-service/src/limits.ts";
import { parseQuery } from "../../../../apps/log-service/src/query/language/parse.ts";

const page = readFileSync(new URL("../../../../docs/query-language.md", import.meta.url), "utf8");

function blocks(language: string): string[] {
  const fenced = page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"));
  return [...fenced].map(([, inner = ""]) => inner);
}

const queries = blocks("query").flatMap((block) => block.trimEnd().split("\n"));
const inTable = [...page.matchAll(/^\| `([^`]+)` /gm)].map(([, query = ""]) => query);

describe("the page about the query language", () => {
  it.each(queries)("shows a query that is one: %s", (query) => {
    expect(() => parseQuery(query, Date.now())).not.toThrow();
  });

  it.each(inTable)("has in its tables what can be asked: %s", (example) => {
    const isPipe = /^(stats|top|uniq|sort|fields|limit) /.test(example);
    const columns = example.startsWith("sort") ? "| stats count() as c, sum(metadata.d) as d " : "";
    const named = example
      .replaceAll(/\bf\b/g, "metadata.f")
      .replaceAll(/\b([ab])\b(?!\()/g, "metadata.$1");
    const piped = columns === "" ? `| ${named}` : `${columns}| ${example}`;
    expect(() => parseQuery(isPipe ? piped : example, Date.now())).not.toThrow();
  });

  it("shows mistakes as they are told", () => {
    const [told = ""] = blocks("text");
    expect(() => parseQuery("sorce:checkout levl>=WARN", 0)).toThrow(told.trimEnd());
  });

  it("tells the limits that there are", () => {
    for (const limit of ["textUnits", "terms", "values", "pipes", "depth"] as const) {
      expect(page).toContain(QUERY_LIMITS[limit].toLocaleString("en"));
    }
  });
});
