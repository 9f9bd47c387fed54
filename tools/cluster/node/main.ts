// npm run -s node -- <command ...>: runs a command beside a node of this machine; a shell without one.
import { main } from "../../say.ts";
import { findBinaries } from "../binaries.ts";
import { thisMachinesHierarchies } from "./cgroups.ts";
import { parseNodeOptions } from "./options.ts";
import { findKit, runOnNode } from "./run.ts";

await main(async () => {
  const { words, ...options } = parseNodeOptions(process.argv.slice(2));
  const command = words.length > 0 ? words : [process.env["SHELL"] ?? "/bin/sh"];
  const kit = await findKit(await findBinaries());
  const { code, left } = await runOnNode(kit, thisMachinesHierarchies(), { ...options, command });
  for (const path of left) console.log(`left behind by the node: ${path}`);
  return left.length > 0 && code === 0 ? 1 : code;
});
