export type LabelMap = ReadonlyMap<string, string>;

/** A stream as Loki's readers know one: its labels by name, and a text that is the same for the same labels. */
export interface Stream {
  readonly labels: LabelMap;
  readonly key: string;
}

export function streamWith(labels: LabelMap): Stream {
  const sorted = new Map([...labels].sort(([a], [b]) => (a < b ? -1 : Number(a > b))));
  return { labels: sorted, key: JSON.stringify([...sorted]) };
}
