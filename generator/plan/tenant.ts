import { MAX_NAME } from "../limits.ts";
import { planAccess } from "./access.ts";
import { planArchive } from "./archive.ts";
import type { TenantContext } from "./context.ts";
import { bounds, planLogService } from "./log-service.ts";
import {
  LABEL_PREFIX,
  mcpNamespace,
  organizationNamespace,
  reservedDomain,
  rootNamespace,
} from "./names.ts";
import { planNamespaces } from "./namespaces.ts";
import { planApi, planRules } from "./network.ts";
import { planPlacement } from "./placement.ts";
import type { Plan, SecretsPlan } from "./plan.ts";
import { planRedis } from "./redis.ts";

/**
 * A tenant's plan, or null when its Redis cannot be told. Everything that is wrong with the record
 * on this cluster is reported; a plan of a record with reports must not be rendered.
 */
export function planTenant(context: TenantContext): Plan | null {
  const { record, cluster } = context;
  const channel = record.channel ?? "stable";
  const { release, images } = cluster.record.channels[channel];
  checkNames(context);
  checkState(context);
  const redis = planRedis(context, images);
  const api = planApi(context);
  const rules = planRules(context);
  const placement = planPlacement(context);
  const access = planAccess(context);
  const labels = planLabels(context);
  if (redis === null) return null;
  const logService = planLogService(context, redis, api, images.logService);
  const archive = planArchive(context, images.postgres, bounds(context), logService.retention);
  return {
    id: record.id,
    displayName: record.displayName,
    contact: record.owner.contact,
    group: record.owner.group,
    tier: record.tier ?? "small",
    channel,
    release,
    state: record.state ?? "active",
    retireAfter: record.retireAfter ?? null,
    labels,
    cluster: cluster.plan,
    placement,
    namespaces: planNamespaces(context, { redis, archive, logService }, api, rules),
    redis,
    archive,
    logService,
    api,
    access,
    secrets: planSecrets(context),
  };
}

function checkNames({ record, report }: TenantContext): void {
  const check = (name: string, path: (string | number)[]): void => {
    if (name.length <= MAX_NAME) return;
    report("name-too-long", { name, length: name.length, max: MAX_NAME }, path, "value");
  };
  check(rootNamespace(record.id), ["id"]);
  (record.organizations ?? []).forEach(({ id, mcp }, i) => {
    const hasMcp = mcp !== undefined && mcp !== false;
    const name = hasMcp ? mcpNamespace(record.id, id) : organizationNamespace(record.id, id);
    check(name, ["organizations", i, "id"]);
  });
}

function checkState({ record, report }: TenantContext): void {
  const retiring = record.state === "retiring";
  if (retiring && record.retireAfter === undefined) {
    const reason =
      "state retiring needs retireAfter: the day from which on the tenant may be removed";
    report("retire-date", { reason }, ["state"], "value");
  }
  if (!retiring && record.retireAfter !== undefined) {
    const reason = "retireAfter has an effect with state: retiring only";
    report("retire-date", { reason }, ["retireAfter"], "key");
  }
}

function planLabels({ record, report }: TenantContext): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record.labels ?? {}).map(([name, value]) => {
      const domain = reservedDomain(name);
      if (domain !== undefined) {
        const reason = `labels of ${domain} have a meaning in the cluster`;
        report("reserved-name", { name, reason }, ["labels", name], "key");
      }
      return [name.includes("/") ? name : `${LABEL_PREFIX}${name}`, value];
    }),
  );
}

function planSecrets({ record, cluster }: TenantContext): SecretsPlan {
  const { vault, refresh } = cluster.record.secrets;
  if (vault === undefined) return { provider: "manual" };
  return {
    provider: "external-secrets",
    vault: {
      server: vault.server,
      path: vault.path,
      auth: vault.auth,
      role: `${vault.rolePrefix}-${record.id}`,
      keyPrefix: `${vault.prefix}/${record.id}`,
    },
    refresh: refresh ?? "1h",
  };
}
