import type { YamlValue } from "./quote.ts";

/** A kustomize `images` entry: the container image `name` of a base becomes `reference` (`registry/path[:tag]@sha256:…`). */
export function imageOverride(name: string, reference: string): YamlValue {
  const at = reference.indexOf("@");
  const tagged = reference.slice(0, at);
  // A colon before the last slash belongs to the registry's port.
  const colon = tagged.indexOf(":", tagged.lastIndexOf("/") + 1);
  return {
    name,
    newName: colon === -1 ? tagged : tagged.slice(0, colon),
    ...(colon === -1 ? {} : { newTag: tagged.slice(colon + 1) }),
    digest: reference.slice(at + 1),
  };
}
