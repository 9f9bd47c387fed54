import { NeuralLogError } from "./errors.ts";
import { property } from "./shared/property.ts";
import type { ArchiveResult, LogRecord, NamespaceInfo, SearchPage, WriteResult } from "./types.ts";

// Enough to tell a log service from another server that answers 200: records are not checked one by one.

export function notNeuralLog(): NeuralLogError {
  return new NeuralLogError(
    "NLC_NOT_NEURALLOG",
    "the answer is not a log service's: is the address right?",
  );
}

export function isWriteResult(body: unknown): body is WriteResult {
  return (
    typeof property(body, "accepted") === "number" &&
    Array.isArray(property(body, "rejected")) &&
    Array.isArray(property(body, "ids"))
  );
}

export function isSearchPage(body: unknown): body is SearchPage {
  const cursor = property(body, "next_cursor");
  return (
    Array.isArray(property(body, "records")) && (cursor === null || typeof cursor === "string")
  );
}

/** An answer with a list of this name. */
export function has<T>(list: keyof T & string): (body: unknown) => body is T {
  return (body): body is T => Array.isArray(property(body, list));
}

/** An answer with a text or number of this name. */
export function says<T>(name: keyof T & string): (body: unknown) => body is T {
  return (body): body is T => ["string", "number"].includes(typeof property(body, name));
}

export function isRecord(line: unknown): line is LogRecord {
  return typeof property(line, "id") === "string";
}

export const isArchiveResult = has<ArchiveResult>("ids");
export const isNamespaceList = has<{ readonly namespaces: readonly NamespaceInfo[] }>("namespaces");
