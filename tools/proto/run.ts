// `npm run proto`: writes the code that reads and writes protobuf messages, from the committed definitions.
// `--check` writes nothing and fails if a byte would change.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { root } from "../root.ts";
import { main, say } from "../say.ts";
import { generateAll } from "./generate.ts";

await main(async () => {
  const check = process.argv.includes("--check");
  let different = 0;
  for (const [path, text] of await generateAll()) {
    const file = join(root, path);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    different += 1;
    say(`${check ? "differs" : "wrote"}: ${path}`);
    if (check) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return check && different > 0 ? 1 : 0;
});
