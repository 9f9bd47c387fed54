import { ServiceError } from "../../errors.ts";
import { ELASTICSEARCH_LIMITS } from "../../limits.ts";
import { isObject } from "../../record/record.ts";

const LINE_FEED = 0x0a;
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
export function readAction(bytes: Buffer, start: number, end: number, fallback: string): Action {
  const malformed = () => malformedAt(bytes, start);
  if (end - start > ELASTICSEARCH_LIMITS.actionBytes) throw malformed();
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8", start, end));
  } catch {
    throw malformed();
  }
  if (!isObject(value)) throw malformed();
  const [key, ...others] = Object.keys(value);
  const name = NAMES.find((known) => known === key);
  // A client for winston puts a counter of its own beside the action, which Elasticsearch lets pass.
  if (name === undefined || others.some(isAction)) throw malformed();
  const about = value[name];
  if (!isObject(about)) throw malformed();
  const index = textOf(about["_index"], fallback);
  const id = textOf(about["_id"], "");
  if (index === undefined || id === undefined) throw malformed();
  return { name, index, id: about["_id"] === undefined ? undefined : id };
}

/** Undefined for what is no name. */
function textOf(value: unknown, fallback: string): string | undefined {
  if (value === undefined || value === null) return fallback;
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text.length > ELASTICSEARCH_LIMITS.nameUnits) return undefined;
  return text;
}

function isAction(key: string): boolean {
  return NAMES.some((name) => name === key);
}

function malformedAt(bytes: Buffer, at: number): ServiceError {
  let line = 1;
  for (let before = 0; before < at; before += 1) if (bytes[before] === LINE_FEED) line += 1;
  return new ServiceError(
    "NL_BODY_NOT_BULK",
    `Malformed action/metadata line [${line}]; nothing of the request was stored`,
  );
}
