import type { Report } from "../record/check.ts";
import { moment } from "../record/moment.ts";
import type { CertificateRecord, KeyRecord, Role } from "../record/schema/access.ts";
import type { OrganizationRecord } from "../record/schema/tenant.ts";
import type { Path } from "../record/yaml/careful.ts";
import type { TenantContext } from "./context.ts";
import { AUDIT_NAMESPACE, KEY_HASHES_SECRET, MCP_KEY_PREFIX, mcpKeyName } from "./names.ts";
import type { CertificatePlan, KeyPlan, OidcPlan, Plan } from "./plan.ts";

/** Everybody who may call the log service. */
export function planAccess(context: TenantContext): Plan["access"] {
  const keys = planKeys(context);
  const certificates = planCertificates(context);
  checkNames(context, keys, certificates);
  return { keys, certificates, oidc: planOidc(context) };
}

/** Every API key that the log service accepts: the record's, and one of each open MCP endpoint. */
function planKeys(context: TenantContext): KeyPlan[] {
  const { record, closed } = context;
  const keys = (record.access?.keys ?? []).map<KeyPlan>((key, i) => ({
    ...planWayIn(context, key, ["access", "keys", i]),
    secret: {
      name: key.secret?.name ?? KEY_HASHES_SECRET,
      key: key.secret?.key ?? key.name,
    },
    mcpOrganization: null,
  }));
  checkSecrets(keys, context.report);
  (record.organizations ?? []).forEach((organization, i) => {
    const key = mcpKey(organization);
    if (key === null) return;
    if (typeof organization.mcp === "object" && organization.mcp.namespaces !== undefined) {
      const path = ["organizations", i, "mcp", "namespaces"];
      checkNamespaces(context, key.namespaces, path);
      checkAudit(context, key.roles, key.namespaces, path);
    }
    if (!closed && organization.state !== "retiring") keys.push(key);
  });
  return keys;
}

function planCertificates(context: TenantContext): CertificatePlan[] {
  const { record, report } = context;
  const written = record.access?.certificates ?? [];
  if (written.length > 0 && record.logService?.tls?.clientCa === undefined) {
    const reason = "none are asked for without logService.tls.clientCa";
    report(
      "no-effect",
      { field: "access.certificates", reason },
      ["access", "certificates"],
      "key",
    );
  }
  const subjects = new Map<string, string>();
  return written.map((certificate, i) => {
    const path = ["access", "certificates", i];
    const { subject } = certificate;
    if (subjects.has(subject)) {
      const values = { what: "certificate", name: subject };
      report("duplicate-name", values, [...path, "subject"], "value");
    }
    subjects.set(subject, certificate.name);
    return { ...planWayIn(context, certificate, path), subject };
  });
}

function planWayIn(
  context: TenantContext,
  written: KeyRecord | CertificateRecord,
  path: Path,
): Pick<KeyPlan, "name" | "roles" | "namespaces" | "expires"> {
  const roles = rolesOf(context, written, path);
  if (written.namespaces !== undefined) {
    checkNamespaces(context, written.namespaces, [...path, "namespaces"]);
    checkAudit(context, roles, written.namespaces, [...path, "namespaces"]);
  }
  return {
    name: written.name,
    roles,
    namespaces: written.namespaces ?? ["*"],
    expires: written.expires === undefined ? null : moment(written.expires),
  };
}

/** The account of what administrators did is theirs alone to read, and nobody's to write. */
function checkAudit(
  { report }: TenantContext,
  roles: readonly Role[],
  namespaces: readonly string[],
  path: Path,
): void {
  const at = namespaces.indexOf(AUDIT_NAMESPACE);
  if (at === -1 || roles.includes("admin")) return;
  const reason = "only administrators read what the log service writes there";
  report("no-effect", { field: AUDIT_NAMESPACE, reason }, [...path, at], "value");
}

function rolesOf({ report }: TenantContext, written: KeyRecord | CertificateRecord, path: Path) {
  const { role, roles } = written;
  if (role !== undefined && roles !== undefined) {
    const reason = "role says already what it may do: write all of them in roles";
    report("no-effect", { field: "roles", reason }, [...path, "roles"], "key");
  }
  if (role === undefined && roles === undefined) {
    const meaning = "what it may do: writer, reader or admin";
    report("missing-field", { field: "role", meaning }, path, "value");
  }
  const named: readonly Role[] = roles ?? (role === undefined ? [] : [role]);
  return [...new Set(named)];
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
    expires: null,
  };
}

/** Names stand in logs and rate limits: two ways in of one name could not be told apart there. */
function checkNames(
  { report }: TenantContext,
  keys: readonly KeyPlan[],
  certificates: readonly CertificatePlan[],
): void {
  const names = new Set<string>();
  const check = (what: string, name: string, path: Path): void => {
    if (name.startsWith(MCP_KEY_PREFIX)) {
      const reason = "MCP endpoints have keys of that name";
      report("reserved-name", { name, reason }, path, "value");
    }
    if (names.has(name)) report("duplicate-name", { what, name }, path, "value");
    names.add(name);
  };
  keys.forEach(({ name, mcpOrganization }, i) => {
    if (mcpOrganization === null) check("API key", name, ["access", "keys", i, "name"]);
  });
  certificates.forEach(({ name }, i) => {
    check("certificate or API key", name, ["access", "certificates", i, "name"]);
  });
}

function checkSecrets(keys: readonly KeyPlan[], report: Report): void {
  const secrets = new Map<string, string>();
  keys.forEach(({ name, secret }, i) => {
    const place = `${secret.name}/${secret.key}`;
    const other = secrets.get(place);
    // A name that stands there twice is reported as that.
    if (other !== undefined && other !== name) {
      // Two names with one hash: the service could not tell whose request it is.
      const values = { name: secret.name, key: secret.key, other };
      report("duplicate-secret", values, ["access", "keys", i, "secret"], "key");
    }
    secrets.set(place, name);
  });
}

function planOidc(context: TenantContext): OidcPlan | null {
  const { record } = context;
  const oidc = record.access?.oidc;
  if (oidc === undefined) return null;
  const path = ["access", "oidc"];
  if (oidc.namespaces !== undefined) {
    checkNamespaces(context, oidc.namespaces, [...path, "namespaces"]);
  }
  if (oidc.namespaces === undefined && oidc.namespacesClaim === undefined) {
    const meaning = "without it, or namespacesClaim, tokens reach no logical namespace";
    context.report("missing-field", { field: "access.oidc.namespaces", meaning }, path, "key");
  }
  return {
    issuer: oidc.issuer,
    audience: typeof oidc.audience === "string" ? [oidc.audience] : oidc.audience,
    jwksUri: oidc.jwksUri ?? null,
    algorithms: oidc.algorithms ?? ["RS256", "ES256", "EdDSA"],
    rolesClaim: oidc.rolesClaim ?? "roles",
    roles: oidc.roles ?? null,
    namespacesClaim: oidc.namespacesClaim ?? null,
    namespaces: oidc.namespaces ?? [],
    clockToleranceSeconds: oidc.clockTolerance ?? 30,
  };
}

function checkNamespaces(context: TenantContext, names: readonly string[], path: Path): void {
  names.forEach((name, i) => checkNamespace(context, name, [...path, i]));
}

/** Reports the name of a logical namespace that does not exist, where there is but one. */
export function checkNamespace(
  { record, report }: TenantContext,
  name: string,
  path: Path,
  part: "key" | "value" = "value",
): void {
  const { enabled = true, default: only = "default" } = record.logService?.namespaces ?? {};
  if (enabled || name === "*" || name === only) return;
  report("namespaces-disabled", { default: only, name }, path, part);
}
