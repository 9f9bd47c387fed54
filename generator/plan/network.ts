import { didYouMean } from "../record/suggest.ts";
import type { PeerRecord, RuleRecord } from "../record/schema/network.ts";
import type { Path } from "../record/yaml/careful.ts";
import { ipBlock } from "./addresses.ts";
import type { TenantContext } from "./context.ts";
import {
  mcpRuleNamespace,
  OIDC_RULE,
  organizationNamespace,
  ROOT,
  rootNamespace,
} from "./names.ts";
import type { IpBlock, PeerPlan, Plan, RulePlan } from "./plan.ts";

/** The only pods of the root namespace that a rule opens. Redis is reached by the log service and nobody else. */
const LOG_SERVICE_PODS = { "app.kubernetes.io/name": "log-service" };

/** Who may call the log service. */
export function planApi(context: TenantContext): Plan["api"] {
  const { record, closed } = context;
  const organizations = record.organizations ?? [];
  const api = record.network?.api;
  (api?.organizations ?? []).forEach((name, i) => {
    checkOrganization(context, name, ["network", "api", "organizations", i]);
  });
  const callers = organizations.filter(
    ({ id, state }) => state !== "retiring" && (api?.organizations?.includes(id) ?? true),
  );
  const blocks = (api?.cidrs ?? []).flatMap<IpBlock>((text, i) => {
    const block = ipBlock(context, text, ["network", "api", "cidrs", i]);
    return block === undefined ? [] : [block];
  });
  if (closed) return { namespaces: [], ingress: false, blocks: [] };
  return {
    namespaces: callers.map(({ id }) => organizationNamespace(record.id, id)),
    ingress: api?.ingress ?? true,
    blocks,
  };
}

/** Custom rules by the name that the record gives their namespace. */
export function planRules(context: TenantContext): Map<string, RulePlan[]> {
  const { record, report } = context;
  const rules = new Map<string, RulePlan[]>();
  const names = new Set<string>();
  (record.network?.rules ?? []).forEach((rule, i) => {
    const path = ["network", "rules", i];
    if (names.has(rule.name)) {
      const values = { what: "rule", name: rule.name };
      report("duplicate-name", values, [...path, "name"], "value");
    }
    names.add(rule.name);
    if (rule.name === OIDC_RULE) {
      const reason = "the way to the issuer of access tokens has that name";
      report("reserved-name", { name: rule.name, reason }, [...path, "name"], "value");
    }
    checkNamespace(context, rule, path);
    const plan = planRule(context, rule, path);
    rules.set(rule.namespace, [...(rules.get(rule.namespace) ?? []), plan]);
  });
  const issuer = planIssuerRule(context);
  if (issuer !== undefined) rules.set(ROOT, [...(rules.get(ROOT) ?? []), issuer]);
  return rules;
}

/** The log service's way to the issuer whose tokens it takes: a rule like any other, so it is proven like any other. */
function planIssuerRule(context: TenantContext): RulePlan | undefined {
  const oidc = context.record.access?.oidc;
  if (oidc === undefined) return undefined;
  const urls = [oidc.issuer, ...(oidc.jwksUri === undefined ? [] : [oidc.jwksUri])];
  const ports = oidc.egress.ports ?? urls.map((url) => Number(new URL(url).port || 443));
  return {
    name: OIDC_RULE,
    direction: "egress",
    podLabels: LOG_SERVICE_PODS,
    peers: oidc.egress.to.flatMap((peer, i) => {
      const path = ["access", "oidc", "egress", "to", i];
      return planPeer(context, peer, path, ["cidr", "namespace"]) ?? [];
    }),
    ports: [...new Set(ports)].map((port) => ({ port, endPort: null, protocol: "TCP" })),
  };
}

function checkNamespace({ record, report }: TenantContext, rule: RuleRecord, path: Path): void {
  const known = (record.organizations ?? []).flatMap(({ id, mcp }) =>
    mcp === undefined || mcp === false ? [id] : [id, mcpRuleNamespace(id)],
  );
  known.unshift(ROOT);
  if (!known.includes(rule.namespace)) {
    const values = { what: "such namespace in this tenant:", name: rule.namespace };
    const hint = didYouMean(rule.namespace, known) ?? `it has: ${known.join(", ")}`;
    report("unknown-reference", values, [...path, "namespace"], "value", hint);
  }
  if (rule.namespace === ROOT && rule.pods !== undefined) {
    const reason = "in the root namespace rules are for the log service's pods alone";
    report("no-effect", { field: "pods", reason }, [...path, "pods"], "key");
  }
}

function planRule(context: TenantContext, rule: RuleRecord, path: Path): RulePlan {
  const { report } = context;
  const [used, unused] =
    rule.direction === "ingress" ? (["from", "to"] as const) : (["to", "from"] as const);
  if (rule[used] === undefined) {
    const reason = `a rule of direction ${rule.direction} needs '${used}': no peers would mean everybody`;
    report("rule-shape", { reason }, path, "value");
  }
  if (rule[unused] !== undefined) {
    const reason = `a rule of direction ${rule.direction} has '${used}', not '${unused}'`;
    report("rule-shape", { reason }, [...path, unused], "key");
  }
  rule.ports.forEach(({ port, endPort }, i) => {
    if (endPort === undefined || endPort > port) return;
    const reason = `endPort ${endPort} must be more than port ${port}`;
    report("rule-shape", { reason }, [...path, "ports", i, "endPort"], "value");
  });
  return {
    name: rule.name,
    direction: rule.direction,
    podLabels: rule.namespace === ROOT ? LOG_SERVICE_PODS : (rule.pods ?? {}),
    peers: (rule[used] ?? []).flatMap<PeerPlan>((peer, i) => {
      const planned = planPeer(context, peer, [...path, used, i]);
      return planned === undefined ? [] : [planned];
    }),
    ports: rule.ports.map(({ port, endPort, protocol }) => ({
      port,
      endPort: endPort ?? null,
      protocol: protocol ?? "TCP",
    })),
  };
}

const PEER_KINDS = ["cidr", "organization", "namespace"] as const;

function planPeer(
  context: TenantContext,
  peer: PeerRecord,
  path: Path,
  possible: readonly (typeof PEER_KINDS)[number][] = PEER_KINDS,
): PeerPlan | undefined {
  const { record, cluster, report } = context;
  const kinds = possible.filter((kind) => peer[kind] !== undefined);
  if (kinds.length !== 1) {
    const found = kinds.length === 0 ? "none" : kinds.join(" and ");
    const names = new Intl.ListFormat("en-GB").format(possible);
    const reason = `a peer has exactly one of ${names}; here: ${found}`;
    report("rule-shape", { reason }, path, "value");
    return undefined;
  }
  if (peer.except !== undefined && peer.cidr === undefined) {
    const reason = "it takes addresses out of a cidr, and this peer has none";
    report("no-effect", { field: "except", reason }, [...path, "except"], "key");
  }
  if (peer.cidr !== undefined) {
    const block = ipBlock(context, peer.cidr, [...path, "cidr"], peer.except, [...path, "except"]);
    return block && { kind: "ipBlock", ...block };
  }
  if (peer.organization !== undefined) {
    checkOrganization(context, peer.organization, [...path, "organization"]);
    return { kind: "namespace", namespace: organizationNamespace(record.id, peer.organization) };
  }
  const namespace = peer.namespace ?? "";
  const at = [...path, "namespace"];
  if (namespace.startsWith("tenant-")) {
    const own =
      namespace === rootNamespace(record.id) ||
      namespace.startsWith(`${rootNamespace(record.id)}-org-`);
    if (own) {
      const reason = "name this tenant's own namespaces by organization";
      report("rule-shape", { reason }, at, "value");
    } else {
      const tenant = namespace.slice("tenant-".length).replace(/-org-.*$/, "");
      report("rule-other-tenant", { namespace, tenant }, at, "value");
    }
    return undefined;
  }
  const shared = cluster.record.network.sharedNamespaces ?? [];
  if (!shared.includes(namespace)) {
    const values = {
      what: `such shared namespace on cluster ${cluster.record.name}:`,
      name: namespace,
    };
    const hint = didYouMean(namespace, shared) ?? `it has: ${shared.join(", ") || "none"}`;
    report("unknown-reference", values, at, "value", hint);
  }
  return { kind: "namespace", namespace };
}

function checkOrganization({ record, report }: TenantContext, name: string, path: Path): void {
  const ids = (record.organizations ?? []).map(({ id }) => id);
  if (ids.includes(name)) return;
  const hint = didYouMean(name, ids) ?? `it has: ${ids.join(", ") || "none"}`;
  report("unknown-reference", { what: "organization", name }, path, "value", hint);
}
