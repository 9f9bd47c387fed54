// `npm run redaction`: writes the names of secrets from apps/client/redaction.json into the sources of both clients.
// `--check` writes nothing and fails if a byte would change.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "../root.ts";
import { main, say } from "../say.ts";
import { generateNames } from "./generate.ts";

await main(async () => {
  const check = process.argv.includes("--check");
  let different = 0;
  for (const [path, text] of generateNames()) {
    const file = join(root, path);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    different += 1;
    say(`${check ? "differs" : "wrote"}: ${path}`);
    if (!check) writeFileSync(file, text);
  }
  return check && different > 0 ? 1 : 0;
});
