import { readFileSync } from "node:fs";

import { ToolError } from "../say.ts";

/** Whom PostgreSQL runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root: then it runs as `postgres` or `nobody`.
 * @returns undefined where it may run as who we are.
 */
export function accountForServer(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new ToolError(
    "PostgreSQL does not run as root, and this system has no user 'postgres' or 'nobody' to run it as",
  );
}
