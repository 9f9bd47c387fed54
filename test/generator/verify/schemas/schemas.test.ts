import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { close } from "../../../../generator/verify/schemas/close.ts";
import { fileOf } from "../../../../generator/verify/schemas/envelope.ts";
import { enumOf, readGoTypes } from "../../../../generator/verify/schemas/go-enums.ts";
import { SCHEMAS } from "../../../../generator/verify/schemas/kubeconform.ts";
import { CRDS, KINDS, MODULES } from "../../../../generator/verify/schemas/sources.ts";
import { pinnedVersion } from "../../../../tools/manifests/pins.ts";

const files = readdirSync(SCHEMAS).filter((name) => name.endsWith(".json"));

describe("the committed schemas", () => {
  it("are of the versions that their source names", () => {
    const versions = readFileSync(join(SCHEMAS, "VERSIONS"), "utf8").trim().split("\n");
    expect(versions).toEqual(Object.values(MODULES).map((module) => module.replace("@", " ")));
    expect(pinnedVersion("kubeconform")).toBe("v0.8.0");
  });

  it("are one for each kind", () => {
    expect(files).toHaveLength(KINDS.length + CRDS.length);
  });

  it("stay small enough to read in a review", () => {
    const bytes = files.reduce((sum, name) => sum + statSync(join(SCHEMAS, name)).size, 0);
    expect(bytes).toBeLessThan(1.5 * 1024 * 1024);
  });

  it("name a draft that knows propertyNames, and carry no prose", () => {
    for (const name of files) {
      const text = readFileSync(join(SCHEMAS, name), "utf8");
      expect(text).toMatch(/^\{"\$schema":"http:\/\/json-schema\.org\/draft-07\/schema#"/);
      expect(text).not.toMatch(/"description":"|"x-kubernetes-/);
    }
  });
});

describe("a schema's file", () => {
  it.each([
    ["v1", "Namespace", "namespace-v1.json"],
    ["apps/v1", "Deployment", "deployment-apps-v1.json"],
    ["gateway.networking.k8s.io/v1", "HTTPRoute", "httproute-gateway-v1.json"],
  ])("of %s %s is called as kubeconform looks for it", (apiVersion, kind, file) => {
    expect(fileOf(apiVersion, kind)).toBe(file);
  });
});

describe("closing a published schema", () => {
  const object = { type: "object", properties: { a: { type: "string" } } };

  it("refuses unknown keys, except where they are allowed", () => {
    expect(close(object)).toEqual({ ...object, additionalProperties: false });
    expect(close({ ...object, additionalProperties: true })).toEqual(object);
    expect(close({ ...object, "x-kubernetes-preserve-unknown-fields": true })).toEqual(object);
    expect(close({ type: "object", additionalProperties: { type: "string" } })).toEqual({
      type: "object",
      additionalProperties: { type: "string" },
    });
  });

  it("leaves the branches of anyOf, oneOf, allOf and not open: they name some of the keys only", () => {
    const branches = { ...object, oneOf: [object], anyOf: [object], allOf: [object], not: object };
    expect(close(branches)).toEqual({ ...branches, additionalProperties: false });
  });

  it("tells a quantity from a port by its pattern", () => {
    const loose = { "x-kubernetes-int-or-string": true };
    expect(close({ ...loose, pattern: "^x$" }).type).toEqual(["string", "number"]);
    expect(close(loose).type).toEqual(["integer", "string"]);
  });
});

describe("reading enumerations from Go types", () => {
  const source = `
// PolicyType says what.
// +enum
type PolicyType string

const (
	// Ingress is one.
	PolicyTypeIngress PolicyType = "Ingress"
	PolicyTypeEgress  PolicyType = "Egress"
	PathTypeExact = PathType("Exact")
)

// PathType says how.
// +enum
type PathType string

// Open may be anything.
type Open string

const OpenA Open = "A"

type Spec struct {
	// Types.
	PolicyTypes []PolicyType \`json:"policyTypes,omitempty" protobuf:"bytes,4,rep"\`
	PathType    *PathType    \`json:"pathType,omitempty"\`
	Other       Open         \`json:"other"\`
	Protocol    *v1.Protocol \`json:"protocol,omitempty"\`
}
`;
  const core = readGoTypes(`// +enum
type Protocol string

const (
	ProtocolTCP Protocol = "TCP"
)
`);
  const packages = new Map([
    ["networking/v1", readGoTypes(source)],
    ["core/v1", core],
  ]);
  const of = (field: string) => enumOf(packages, "io.k8s.api.networking.v1.Spec", field);

  it("finds the values of lists, pointers and types of other packages", () => {
    expect(of("policyTypes")).toEqual(["Ingress", "Egress"]);
    expect(of("pathType")).toEqual(["Exact"]);
    expect(of("protocol")).toEqual(["TCP"]);
  });

  it("takes no set of strings for closed that is not marked so", () => {
    expect(of("other")).toBeUndefined();
    expect(of("nothing")).toBeUndefined();
  });
});
