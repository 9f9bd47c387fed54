import { createHmac, randomBytes } from "node:crypto";
import type { Manifest } from "../../manifests/manifest.ts";
import { type Json, jsonSchema, type ObjectChange } from "../model/model.ts";
import { canonical } from "./align.ts";
import { compareValues } from "./fields.ts";

/** The objects that two builds of an overlay differ in, in the order of their names. */
export function compareBuilds(
  before: readonly Manifest[],
  after: readonly Manifest[],
): ObjectChange[] {
  const [old, now] = [byIdentity(before), byIdentity(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((id): ObjectChange[] => {
    const [was, is] = [old.get(id), now.get(id)];
    if (is === undefined) {
      return was === undefined ? [] : [{ ...identityOf(was), change: "removed" }];
    }
    if (was === undefined) return [{ ...identityOf(is), change: "added", object: bodyOf(is) }];
    // Most are equal, and their text is made faster than they are walked.
    if (canonical(was.body) === canonical(is.body)) return [];
    const fields = compareValues(bodyOf(was), bodyOf(is));
    return fields.length === 0 ? [] : [{ ...identityOf(is), change: "changed", fields }];
  });
}

function byIdentity(objects: readonly Manifest[]): Map<string, Manifest> {
  return new Map(objects.map((object) => [identityText(object), object]));
}

/** An object stays the same one when only its API's version changes. */
export function identityText({ apiVersion, kind, namespace, name }: Manifest): string {
  return [namespace ?? "", groupOf(apiVersion), kind, name].join("\0");
}

export const groupOf = (apiVersion: string): string =>
  apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";

function identityOf({ apiVersion, kind, namespace, name }: Manifest) {
  return { apiVersion, kind, namespace: namespace ?? null, name };
}

/** The object's body, without what is secret: nobody should find it in a comment. */
function bodyOf({ kind, body }: Manifest): Json {
  const whole = jsonSchema.parse(body);
  if (kind !== "Secret" || typeof whole !== "object" || whole === null || Array.isArray(whole)) {
    return whole;
  }
  const hidden = { ...whole };
  for (const field of ["data", "stringData"]) {
    const entries = hidden[field];
    if (typeof entries !== "object" || entries === null || Array.isArray(entries)) continue;
    hidden[field] = Object.fromEntries(
      Object.entries(entries).map(([key, value]) => [key, fingerprintOf(value)]),
    );
  }
  return hidden;
}

// Of this run alone: the same value has the same text on both sides, and tells nothing to who guesses at it.
const salt = randomBytes(16);

const fingerprintOf = (value: Json): string =>
  `hidden ${createHmac("sha256", salt).update(canonical(value)).digest("hex").slice(0, 8)}`;
