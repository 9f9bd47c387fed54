import { RECORD_LIMITS } from "../../limits.ts";
import { isObject, type JsonValue } from "../../record/record.ts";
import { cleanJson, cleanText } from "../../record/text.ts";
import { readAttributes } from "./any-value.ts";

/** What the records of one resource and scope have in common; made once for all of them. */
export interface Origin {
  readonly source: string;
  /** Members of the metadata as JSON text, `"resource":{…},"scope":{…}`; "" when there are none. */
  readonly members: string;
}

export const NO_ORIGIN: Origin = { source: "", members: "" };

/** The first of these that is there names the source: collectors that tail files know no service. */
const SOURCES = ["service.name", "k8s.container.name", "container.name", "host.name"];

/** @throws RecordProblem when its attributes cannot be read. */
export function readResource(resource: unknown): Origin {
  if (!isObject(resource)) return NO_ORIGIN;
  const attributes = readAttributes(resource["attributes"], 2);
  const named = SOURCES.find((name) => isSourceName(attributes[name]));
  const value = named === undefined ? "" : attributes[named];
  // Said once: the source is the service's name.
  if (named === "service.name") delete attributes[named];
  return {
    source: typeof value === "string" ? cleanText(value) : "",
    members: member("resource", attributes),
  };
}

/** @throws RecordProblem when its attributes cannot be read. */
export function withScope(origin: Origin, scope: unknown): Origin {
  if (!isObject(scope)) return origin;
  const { name, version } = scope;
  const attributes = readAttributes(scope["attributes"], 3);
  const told = {
    ...(typeof name === "string" && name !== "" && { name }),
    ...(typeof version === "string" && version !== "" && { version }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
  };
  const members = [origin.members, member("scope", told)].filter((text) => text !== "");
  return { source: origin.source, members: members.join(",") };
}

function isSourceName(value: JsonValue | undefined): boolean {
  return typeof value === "string" && value !== "" && value.length <= RECORD_LIMITS.sourceUnits;
}

function member(name: string, value: { readonly [key: string]: JsonValue }): string {
  return Object.keys(value).length === 0 ? "" : `"${name}":${cleanJson(value)}`;
}
