import { JSON_SCHEMA, loadAll, nullCoreTag } from "js-yaml";
import { z } from "zod";
import { MAX_MANIFESTS, MAX_MANIFEST_BYTES, MAX_MANIFEST_DEPTH } from "../limits.ts";
import type { Manifest } from "./manifest.ts";

const strings = z.record(z.string(), z.string());

const head = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({
    name: z.string().min(1),
    namespace: z.string().min(1).optional(),
    labels: strings.nullish(),
    annotations: strings.nullish(),
  }),
});

export class ManifestError extends Error {}

// An empty value is null for every reader.
const SCHEMA = JSON_SCHEMA.withTags(nullCoreTag);

/**
 * The objects of a multi-document YAML text, in its order. Throws ManifestError for text that is too
 * large, is no YAML, holds an alias or a duplicate key, or has a document that is no Kubernetes object.
 *
 * Numbers, booleans and null are read in JSON's spelling alone. Kubernetes reads `on` and `012` in
 * YAML 1.1's way; here they stay strings, which no check takes for a boolean or a number.
 */
export function parseManifests(text: string): Manifest[] {
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES) {
    throw new ManifestError(`the output is larger than ${MAX_MANIFEST_BYTES} bytes`);
  }
  const documents = load(text).filter((document) => document !== null && document !== undefined);
  if (documents.length > MAX_MANIFESTS) {
    throw new ManifestError(`the output has more than ${MAX_MANIFESTS} objects`);
  }
  return documents.map(toManifest);
}

function load(text: string): unknown[] {
  try {
    return loadAll(text, { schema: SCHEMA, maxAliases: 0, maxDepth: MAX_MANIFEST_DEPTH });
  } catch (error) {
    throw new ManifestError(error instanceof Error ? error.message : String(error));
  }
}

function toManifest(document: unknown, index: number): Manifest {
  const parsed = head.safeParse(document);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue === undefined ? "" : issue.path.join(".");
    throw new ManifestError(
      `document ${index + 1} is no Kubernetes object: ${path === "" ? "" : `${path}: `}${issue?.message}`,
    );
  }
  const { apiVersion, kind, metadata } = parsed.data;
  return {
    apiVersion,
    kind,
    name: metadata.name,
    namespace: metadata.namespace,
    labels: metadata.labels ?? {},
    body: parsed.data,
  };
}
