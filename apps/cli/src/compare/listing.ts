import type { Finding, Side } from "./finding.ts";

/** How a call of a tool went. */
export interface Outcome {
  readonly kind: "answered" | "tool error" | "error" | "no answer";
  readonly text: string;
}

/** What a server says of its tools, live or recorded. */
export interface Listing {
  /** Where it is from, as it was given. */
  readonly from: string;
  /** Name and version that the server gives itself; "" for none. */
  readonly server: string;
  /** The version of the protocol that was spoken; "" where the records do not say. */
  readonly protocol: string;
  /** As they came; nothing of them is checked yet. */
  readonly tools: readonly unknown[];
  /** By tool: calls that were made. */
  readonly calls: ReadonlyMap<string, Outcome>;
  /** What is wrong with the list itself. */
  readonly problems: readonly string[];
}

export function problemsOf(listing: Listing, side: Side): Finding[] {
  return listing.problems.map((text) => ({ kind: "listing", tool: "", side, text }));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An answer to `tools/call`, as it went. */
export function outcomeOf(answer: unknown): Outcome {
  if (!isObject(answer)) return { kind: "error", text: "no JSON-RPC answer" };
  const { error, result } = answer;
  if (isObject(error)) {
    const message = typeof error["message"] === "string" ? error["message"] : "";
    return { kind: "error", text: `${String(error["code"])}: ${message}` };
  }
  if (!isObject(result)) return { kind: "error", text: "neither a result nor an error" };
  if (result["isError"] !== true) return { kind: "answered", text: "" };
  const content: unknown[] = Array.isArray(result["content"]) ? result["content"] : [];
  const said = content.find((part) => isObject(part) && typeof part["text"] === "string");
  return { kind: "tool error", text: isObject(said) ? String(said["text"]) : "" };
}
