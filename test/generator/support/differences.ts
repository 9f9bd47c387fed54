import { nameOf, type Manifest } from "../../../generator/manifests/manifest.ts";

/** What is different between two sets of objects: `+ Kind ns/name`, `- Kind ns/name`, `Kind ns/name path.to.field`. */
export function differences(before: readonly Manifest[], after: readonly Manifest[]): string[] {
  const old = new Map(before.map((object) => [nameOf(object), object]));
  const now = new Map(after.map((object) => [nameOf(object), object]));
  const lines: string[] = [];
  for (const [name, object] of old) {
    const other = now.get(name);
    if (other === undefined) lines.push(`- ${name}`);
    else lines.push(...changedFields(object.body, other.body).map((path) => `${name} ${path}`));
  }
  for (const name of now.keys()) if (!old.has(name)) lines.push(`+ ${name}`);
  return lines.sort();
}

function changedFields(before: unknown, after: unknown): string[] {
  const old = leaves(before);
  const now = leaves(after);
  return [...new Set([...old.keys(), ...now.keys()])].filter(
    (path) => old.get(path) !== now.get(path),
  );
}

/** Path -> value of every scalar; members of lists go by their name where they have one. */
function leaves(
  value: unknown,
  path = "",
  into = new Map<string, unknown>(),
): Map<string, unknown> {
  if (Array.isArray(value)) {
    value.forEach((item: unknown, i) => leaves(item, `${path}[${nameIn(item) ?? i}]`, into));
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value))
      leaves(item, path === "" ? key : `${path}.${key}`, into);
  } else {
    into.set(path, value);
  }
  return into;
}

const nameIn = (item: unknown): string | undefined =>
  typeof item === "object" && item !== null && "name" in item && typeof item.name === "string"
    ? item.name
    : undefined;
