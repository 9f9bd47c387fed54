import type { Commands } from "../commands.ts";
import { addClear } from "./clear.ts";
import { addKeys } from "./keys.ts";
import { addLevels } from "./levels.ts";

/** `admin`: for keys with that role; what changes something is written to the audit. */
export function addAdmin({ root, run }: Commands): void {
  const admin = root
    .command("admin")
    .description("clear records, shut keys, set levels; for keys with the role admin");
  const commands = { root: admin, run };
  addClear(commands);
  addKeys(commands);
  addLevels(commands);
}
