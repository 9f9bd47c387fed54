import { describe, expect, it } from "vitest";
import { found, foundWith, set } from "./fixture.ts";

const SCRAPE = "NetworkPolicy neurallog-monitoring/scrape";
const DOOR = "NetworkPolicy neurallog-ingress/data-plane";
const DNS = "NetworkPolicy neurallog-monitoring/dns";
const tenants = { matchExpressions: [{ key: "neurallog.dev/tenant", operator: "Exists" }] };
const http = [{ port: 8080, protocol: "TCP" }];

/** A policy beside the committed ones. */
const policy = (namespace: string, spec: object) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "x", namespace },
  spec,
});

describe.each(["system", "data", "ingress", "monitoring"])("the namespace for %s", (part) => {
  const name = `NetworkPolicy neurallog-${part}/default-deny`;

  it.each([
    ["is gone", null, ["ingress", "egress"]],
    ["closes one direction only", set("spec.policyTypes", ["Ingress"]), ["egress"]],
    [
      "is about some pods only",
      set("spec.podSelector", { matchLabels: { a: "b" } }),
      ["ingress", "egress"],
    ],
  ])("attack: is found open where its default-deny %s", (_case, change, directions) => {
    expect(found("home", name, change)).toEqual(
      directions.map((each) => `platform-reach: ${name} does not deny ${each} to every pod`),
    );
  });

  it("attack: a rule by which tenants' pods come in is found", () => {
    const ingress = [{ from: [{ namespaceSelector: tenants }], ports: http }];
    const spec = { podSelector: {}, policyTypes: ["Ingress"], ingress };
    expect(foundWith("home", policy(`neurallog-${part}`, spec))).toEqual([
      `platform-reach: NetworkPolicy neurallog-${part}/x lets in log-service of tenants on TCP 8080`,
    ]);
  });

  it("attack: a rule by which everybody comes in is found", () => {
    const spec = { podSelector: {}, policyTypes: ["Ingress"], ingress: [{ ports: http }] };
    expect(foundWith("home", policy(`neurallog-${part}`, spec))).toEqual([
      `platform-reach: NetworkPolicy neurallog-${part}/x lets in log-service of tenants on TCP 8080`,
    ]);
  });

  it("attack: a rule by which its pods reach Redis is found", () => {
    const to = [
      {
        namespaceSelector: tenants,
        podSelector: { matchLabels: { "app.kubernetes.io/name": "redis" } },
      },
    ];
    const egress = [{ to, ports: [{ port: 6379, protocol: "TCP" }] }];
    const spec = { podSelector: {}, policyTypes: ["Egress"], egress };
    expect(foundWith("home", policy(`neurallog-${part}`, spec))).toEqual([
      `platform-reach: NetworkPolicy neurallog-${part}/x lets out to redis of tenants on TCP 6379`,
    ]);
  });

  it("attack: a block of addresses that covers tenants' pods is found", () => {
    const egress = [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }];
    const spec = { podSelector: {}, policyTypes: ["Egress"], egress };
    expect(foundWith("home", policy(`neurallog-${part}`, spec))).toEqual([
      `platform-reach: NetworkPolicy neurallog-${part}/x lets out to 10.244.0.0 to 10.244.255.255, where tenants' pods are`,
    ]);
  });
});

describe("who asks for metrics", () => {
  it("attack: is found to reach an organization's pods, which choose their own labels", () => {
    const path = "spec.egress.0.to.0.namespaceSelector";
    expect(found("home", SCRAPE, set(path, tenants))).toEqual([
      `platform-reach: ${SCRAPE} lets out to pods of organizations on TCP 9464`,
    ]);
  });

  it("attack: is found to reach another port", () => {
    const ports = [{ port: 9464, protocol: "TCP" }, ...http];
    expect(found("home", SCRAPE, set("spec.egress.0.ports", ports))).toEqual([
      `platform-reach: ${SCRAPE} lets out to log-service of tenants on TCP 8080`,
    ]);
  });

  it("attack: is found to be any pod of its namespace", () => {
    expect(found("home", SCRAPE, set("spec.podSelector", {}))).toEqual([
      `platform-reach: ${SCRAPE} lets out to log-service of tenants on TCP 9464`,
      `platform-reach: ${SCRAPE} lets out to redis of tenants on TCP 9121`,
    ]);
  });

  it("is found unable to ask", () => {
    expect(found("home", SCRAPE, set("spec.egress.1.ports.0.port", 9999))).toContain(
      'platform-reach: NetworkPolicy neurallog-monitoring/* {"app.kubernetes.io/name":"prometheus"} cannot reach redis of tenants on TCP 9121',
    );
  });
});

describe("the way in", () => {
  it("is found closed to callers, or cut off from log services", () => {
    expect(found("home", DOOR, set("spec.ingress", []))).toEqual([
      `platform-reach: ${DOOR} lets nobody in to {"gateway.networking.k8s.io/gateway-name":"neurallog"} by a port`,
    ]);
    expect(found("home", DOOR, set("spec.egress.0.ports.0.port", 80))).toContain(
      'platform-reach: NetworkPolicy neurallog-ingress/* {"gateway.networking.k8s.io/gateway-name":"neurallog"} cannot reach log-service of tenants on TCP 8080',
    );
  });

  it.each([
    ["on every port", "spec.ingress.0.ports", undefined],
    ["on a range of ports", "spec.ingress.0.ports.0.endPort", 65_535],
  ])("attack: is found open %s", (_case, path, value) => {
    expect(found("home", DOOR, set(path, value))).not.toEqual([]);
  });

  it("attack: is found to lead past log services to Redis", () => {
    const path = "spec.egress.0.to.0.podSelector";
    expect(found("home", DOOR, set(path, {}))).toEqual([
      `platform-reach: ${DOOR} lets out to log-service-work of tenants on TCP 8080`,
    ]);
  });
});

describe("names", () => {
  it("are found not to be looked up where the cluster's record says", () => {
    const path = "spec.egress.0.to.0.podSelector.matchLabels";
    expect(found("home", DNS, set(path, { "k8s-app": "core-dns" }))).toEqual([
      expect.stringContaining("cannot reach the cluster's DNS on UDP 53, TCP 53"),
    ]);
  });

  it("are found not to be looked up on the address of the cluster's record", () => {
    const path = "spec.egress.0.to.1.ipBlock.cidr";
    expect(found("cloud", DNS, set(path, "169.254.169.253/32"))).toEqual([
      expect.stringContaining("cannot reach DNS on 169.254.169.254/32 on UDP 53, TCP 53"),
    ]);
  });
});

it("a block that is none is found", () => {
  const name = "NetworkPolicy neurallog-monitoring/api-server";
  const findings = found("home", name, set("spec.egress.0.to.0.ipBlock.cidr", "192.168.10.0/33"));
  expect(findings[0]).toMatch(/^platform-reach: NetworkPolicy neurallog-monitoring\/api-server /);
});
