import type { JsonSchema } from "./json-schema.ts";

const NAME = "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$";
// RBAC names may hold colons and capitals.
const RBAC_NAME = "^[^/%]{1,253}$";
const KEY =
  "^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$";
const LABEL = "^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$";

export const labels: JsonSchema = {
  type: "object",
  propertyNames: { pattern: KEY },
  additionalProperties: { type: "string", pattern: LABEL },
};

/** The metadata that people write; what only the API server sets has no place in Git. */
export function metadata(name: "required" | "optional", rbac = false): JsonSchema {
  return {
    type: "object",
    properties: {
      name: { type: "string", pattern: rbac ? RBAC_NAME : NAME },
      namespace: { type: "string", pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$" },
      labels,
      annotations: {
        type: "object",
        propertyNames: { pattern: KEY },
        additionalProperties: { type: "string" },
      },
      finalizers: { type: "array", items: { type: "string" } },
    },
    ...(name === "required" ? { required: ["name"] } : {}),
    additionalProperties: false,
  };
}

/** A kind's own schema inside apiVersion, kind and metadata. A status in Git means nothing, so it is refused. */
export function envelope(
  apiVersion: string,
  kind: string,
  properties: Record<string, JsonSchema>,
  required: readonly string[],
  definitions: Record<string, JsonSchema>,
): JsonSchema {
  const { status: _, ...own } = properties;
  const rbac = apiVersion.startsWith("rbac.");
  return {
    // Without it kubeconform reads draft 4, which does not know propertyNames and lets every key pass.
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: {
      ...own,
      apiVersion: { type: "string", enum: [apiVersion] },
      kind: { type: "string", enum: [kind] },
      metadata: metadata("required", rbac),
    },
    required: [
      ...new Set([
        "apiVersion",
        "kind",
        "metadata",
        // The documents call it optional everywhere; an object without it says nothing.
        ...("spec" in own && kind !== "Namespace" ? ["spec"] : []),
        ...required.filter((key) => key !== "status"),
      ]),
    ],
    additionalProperties: false,
    ...(Object.keys(definitions).length > 0 ? { definitions } : {}),
  };
}

/** kubeconform's name for it: `deployment-apps-v1.json`. */
export function fileOf(apiVersion: string, kind: string): string {
  const parts = apiVersion.split("/");
  const version = parts.at(-1) ?? "";
  const group = parts.length > 1 ? `-${(parts[0] ?? "").split(".")[0]}` : "";
  return `${kind}${group}-${version}.json`.toLowerCase();
}
