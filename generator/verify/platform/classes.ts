import { type Manifest, nameOf, ofKind } from "../../manifests/manifest.ts";
import type { ClusterRecord } from "../../record/schema/cluster.ts";
import type { Report } from "../finding.ts";

/** The system's own classes begin here; user classes may not reach it. */
const MAX_VALUE = 1_000_000_000;

/** Reports priority classes that tenants may ask for and are not there, that nobody asked for, or that push others out. */
export function reportClasses(
  { placement }: ClusterRecord,
  objects: readonly Manifest[],
  report: Report,
): void {
  const wanted = placement?.priorityClasses ?? [];
  const classes = ofKind(objects, "PriorityClass");
  for (const name of wanted.filter((each) => !classes.some((object) => object.name === each))) {
    report("platform-class", { object: `PriorityClass ${name}`, reason: "is missing" });
  }
  for (const object of classes) {
    const { value, preemptionPolicy, globalDefault } = object.body;
    const reasons = [
      ...(wanted.includes(object.name) ? [] : ["is not in placement.priorityClasses"]),
      ...(preemptionPolicy === "Never" ? [] : ["would push out pods of other tenants"]),
      ...(globalDefault === true ? ["would be every pod's of the cluster"] : []),
      ...(typeof value === "number" && value < MAX_VALUE ? [] : ["is as high as the system's own"]),
    ];
    for (const reason of reasons) report("platform-class", { object: nameOf(object), reason });
  }
}
