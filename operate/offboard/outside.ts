import { databaseOf } from "../../generator/plan/names.ts";
import type { ClusterRecord } from "../../generator/record/schema/cluster.ts";
import type { TenantRecord } from "../../generator/record/schema/tenant.ts";

/**
 * What of a tenant is at a place that the cluster does not manage: whoever keeps that place removes it by
 * hand. One line each, for people and for the receipt.
 * @param cluster undefined where its record cannot be read: then what follows from it is not told
 */
export function leftOutside(record: TenantRecord, cluster: ClusterRecord | undefined): string[] {
  const left: string[] = [];
  const server = record.archive?.enabled === true ? cluster?.archive?.external : undefined;
  if (server !== undefined) {
    const name = databaseOf(server.database, record.id);
    const where = `${server.host}:${server.port ?? 5432}`;
    left.push(
      `the archive: DROP DATABASE ${name}; DROP ROLE ${name}_owner, ${name}_writer, ${name}_reader; at ${where}`,
    );
  }
  const redis = record.redis?.external;
  if (redis !== undefined) left.push(`the logs in the Redis at ${redis.host}:${redis.port}`);
  const vault = cluster?.secrets.vault;
  if (vault !== undefined) {
    left.push(`the secrets at ${vault.path}/${vault.prefix}/${record.id}/ of ${vault.server}`);
  }
  return left;
}
