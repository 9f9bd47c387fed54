import { describe, expect, it } from "vitest";
import { found, foundWith, set } from "./fixture.ts";

const GATEWAY = "Gateway neurallog-ingress/neurallog";
const ROUTES = "spec.listeners.0.allowedRoutes";

describe("the Gateway", () => {
  it.each<[string, string, unknown]>([
    ["takes routes of every namespace", `${ROUTES}.namespaces`, { from: "All" }],
    [
      "takes routes of organizations, by which they would take hosts",
      `${ROUTES}.namespaces.selector.matchExpressions.1.values`,
      ["root", "organization"],
    ],
    [
      "takes routes by a label that a tenant writes",
      `${ROUTES}.namespaces.selector`,
      { matchLabels: { routes: "yes" } },
    ],
    ["takes TCP routes", `${ROUTES}.kinds.0.kind`, "TCPRoute"],
    ["takes keys in clear", "spec.listeners.0.protocol", "HTTP"],
    ["passes TLS on", "spec.listeners.0.tls.mode", "Passthrough"],
    [
      "has a second listener for everybody",
      "spec.listeners.1",
      { name: "http", port: 80, protocol: "HTTP", allowedRoutes: { namespaces: { from: "All" } } },
    ],
    ["has another listener than the record names", "spec.listeners.0.name", "other"],
    ["is for other hosts than the record", "spec.listeners.0.hostname", "*.other.example"],
    ["shows another certificate", "spec.listeners.0.tls.certificateRefs.0.name", "other-tls"],
  ])("attack: one that %s is found", (_case, path, value) => {
    const findings = found("home", GATEWAY, set(path, value));
    expect(findings).not.toEqual([]);
    for (const finding of findings) expect(finding).toMatch(/^platform-entrance: Gateway /);
  });

  it("is found missing, and so is one that the record does not name", () => {
    expect(found("home", GATEWAY, null)).toEqual([`platform-entrance: ${GATEWAY} is missing`]);
    const metadata = { name: "side-door", namespace: "neurallog-ingress" };
    const apiVersion = "gateway.networking.k8s.io/v1";
    expect(foundWith("home", { apiVersion, kind: "Gateway", metadata })).toEqual([
      "platform-entrance: Gateway neurallog-ingress/side-door is not the way in that the cluster's record names",
    ]);
  });
});

describe("the certificate", () => {
  it("is found not to cover the record's wildcard", () => {
    const change = set("spec.dnsNames", ["logs.home.example"]);
    expect(found("home", "Certificate neurallog-ingress/wildcard", change)).toEqual([
      `platform-entrance: ${GATEWAY} has no Certificate for listener https that covers *.logs.home.example`,
    ]);
  });

  it.each([
    ["home", set("spec.acme.solvers.0", { http01: { ingress: {} } })],
    ["cloud", set("spec.acme.solvers.1", { http01: { ingress: {} } })],
  ])(
    "attack: a proof over HTTP, from a pod beside a tenant's, is found on %s",
    (cluster, change) => {
      expect(found(cluster, "ClusterIssuer letsencrypt", change)).toEqual([
        "platform-entrance: ClusterIssuer letsencrypt has a solver other than DNS-01",
      ]);
    },
  );

  it.each(["home", "cloud"])("is found to have no issuer on %s", (cluster) => {
    expect(found(cluster, "ClusterIssuer letsencrypt", null)).toEqual([
      "platform-entrance: ClusterIssuer letsencrypt is missing",
    ]);
  });
});

it("finds that the Ingress class of the record is missing", () => {
  expect(found("cloud", "IngressClass public", null)).toEqual([
    "platform-entrance: IngressClass public is missing",
  ]);
});
