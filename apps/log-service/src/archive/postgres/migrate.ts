import { escapeIdentifier, type Client } from "pg";

import { ServiceError } from "../../errors.ts";
import { run } from "./connect.ts";
import { sqlState } from "./failure.ts";
import { grants, MIGRATIONS } from "./schema.ts";

export interface Roles {
  readonly writer: string;
  readonly reader: string;
}

/** Any number that no other program's lock on the same database has: "nlog" and a count. */
export const MIGRATION_LOCK = "1852600167, 1";
/** Of each of the connections by which one moves. */
export const HOLD_LOCKS = ["1852600167, 2", "1852600167, 3"] as const;

/**
 * Brings the schema up to this version and the roles to their rights; may run again and by several
 * at once.
 * @param owner Connected as the role that owns the schema.
 * @throws ServiceError NL_ARCHIVE_UNAVAILABLE if the schema is of a newer version, or a role is
 * missing and cannot be made: with what to run in its message.
 */
export async function migrate(owner: Client, roles: Roles): Promise<void> {
  await run(owner, { text: "BEGIN" });
  try {
    await run(owner, { text: `SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})` });
    await makeSchema(owner);
    await makeRoles(owner, roles);
    const [writer, reader] = [escapeIdentifier(roles.writer), escapeIdentifier(roles.reader)];
    for (const text of grants(writer, reader)) await run(owner, { text });
    await run(owner, { text: "COMMIT" });
  } catch (error) {
    await run(owner, { text: "ROLLBACK" }).catch(() => undefined);
    throw error;
  }
}

async function makeSchema(owner: Client): Promise<void> {
  const [there] = await run(owner, {
    text: "SELECT to_regclass('neurallog.migrations') IS NOT NULL AS there",
  });
  if (there?.["there"] !== "t") {
    // Not `CREATE SCHEMA IF NOT EXISTS` alone: it asks for the right to create even where there is one.
    const [schema] = await run(owner, {
      text: "SELECT to_regnamespace('neurallog') IS NOT NULL AS there",
    });
    if (schema?.["there"] !== "t") await run(owner, { text: "CREATE SCHEMA neurallog" });
    await run(owner, {
      text: `CREATE TABLE neurallog.migrations (
        version integer PRIMARY KEY,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`,
    });
  }
  const [stands] = await run(owner, {
    text: "SELECT coalesce(max(version), 0) AS version FROM neurallog.migrations",
  });
  const version = Number(stands?.["version"]);
  if (version > MIGRATIONS.length) {
    throw new ServiceError(
      "NL_ARCHIVE_UNAVAILABLE",
      `The archive's schema is of version ${version}, and this service knows versions up to ` +
        `${MIGRATIONS.length}: deploy the newer service again`,
    );
  }
  for (const [index, statements] of MIGRATIONS.entries()) {
    if (index < version) continue;
    for (const text of statements) await run(owner, { text });
    await run(owner, {
      text: "INSERT INTO neurallog.migrations (version) VALUES ($1)",
      values: [index + 1],
    });
  }
}

/** Makes missing roles, without a password: nobody gets in with them until they have one. */
async function makeRoles(owner: Client, { writer, reader }: Roles): Promise<void> {
  for (const name of [writer, reader]) {
    const found = await run(owner, {
      text: "SELECT 1 FROM pg_roles WHERE rolname = $1",
      values: [name],
    });
    if (found.length > 0) continue;
    const create = `CREATE ROLE ${escapeIdentifier(name)} LOGIN`;
    await run(owner, { text: "SAVEPOINT role" });
    try {
      await run(owner, { text: create });
    } catch (error) {
      // Another one made it at the same moment: roles are the whole server's.
      if (["42710", "23505"].includes(sqlState(error))) {
        await run(owner, { text: "ROLLBACK TO role" });
        continue;
      }
      if (sqlState(error) !== "42501") throw error;
      throw new ServiceError(
        "NL_ARCHIVE_UNAVAILABLE",
        `The archive's database has no role ${name}, and its owner may not make one. Run as an ` +
          `administrator: ${create}; then give it its password with \\password in psql`,
      );
    }
  }
}
