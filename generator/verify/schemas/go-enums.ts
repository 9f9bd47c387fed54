/**
 * The enumerations of Kubernetes' Go types. swagger.json has none: it calls `policyTypes` a list of
 * strings, and `Engress` passes. The Go sources mark each closed set of strings with `+enum`.
 */

/** Go type -> its values, and Go struct -> JSON field -> Go type, of one package. */
export interface GoPackage {
  readonly enums: ReadonlyMap<string, readonly string[]>;
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Closed sets that the sources do not mark. */
const UNMARKED = new Set([
  "HPAScalingPolicyType",
  "LabelSelectorOperator",
  "LimitType",
  "MetricSourceType",
  "MetricTargetType",
  "ScopeSelectorOperator",
]);

export function readGoTypes(source: string): GoPackage {
  const values = new Map<string, string[]>();
  for (const [, type = "", value = ""] of source.matchAll(/^\s*\w+\s+(\w+)\s*=\s*"([^"\n]*)"/gm)) {
    values.set(type, [...(values.get(type) ?? []), value]);
  }
  for (const [, type = "", value = ""] of source.matchAll(/^\s*\w+\s+=\s*(\w+)\("([^"\n]*)"\)/gm)) {
    values.set(type, [...(values.get(type) ?? []), value]);
  }
  const enums = new Map<string, readonly string[]>();
  for (const [, comment = "", type = ""] of source.matchAll(
    /((?:^\/\/.*\n)*)^type (\w+) string$/gm,
  )) {
    const found = values.get(type);
    if (found === undefined) continue;
    if (/^\/\/ \+enum$/m.test(comment) || UNMARKED.has(type)) enums.set(type, found);
  }
  const fields = new Map<string, Map<string, string>>();
  for (const [, name = "", body = ""] of source.matchAll(/^type (\w+) struct \{\n(.*?)^\}/gms)) {
    const found = new Map<string, string>();
    for (const [, type = "", json = ""] of body.matchAll(
      /^\s+\w+\s+([\w.*[\]]+)\s+`[^`]*json:"([^",`]+)/gm,
    )) {
      found.set(json, type.replaceAll(/[*[\]]/g, ""));
    }
    fields.set(name, found);
  }
  return { enums, fields };
}

/** Looks a field's values up: `packages` by path (`core/v1`), `definition` as in swagger.json. */
export function enumOf(
  packages: ReadonlyMap<string, GoPackage>,
  definition: string,
  field: string,
): readonly string[] | undefined {
  const [, path, struct] =
    /^io\.k8s\.(?:api|apimachinery\.pkg\.apis)\.(.+)\.(\w+)$/.exec(definition) ?? [];
  if (path === undefined || struct === undefined) return undefined;
  const home = path.replaceAll(".", "/");
  const type = packages.get(home)?.fields.get(struct)?.get(field);
  if (type === undefined) return undefined;
  const [owner, name] = type.includes(".") ? type.split(".") : [undefined, type];
  const from = owner === undefined ? home : owner === "metav1" ? "meta/v1" : "core/v1";
  return packages.get(from)?.enums.get(name ?? "");
}
