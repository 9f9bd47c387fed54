// `npm run schema`: writes the JSON Schemas for editors and docs/record.md from the schemas that check the records.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { referenceFiles } from "../reference/files.ts";

const root = new URL("../../", import.meta.url);

for (const [path, text] of referenceFiles()) {
  const file = fileURLToPath(new URL(path, root));
  const changed = read(file) !== text;
  if (changed) writeFileSync(file, text);
  console.log(`${changed ? "wrote" : "kept "} ${path}`);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
