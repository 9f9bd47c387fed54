// `npm run kernel`: compiles the WebAssembly that reads large bodies into columns, from the committed sources.
// `--check` writes nothing and fails if a byte would change.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { root } from "../root.ts";
import { main, say } from "../say.ts";
import { buildKernel, KERNEL } from "./build.ts";

await main(async () => {
  const check = process.argv.includes("--check");
  const kernel = await buildKernel();
  const file = join(root, KERNEL);
  if (existsSync(file) && readFileSync(file).equals(kernel)) return 0;
  say(`${check ? "differs" : "wrote"}: ${KERNEL}`);
  if (check) return 1;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, kernel);
  return 0;
});
