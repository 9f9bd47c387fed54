import { readFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";

import { root } from "../root.ts";

/** AssemblyScript, which is compiled here, once, and not where the service runs. */
const SOURCES = "apps/log-service/kernel";

/** The kernel as the service loads it, from the repository's root. */
export const KERNEL = "apps/log-service/src/block/generated/columns.wasm";

/** Compiles the kernel that makes columns of records. @throws Error with what the compiler says. */
export async function buildKernel(): Promise<Uint8Array> {
  let made: Uint8Array | undefined;
  const options = ["-O3", "--noAssert", "--runtime", "stub", "--outFile", "columns.wasm"];
  const { error, stderr } = await asc.main(["block.ts", ...options], {
    readFile: (name, base) => read(join(root, SOURCES, base, name)),
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") made = contents;
    },
    listFiles: () => [],
  });
  if (error !== null) throw new Error(`${error.message}\n${stderr.toString()}`);
  if (made === undefined) throw new Error("the compiler wrote nothing");
  return made;
}

/** @returns null for a file that is not there: the compiler looks in several places. */
function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
