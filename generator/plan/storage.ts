import { didYouMean } from "../record/suggest.ts";
import type { TenantContext } from "./context.ts";

/** The class of the volume of a tenant's store or archive: one that retains its volumes, or a report. */
export function storageClass(
  { record, cluster, report }: TenantContext,
  of: "redis" | "archive",
): string {
  const classes = cluster.record.storageClasses;
  const name = record[of]?.storage?.class;
  const path = [of, "storage", "class"];
  const found = classes.find((offered) =>
    name === undefined ? offered.default === true : offered.name === name,
  );
  if (found === undefined && name === undefined) {
    const values = { cluster: cluster.record.name, what: "default storage class" };
    const hint = `name one: ${classes.map((offered) => offered.name).join(", ")}`;
    report("not-offered", values, path, "key", hint);
  } else if (found === undefined) {
    const names = classes.map((offered) => offered.name);
    const hint =
      didYouMean(name ?? "", names) ?? `cluster ${cluster.record.name} has: ${names.join(", ")}`;
    report("unknown-reference", { what: "storage class", name: name ?? "" }, path, "value", hint);
  } else if (found.reclaimPolicy !== "Retain") {
    report("storage-not-retained", { name: found.name }, path, "value");
  }
  return found?.name ?? "";
}
