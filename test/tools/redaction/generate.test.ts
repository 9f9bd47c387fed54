import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { generateNames } from "../../../tools/redaction/generate.ts";
import { root } from "../../../tools/root.ts";

test.each([...generateNames()])(
  "%s is what the list of secrets' names says (npm run redaction writes it)",
  (path, text) => {
    expect(readFileSync(join(root, path), "utf8")).toBe(text);
  },
);
