/** The hash of all lanes: `<namespace>:<lane>` to the lane's number. */
export const LANES_KEY = "nl:lanes";

/** One lane a namespace; more spread a busy one over a cluster's slots. */
const ONLY_LANE = 0;

/** A lane's keys. They share a hash tag, so that one script reaches them all on a cluster. */
export interface LaneKeys {
  readonly headers: string;
  readonly bodies: string;
  readonly writers: string;
}

/** @param namespace A DNS label, so nothing in it can end the hash tag. */
export function laneKeys(namespace: string): LaneKeys {
  const tag = `{nl:${namespace}:${ONLY_LANE}}`;
  return { headers: `${tag}:h`, bodies: `${tag}:b`, writers: `${tag}:w` };
}

export function laneField(namespace: string): string {
  return `${namespace}:${ONLY_LANE}`;
}

export function namespaceOfField(field: string): string {
  return field.slice(0, field.lastIndexOf(":"));
}
