import { z } from "zod";
import { type Manifest, nameOf, ofKind } from "../../manifests/manifest.ts";
import type { ClusterRecord } from "../../record/schema/cluster.ts";
import type { Report } from "../finding.ts";
import { differences, field } from "./fields.ts";

/** Root namespaces of tenants, by labels that admission protects; nobody else's routes come in. */
const ROUTES = {
  kinds: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute" }],
  namespaces: {
    from: "Selector",
    selector: {
      matchExpressions: [
        { key: "neurallog.dev/tenant", operator: "Exists" },
        { key: "neurallog.dev/role", operator: "In", values: ["root"] },
      ],
    },
  },
};

const listener = z.looseObject({
  name: z.string(),
  protocol: z.string(),
  hostname: z.string().optional(),
  allowedRoutes: z.unknown().optional(),
  tls: z
    .looseObject({
      mode: z.string().optional(),
      certificateRefs: z.array(z.looseObject({ name: z.string() })).optional(),
    })
    .optional(),
});
type Listener = z.infer<typeof listener>;

/** Reports a way in that is not the one of the cluster's record, that others may use, or whose certificate does not cover it. */
export function reportEntrance(
  { exposure }: ClusterRecord,
  objects: readonly Manifest[],
  report: Report,
): void {
  const { gateway, ingress } = exposure;
  for (const object of ofKind(objects, "Gateway", "IngressClass")) {
    if (nameOf(object) === entranceOf(exposure)) continue;
    say(report, nameOf(object), "is not the way in that the cluster's record names");
  }
  if (!objects.some((object) => nameOf(object) === entranceOf(exposure))) {
    say(report, entranceOf(exposure), "is missing");
  }
  if (gateway !== undefined) reportGateway(gateway, objects, report);
  if (ingress !== undefined) reportIssuer(ingress.issuer, objects, report);
}

function entranceOf({ gateway, ingress }: ClusterRecord["exposure"]): string {
  return gateway === undefined
    ? `IngressClass ${ingress?.class}`
    : `Gateway ${gateway.namespace}/${gateway.name}`;
}

function say(report: Report, object: string, reason: string): void {
  report("platform-entrance", { object, reason });
}

type GatewayRecord = NonNullable<ClusterRecord["exposure"]["gateway"]>;

function reportGateway(
  { name, namespace, listener: section, certificate }: GatewayRecord,
  objects: readonly Manifest[],
  report: Report,
): void {
  const what = `Gateway ${namespace}/${name}`;
  const object = objects.find((each) => nameOf(each) === what);
  if (object === undefined) return;
  const listeners = z.array(listener).parse(field(object, "spec.listeners"));
  for (const each of listeners) {
    if (each.protocol !== "HTTPS" || (each.tls?.mode ?? "Terminate") !== "Terminate") {
      say(report, what, `listener ${each.name} is not HTTPS: keys would travel in clear`);
    }
    for (const { path, found, wanted } of differences(each.allowedRoutes, ROUTES, "")) {
      say(report, what, `listener ${each.name}: allowedRoutes${path} is ${found}, not ${wanted}`);
    }
  }
  const main = listeners.find((each) => each.name === section);
  if (main === undefined) say(report, what, `has no listener ${section}`);
  else reportCertificate(main, { what, namespace, certificate }, objects, report);
}

function reportCertificate(
  { name, hostname, tls }: Listener,
  { what, namespace, certificate }: { what: string; namespace: string; certificate: string[] },
  objects: readonly Manifest[],
  report: Report,
): void {
  if (hostname !== undefined && !certificate.every((each) => each === hostname)) {
    say(
      report,
      what,
      `listener ${name} is for ${hostname}, the record for ${certificate.join(", ")}`,
    );
  }
  const secrets = (tls?.certificateRefs ?? []).map((reference) => reference.name);
  const made = ofKind(objects, "Certificate").filter(
    (object) =>
      object.namespace === namespace &&
      secrets.some((secret) => secret === field(object, "spec.secretName")),
  );
  const covered = made.flatMap((object) =>
    z.array(z.string()).parse(field(object, "spec.dnsNames") ?? []),
  );
  for (const wildcard of certificate.filter((each) => !covered.includes(each))) {
    say(report, what, `has no Certificate for listener ${name} that covers ${wildcard}`);
  }
  for (const object of made) {
    const issuer = field(object, "spec.issuerRef.name");
    if (typeof issuer === "string") reportIssuer(issuer, objects, report);
  }
}

/** By DNS: a wildcard has no other proof, and an HTTP-01 solver's pod would be in a namespace that nothing reaches. */
function reportIssuer(name: string, objects: readonly Manifest[], report: Report): void {
  const what = `ClusterIssuer ${name}`;
  const object = objects.find((each) => nameOf(each) === what);
  if (object === undefined) {
    say(report, what, "is missing");
    return;
  }
  const solvers = z.array(
    z.looseObject({ dns01: z.unknown().optional(), http01: z.unknown().optional() }),
  );
  for (const { dns01, http01 } of solvers.parse(field(object, "spec.acme.solvers") ?? [])) {
    if (dns01 === undefined || http01 !== undefined)
      say(report, what, "has a solver other than DNS-01");
  }
}
