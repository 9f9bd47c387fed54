// New secrets for a tenant: passwords and API keys, each as the one side needs it and as the other does. They exist in
// memory only; whoever calls decides where they go, and that is never the repository.
import type { KeyPlan, NamespacePlan, Plan } from "../plan/plan.ts";
import { keyHash, newApiKey, newPassword, sha256, type Random } from "./keys.ts";
import { archiveUsers } from "./log-service-config.ts";
import { redisUsers, usersAcl, type RedisUser } from "./redis-conf.ts";
import { archiveSecret, mcpKeySecret, redisAclSecret, redisClientsSecret } from "./secrets.ts";

/** Holds the plain values of API keys for those who call with them; nothing of ours mounts it. */
export const callersSecret = "log-service-keys";

/** A Secret by what it holds, in clear. */
export interface FreshSecret {
  namespace: NamespacePlan;
  name: string;
  entries: Record<string, string>;
}

/** What is made anew, where that is not everything. */
export interface Part {
  /** Names of API keys. */
  keys: ReadonlySet<string>;
  /** The archive's passwords. */
  archive: boolean;
}

/**
 * Everything that the overlay's pods need and its callers present. With `only`, nothing but that part: what runs keeps
 * its other passwords. A managed Redis has a password of its provider's, which nobody can make up here; of an
 * external archive the users get these, from whoever keeps that server.
 */
export function freshSecrets(plan: Plan, random: Random, only?: Part): FreshSecret[] {
  const secrets = new Map<string, FreshSecret>();
  const put = (namespace: NamespacePlan, name: string, entry: string, value: string): void => {
    const place = `${namespace.name}/${name}`;
    const secret = secrets.get(place) ?? { namespace, name, entries: {} };
    secret.entries[entry] = value;
    secrets.set(place, secret);
  };
  const root = plan.namespaces.find((namespace) => namespace.role === "root");
  if (root === undefined) throw new Error(`tenant ${plan.id} has no root namespace`);

  if (plan.redis.mode === "standalone" && only === undefined) {
    const passwords = redisPasswords(random);
    put(root, redisAclSecret, "users.acl", usersAcl(mapValues(passwords, sha256)));
    for (const user of redisUsers) put(root, redisClientsSecret, user, passwords[user]);
  }
  if (plan.archive !== null && (only === undefined || only.archive)) {
    for (const user of archiveUsers) put(root, archiveSecret, user, newPassword(random));
  }
  for (const key of plan.access.keys) {
    if (only !== undefined && !only.keys.has(key.name)) continue;
    const value = newApiKey(random);
    put(root, key.secret.name, key.secret.key, keyHash(value));
    const endpoint = endpointOf(plan, key);
    if (endpoint !== undefined) put(endpoint, mcpKeySecret, "key", value);
    else put(callerOf(plan, key) ?? root, callersSecret, key.name, value);
  }
  return [...secrets.values()];
}

function redisPasswords(random: Random): Record<RedisUser, string> {
  const password = (): string => newPassword(random);
  return { app: password(), exporter: password(), backup: password(), admin: password() };
}

const endpointOf = (plan: Plan, { mcpOrganization }: KeyPlan): NamespacePlan | undefined =>
  mcpOrganization === null
    ? undefined
    : plan.namespaces.find((of) => of.role === "mcp" && of.organization === mcpOrganization);

/**
 * The namespace that a key's plain value goes to: the organization's, where one alone may call. With several nobody can
 * tell whose it is, and an admin's key is no workload's: those stay in the root namespace, where no owner reads secrets.
 */
function callerOf(plan: Plan, { roles }: KeyPlan): NamespacePlan | undefined {
  const callers = plan.namespaces.filter((namespace) =>
    plan.api.namespaces.includes(namespace.name),
  );
  return callers.length === 1 && !roles.includes("admin") ? callers[0] : undefined;
}

const mapValues = (
  values: Readonly<Record<RedisUser, string>>,
  change: (value: string) => string,
): Record<RedisUser, string> => ({
  app: change(values.app),
  exporter: change(values.exporter),
  backup: change(values.backup),
  admin: change(values.admin),
});
