/** A Kubernetes object, or a list, or a Status: whatever an API server answers. */
export type Body = Readonly<Record<string, unknown>>;

/** What it takes to address an object. */
export interface Ref {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
  };
}

/** An object as written or as kustomize rendered it. */
export interface Manifest extends Ref {
  readonly metadata: Ref["metadata"] & {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [key: string]: unknown;
}

/** The value at a path of keys and indices; undefined where there is none. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = Reflect.get(here, key);
  }
  return here;
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** `Deployment tenant-acme/log-service`: how people find an object again. */
export function titleOf({ kind, metadata }: Ref): string {
  const where = metadata.namespace === undefined ? "" : `${metadata.namespace}/`;
  return `${kind} ${where}${metadata.name ?? metadata.generateName ?? ""}`;
}

export function isManifest(value: unknown): value is Manifest {
  return (
    typeof at(value, "apiVersion") === "string" &&
    typeof at(value, "kind") === "string" &&
    typeof at(value, "metadata") === "object"
  );
}
