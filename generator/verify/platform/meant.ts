import type { ClusterPlan, PodsPlan } from "../../plan/plan.ts";
import { APP, PORTS } from "../reachability/flows.ts";
import { NAME_LABEL, ROLE_LABEL, TENANT_LABEL } from "../reachability/parties.ts";
import { onePort, type PortSet } from "../reachability/ports.ts";
import {
  anyLabels,
  anyValueBut,
  type Labels,
  type LabelSpace,
  oneOf,
} from "../reachability/selectors.ts";

type Role = "root" | "mcp" | "organization";

/** Pods of any tenant, as a policy of the platform can tell them apart. */
export interface TenantPods {
  readonly name: string;
  readonly words: string;
  readonly namespace: LabelSpace;
  readonly pods: LabelSpace;
}

const APPS: readonly (readonly [string, Role])[] = [
  ["log-service", "root"],
  ["log-service-work", "root"],
  ["redis", "root"],
  ["archive", "root"],
  ["mcp", "mcp"],
];

/** Everybody who could be at the other end in a tenant, an organization's pods with labels of their owners' choice. */
export function tenantPods(): TenantPods[] {
  return [
    ...APPS.map(([name, role]): TenantPods => ({
      name,
      words: `${name} of tenants`,
      namespace: namespaceOf(role),
      pods: { fixed: { [APP]: name }, domains: new Map(), open: true },
    })),
    {
      name: "organizations",
      words: "pods of organizations",
      namespace: namespaceOf("organization"),
      pods: anyLabels(),
    },
  ];
}

function namespaceOf(role: Role): LabelSpace {
  const isTenants = (name: string) => name.startsWith("tenant-");
  return anyLabels([
    [NAME_LABEL, anyTenants(isTenants)],
    [TENANT_LABEL, anyValueBut(() => false, false)],
    [ROLE_LABEL, oneOf([role], false)],
  ]);
}

function anyTenants(accepts: (name: string) => boolean) {
  return { absent: false, accepts, other: () => "tenant-some" };
}

/** A flow that the cluster's record means, and which has to be let through on the platform's side. */
export interface Meant {
  /** The platform's pods, which send. */
  readonly pods: PodsPlan;
  /** Which of `tenantPods`; undefined where the other end is none. */
  readonly tenant?: string;
  readonly to: { readonly namespace: Labels; readonly pods: Labels } | { readonly cidr: string };
  readonly ports: PortSet;
  readonly why: string;
}

export function meantOf({ monitoring, exposure, dns }: ClusterPlan): Meant[] {
  const tenants = (pods: PodsPlan, name: string, port: number): Meant => ({
    pods,
    tenant: name,
    to: {
      namespace: {
        [NAME_LABEL]: "tenant-a",
        [TENANT_LABEL]: "a",
        [ROLE_LABEL]: name === "mcp" ? "mcp" : "root",
      },
      pods: { [APP]: name },
    },
    ports: onePort("TCP", port),
    why: `${name} of tenants`,
  });
  const ports = [...onePort("UDP", PORTS.dns), ...onePort("TCP", PORTS.dns)];
  const { namespace, podLabels } = dns.resolver;
  return [
    ...["log-service", "log-service-work", "mcp"].map((name) =>
      tenants(monitoring, name, PORTS.ops),
    ),
    tenants(monitoring, "redis", PORTS.exporter),
    tenants(exposure.controller, "log-service", PORTS.http),
    ...[monitoring, exposure.controller].flatMap((pods): Meant[] => [
      {
        pods,
        to: { namespace: { [NAME_LABEL]: namespace }, pods: podLabels },
        ports,
        why: "the cluster's DNS",
      },
      ...dns.cidrs.map((cidr) => ({ pods, to: { cidr }, ports, why: `DNS on ${cidr}` })),
    ]),
  ];
}
