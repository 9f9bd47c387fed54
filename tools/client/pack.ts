// `npm run pack:client [-- <folder>]`: builds the TypeScript client and packs it as a tarball for npm, into dist/ when no folder is named.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { runProgram } from "../process.ts";
import { root } from "../root.ts";
import { main, ToolError } from "../say.ts";
import { buildClient } from "./package.ts";

await main(async () => {
  const target = resolve(process.argv[2] ?? join(root, "dist"));
  const folder = join(root, "apps/client/dist");
  await buildClient(root, folder);
  mkdirSync(target, { recursive: true });
  const { code, stdout, stderr } = await runProgram("npm", [
    "pack",
    folder,
    "--pack-destination",
    target,
  ]);
  if (code !== 0) throw new ToolError(`npm pack failed:\n${stderr}`);
  console.log(join(target, stdout.trim()));
  return 0;
});
