import manifest from "../package.json" with { type: "json" };

/** The service's version, as its package says. */
export const VERSION = manifest.version;
