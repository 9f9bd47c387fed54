import { readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "../root.ts";

const LIST = "apps/client/redaction.json";
const NOTE = `Written from ${LIST} by \`npm run redaction\`: change it there.`;

interface List {
  readonly names: Readonly<Record<string, readonly string[]>>;
}

/** The names of secrets as the source of each client, by path. */
export function generateNames(): Map<string, string> {
  const { names }: List = JSON.parse(readFileSync(join(root, LIST), "utf8"));
  const lists = Object.entries(names);
  const typescript = lists.map(
    ([name, words]) =>
      `  ${camel(name)}: [\n${words.map((word) => `    ${JSON.stringify(word)},\n`).join("")}  ],\n`,
  );
  const python = lists.map(
    ([name, words]) =>
      `${name.toUpperCase()} = (\n${words.map((word) => `    ${JSON.stringify(word)},\n`).join("")})\n`,
  );
  return new Map([
    [
      "apps/client/src/redaction/names.ts",
      `// ${NOTE}\n// oxfmt-ignore\nexport const NAMES = {\n${typescript.join("")}} as const;\n`,
    ],
    [
      "apps/client-python/src/neurallog/_record/secret_names.py",
      `"""${NOTE}"""\n\n${python.join("")}`,
    ],
  ]);
}

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
