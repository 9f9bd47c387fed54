/** One object of kustomize's output, with the parts that every object has. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Undefined for kinds of the cluster. */
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** The whole object, as Kubernetes would read it. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** `NetworkPolicy tenant-acme/allow-dns`: how people find an object again. */
export function nameOf(object: Pick<Manifest, "kind" | "namespace" | "name">): string {
  const where = object.namespace === undefined ? "" : `${object.namespace}/`;
  return `${object.kind} ${where}${object.name}`;
}

export function ofKind(objects: readonly Manifest[], ...kinds: string[]): Manifest[] {
  return objects.filter((object) => kinds.includes(object.kind));
}
