import { ServiceError } from "../../errors.ts";
import { ELASTICSEARCH_LIMITS } from "../../limits.ts";

const NAMES = ["create", "index", "update", "delete"] as const;

/** An action line of a bulk request. */
export interface Action {
  /** The key that the item of the reply has to have as well. */
  readonly name: (typeof NAMES)[number];
  readonly index: string;
  readonly id: string | undefined;
}

/**
 * @param fallback The index that the path names.
 * @throws ServiceError when it is none: then nobody knows which line is a document, and all is refused.
 */
export function readAction(
  bytes: Buffer,
  start: number,
  end: number,
  line: number,
  fallback: string,
): Action {
  if (end - start > ELASTICSEARCH_LIMITS.actionBytes) throw malformed(line);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8", start, end));
  } catch {
    throw malformed(line);
  }
  if (!isObject(value)) throw malformed(line);
  const [key, ...others] = Object.keys(value);
  const name = NAMES.find((known) => known === key);
  if (name === undefined || others.length > 0) throw malformed(line);
  const about = value[name];
  if (!isObject(about)) throw malformed(line);
  return {
    name,
    index: textOf(about["_index"], fallback, line),
    id: about["_id"] === undefined ? undefined : textOf(about["_id"], "", line),
  };
}

function textOf(value: unknown, fallback: string, line: number): string {
  if (value === undefined || value === null) return fallback;
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text.length > ELASTICSEARCH_LIMITS.nameUnits) {
    throw malformed(line);
  }
  return text;
}

function malformed(line: number): ServiceError {
  return new ServiceError(
    "NL_BODY_NOT_BULK",
    `Malformed action/metadata line [${line}]; nothing of the request was stored`,
  );
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
