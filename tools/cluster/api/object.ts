import { at, isObject, textAt } from "../../values.ts";

export { at, listAt, textAt } from "../../values.ts";

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

/** `Deployment tenant-acme/log-service`: how people find an object again. */
export function titleOf({ kind, metadata }: Ref): string {
  const where = metadata.namespace === undefined ? "" : `${metadata.namespace}/`;
  return `${kind} ${where}${metadata.name ?? metadata.generateName ?? ""}`;
}

export function isManifest(value: unknown): value is Manifest {
  return (
    textAt(value, "apiVersion") !== undefined &&
    textAt(value, "kind") !== undefined &&
    isObject(at(value, "metadata"))
  );
}
