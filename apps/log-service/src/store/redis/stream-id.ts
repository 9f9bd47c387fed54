/** A Redis stream id, as text and as its two numbers. */
export interface StreamId {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

export function readStreamId(text: string): StreamId {
  const dash = text.indexOf("-");
  const major = Number(text.slice(0, dash));
  const minor = Number(text.slice(dash + 1));
  if (dash < 1 || !Number.isSafeInteger(major) || !Number.isSafeInteger(minor)) {
    throw new RangeError(`'${text}' is not a stream id that this service can have made`);
  }
  return { text, major, minor };
}

export function compareStreamIds(a: StreamId, b: StreamId): number {
  return a.major - b.major || a.minor - b.minor;
}
