// What an export of everything says of itself: read by whoever removes a tenant because its logs are safe elsewhere.
import { property } from "./shared/property.ts";

export interface ExportManifest {
  readonly format: 1;
  readonly tenant: string;
  /** When it began, by the service's clock, RFC 3339: what was written later may be missing. */
  readonly taken: string;
  readonly service: { readonly version: string };
  /** The file beside it. */
  readonly file: string;
  readonly compression: "none" | "gzip" | "zstd";
  /** Of the file as it lies there. */
  readonly bytes: number;
  readonly sha256: string;
  /** Sum of those of the namespaces. */
  readonly records: number;
  /** Every logical namespace that holds or ever held records; as many were exported as the service has. */
  readonly namespaces: readonly ManifestNamespace[];
}

export interface ManifestNamespace {
  readonly name: string;
  readonly records: number;
  readonly oldest: string | null;
  readonly newest: string | null;
}

/** More than this no manifest is: a namespace takes some 150 bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Reads a manifest's text; a string says why it is none. */
export function readManifest(text: string): ExportManifest | string {
  if (text.length > MAX_BYTES) return "it is too large";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  const [field] =
    Object.entries(checks).find(([name, check]) => !check(property(value, name))) ?? [];
  if (field !== undefined || !isManifest(value))
    return `its ${field ?? "form"} is not what it should be`;
  const sum = value.namespaces.reduce((total, { records }) => total + records, 0);
  if (sum !== value.records) return `it says ${value.records} records, and its namespaces ${sum}`;
  const names = new Set(value.namespaces.map(({ name }) => name));
  return names.size === value.namespaces.length ? value : "it names a namespace twice";
}

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isCount = (value: unknown): boolean =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const isTime = (value: unknown): boolean =>
  typeof value === "string" &&
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/.test(value) &&
  !Number.isNaN(Date.parse(value));
const isTimeOrNull = (value: unknown): boolean => value === null || isTime(value);

const checks: Readonly<Record<keyof ExportManifest, (value: unknown) => boolean>> = {
  format: (value) => value === 1,
  tenant: isText,
  taken: isTime,
  service: (value) => isText(property(value, "version")),
  // A name beside the manifest, and no path to somewhere else.
  file: (value) => typeof value === "string" && /^[^/\\\0]+$/.test(value) && !/^\.\.?$/.test(value),
  compression: (value) => value === "none" || value === "gzip" || value === "zstd",
  bytes: isCount,
  sha256: (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value),
  records: isCount,
  namespaces: (value) =>
    Array.isArray(value) &&
    value.every(
      (one) =>
        isText(property(one, "name")) &&
        isCount(property(one, "records")) &&
        isTimeOrNull(property(one, "oldest")) &&
        isTimeOrNull(property(one, "newest")),
    ),
};

function isManifest(value: unknown): value is ExportManifest {
  return Object.entries(checks).every(([name, check]) => check(property(value, name)));
}
