import type { Plan } from "../plan/plan.ts";
import type { YamlValue } from "./quote.ts";
import type { View } from "./templates.ts";

const GATEWAY = "gateway.networking.k8s.io";

/** A route needs hosts, an ingress controller that may come through, and a log service that takes callers. */
const isExposed = ({ state, api, logService }: Plan): boolean =>
  state === "active" && api.ingress && logService.hosts.length > 0;

export function exposureComponents(plan: Plan): string[] {
  if (!isExposed(plan)) return [];
  return [plan.cluster.exposure.kind === "gateway" ? "http-route" : "ingress"];
}

/** View of the patch of the HTTPRoute or the Ingress. */
export function exposureView(plan: Plan): View {
  const { exposure } = plan.cluster;
  const { hosts } = plan.logService;
  if (!isExposed(plan)) return { hasRoute: false, hasIngress: false };
  if (exposure.kind === "gateway") {
    const { name, namespace, listener } = exposure.gateway;
    return {
      hasRoute: true,
      hasIngress: false,
      hosts,
      // With what the API server would add: to it the list is one value, and any difference is drift.
      parents: [{ group: GATEWAY, kind: "Gateway", name, namespace, sectionName: listener }],
    };
  }
  return {
    hasRoute: false,
    hasIngress: true,
    ingressClass: exposure.class,
    issuer: exposure.issuer,
    certificates: [{ hosts, secretName: "log-service-tls" }],
    hostRules: hosts.map(hostRule),
  };
}

const hostRule = (host: string): YamlValue => ({
  host,
  http: {
    paths: [
      {
        path: "/",
        pathType: "Prefix",
        backend: { service: { name: "log-service", port: { name: "http" } } },
      },
    ],
  },
});
