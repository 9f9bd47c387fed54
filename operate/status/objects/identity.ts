import { momentAt, textAt } from "../../../tools/values.ts";

/** Which object it is, and when it came and goes. */
export type Identity = {
  /** Empty for objects of no namespace. */
  namespace: string;
  name: string;
  uid: string;
  /** Milliseconds since 1970. */
  created: number | undefined;
  /** When somebody asked for its deletion; it is still there as finalizers hold it. */
  deleting: number | undefined;
};

export const identityOf = (object: unknown): Identity => ({
  namespace: textAt(object, "metadata", "namespace") ?? "",
  name: textAt(object, "metadata", "name") ?? "",
  uid: textAt(object, "metadata", "uid") ?? "",
  created: momentAt(object, "metadata", "creationTimestamp"),
  deleting: momentAt(object, "metadata", "deletionTimestamp"),
});

/** Like `tenant-acme/redis-0`. */
export const keyOf = ({ namespace, name }: Pick<Identity, "namespace" | "name">): string =>
  namespace === "" ? name : `${namespace}/${name}`;
