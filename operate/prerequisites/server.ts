// The API server itself: its version, what it serves, and its storage classes.
import type { ClusterRecord } from "../../generator/record/schema/cluster.ts";
import type { Prerequisites } from "../../generator/record/schema/prerequisites.ts";
import { KINDS } from "../kubernetes/kinds.ts";
import type { Reader } from "../kubernetes/reader.ts";
import { at, listAt, textAt, textsAt } from "../../tools/values.ts";
import { attempt, check, isAtLeast, type Check } from "./check.ts";

export async function checkVersion(
  reader: Reader,
  { kubernetes: { minimum } }: Prerequisites,
): Promise<Check[]> {
  const wanted = `${minimum} or newer`;
  return attempt("Kubernetes", wanted, async () => {
    const found = textAt(await reader.read("/version", "the server's version"), "gitVersion") ?? "";
    const isOk = isAtLeast(found, minimum) === true;
    return [check(isOk, "Kubernetes", wanted, found || "no version", "upgrade the cluster")];
  });
}

/** Admission policies are part of the API server since 1.30, unless somebody switched them off. */
export async function checkAdmission(reader: Reader): Promise<Check[]> {
  const subject = "ValidatingAdmissionPolicy";
  return attempt(subject, "v1", async () => {
    const path = "/apis/admissionregistration.k8s.io/v1";
    const body = await reader.read(path, "admissionregistration.k8s.io/v1");
    const names = listAt(body, "resources").map((each) => textAt(each, "name"));
    const isOk =
      names.includes("validatingadmissionpolicies") &&
      names.includes("validatingadmissionpolicybindings");
    const found = isOk ? "v1" : "not served";
    return [
      check(isOk, subject, "v1", found, "upgrade the cluster: without it nothing is refused"),
    ];
  });
}

type Definition = {
  group: string;
  kind: string;
  served: string[];
  established: boolean;
  annotations: Readonly<Record<string, string>>;
};

const definitionOf = (object: unknown): Definition => ({
  group: textAt(object, "spec", "group") ?? "",
  kind: textAt(object, "spec", "names", "kind") ?? "",
  served: listAt(object, "spec", "versions")
    .filter((each) => at(each, "served") === true)
    .map((each) => textAt(each, "name") ?? ""),
  established: listAt(object, "status", "conditions").some(
    (each) => textAt(each, "type") === "Established" && textAt(each, "status") === "True",
  ),
  annotations: textsAt(object, "metadata", "annotations"),
});

export async function checkKinds(reader: Reader, { kinds }: Prerequisites): Promise<Check[]> {
  return attempt("custom resources", `${kinds.length} kinds`, async () => {
    const { items } = await reader.list(KINDS.definitions, {}, definitionOf);
    return kinds.flatMap((wanted) => {
      const one = items.find(({ group, kind }) => group === wanted.group && kind === wanted.kind);
      return checkKind(wanted, one);
    });
  });
}

function checkKind(
  { group, kind, versions, bundle, why }: Prerequisites["kinds"][number],
  found: Definition | undefined,
): Check[] {
  const subject = `${kind}.${group}`;
  const wanted = versions.join(", ");
  const install = `install its definition: ${why}`;
  if (found === undefined) return [check(false, subject, wanted, "not there", install)];
  if (!found.established) {
    return [check(false, subject, wanted, "not established", "see the definition's conditions")];
  }
  const missing = versions.filter((version) => !found.served.includes(version));
  const served = found.served.join(", ") || "no version";
  const checks = [
    check(missing.length === 0, subject, wanted, served, `upgrade its definition: ${why}`),
  ];
  if (bundle !== undefined) {
    const version = found.annotations[bundle.annotation];
    const isOk = version !== undefined && isAtLeast(version, bundle.minimum) === true;
    const least = `bundle ${bundle.minimum} or newer`;
    const there = version === undefined ? "says no version" : `bundle ${version}`;
    checks.push(check(isOk, subject, least, there, `upgrade what it came with: ${why}`));
  }
  return checks;
}

export async function checkStorage(
  reader: Reader,
  wanted: Prerequisites,
  record: ClusterRecord,
): Promise<Check[]> {
  const subject = "storage classes";
  return attempt(subject, `${wanted.storageClasses.length} classes`, async () => {
    const { items } = await reader.list(KINDS.storageClasses, {}, (object) => ({
      name: textAt(object, "metadata", "name") ?? "",
      // What the API server takes where a class says nothing.
      reclaimPolicy: textAt(object, "reclaimPolicy") ?? "Delete",
      expandable: at(object, "allowVolumeExpansion") === true,
    }));
    return wanted.storageClasses.map(({ name, reclaimPolicy }) => {
      const recorded = record.storageClasses.find((each) => each.name === name);
      const expands = recorded?.expandable === true;
      const words = `${reclaimPolicy}${expands ? ", expandable" : ""}`;
      const found = items.find((each) => each.name === name);
      const title = `StorageClass ${name}`;
      if (found === undefined) return check(false, title, words, "not there", "make it");
      const isOk = found.reclaimPolicy === reclaimPolicy && (!expands || found.expandable);
      const there = `${found.reclaimPolicy}${found.expandable ? ", expandable" : ""}`;
      const todo =
        "a class cannot change: delete it and make it anew, or change the cluster's record";
      return check(isOk, title, words, there, todo);
    });
  });
}
