import type { Report } from "../record/check.ts";
import type { OrganizationRecord } from "../record/schema/tenant.ts";
import type { TenantContext } from "./context.ts";
import { KEY_HASHES_SECRET, MCP_KEY_PREFIX, mcpKeyName } from "./names.ts";
import type { KeyPlan } from "./plan.ts";

/** Every API key that the log service accepts: the record's, and one of each open MCP endpoint. */
export function planKeys(context: TenantContext): KeyPlan[] {
  const { record, closed } = context;
  const keys = (record.access?.keys ?? []).map<KeyPlan>((key) => ({
    name: key.name,
    roles: [key.role],
    namespaces: key.namespaces ?? ["*"],
    secret: {
      name: key.secret?.name ?? KEY_HASHES_SECRET,
      key: key.secret?.key ?? key.name,
    },
    mcpOrganization: null,
  }));
  checkKeys(keys, context.report);
  keys.forEach((key, i) => {
    if (record.access?.keys?.[i]?.namespaces === undefined) return;
    checkNamespaces(context, key.namespaces, ["access", "keys", i, "namespaces"]);
  });
  (record.organizations ?? []).forEach((organization, i) => {
    const key = mcpKey(organization);
    if (key === null) return;
    if (typeof organization.mcp === "object" && organization.mcp.namespaces !== undefined) {
      checkNamespaces(context, key.namespaces, ["organizations", i, "mcp", "namespaces"]);
    }
    if (!closed && organization.state !== "retiring") keys.push(key);
  });
  return keys;
}

/** The key of an organization's MCP endpoint, or null when it has none. */
function mcpKey({ id, mcp }: OrganizationRecord): KeyPlan | null {
  if (mcp === undefined || mcp === false) return null;
  const settings = mcp === true ? {} : mcp;
  const name = mcpKeyName(id);
  return {
    name,
    // An assistant writes and searches. It administers only where the record says so.
    roles: settings.roles ?? ["writer", "reader"],
    namespaces: settings.namespaces ?? ["*"],
    secret: { name: KEY_HASHES_SECRET, key: name },
    mcpOrganization: id,
  };
}

function checkKeys(keys: readonly KeyPlan[], report: Report): void {
  const names = new Set<string>();
  const secrets = new Map<string, string>();
  keys.forEach(({ name, secret }, i) => {
    const path = ["access", "keys", i];
    if (name.startsWith(MCP_KEY_PREFIX)) {
      const reason = "MCP endpoints have keys of that name";
      report("reserved-name", { name, reason }, [...path, "name"], "value");
    }
    if (names.has(name)) {
      report("duplicate-name", { what: "API key", name }, [...path, "name"], "value");
      return;
    }
    names.add(name);
    const place = `${secret.name}/${secret.key}`;
    const other = secrets.get(place);
    if (other !== undefined) {
      // Two names with one hash: the service could not tell whose request it is.
      const values = { name: secret.name, key: secret.key, other };
      report("duplicate-secret", values, [...path, "secret"], "key");
    }
    secrets.set(place, name);
  });
}

function checkNamespaces(
  { record, report }: TenantContext,
  namespaces: readonly string[],
  path: readonly (string | number)[],
): void {
  const { enabled = true, default: only = "default" } = record.logService?.namespaces ?? {};
  if (enabled) return;
  namespaces.forEach((name, i) => {
    if (name === "*" || name === only) return;
    report("namespaces-disabled", { default: only, name }, [...path, i], "value");
  });
}
