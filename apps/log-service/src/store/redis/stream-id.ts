import type { Place } from "../stored-block.ts";

export function readStreamId(text: string): Place {
  const dash = text.indexOf("-");
  const major = Number(text.slice(0, dash));
  const minor = Number(text.slice(dash + 1));
  if (dash < 1 || !Number.isSafeInteger(major) || !Number.isSafeInteger(minor)) {
    throw new RangeError(`'${text}' is not a stream id that this service can have made`);
  }
  return { major, minor };
}

export function writeStreamId({ major, minor }: Place): string {
  return `${major}-${minor}`;
}
