import { failure } from "../errors.ts";
import { nameOf, type Kind } from "./kinds.ts";

/** Which objects of a kind. All namespaces when none is named. */
export type Selection = {
  namespace?: string;
  labels?: string;
  fields?: string;
  signal?: AbortSignal;
};

/** Like `pods in namespace tenant-acme`. */
export const describe = (kind: Kind, { namespace }: Selection): string =>
  `${nameOf(kind)} in ${namespace === undefined ? "all namespaces" : `namespace ${namespace}`}`;

export function queryOf(selection: Selection, more: Record<string, string>): string {
  const query = new URLSearchParams(more);
  if (selection.labels !== undefined) query.set("labelSelector", selection.labels);
  if (selection.fields !== undefined) query.set("fieldSelector", selection.fields);
  return query.toString();
}

export function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = text === "" ? "it is empty" : "it is no JSON, or was cut off";
    throw failure("answer-unreadable", { what, reason }, error);
  }
}

/** The body of a refusal: plain text where a proxy answers in the API server's place. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.slice(0, 300).trim() };
  }
}
