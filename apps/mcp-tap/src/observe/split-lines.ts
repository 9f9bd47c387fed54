import type { MessageBuffer, RawMessage } from "../message/raw.ts";

const LINE_FEED = 0x0a;

/**
 * Puts what came into the line under way, and ends it at each line feed.
 * @param endLine Takes the line; answers the messages that end with it.
 */
export function splitLines(
  bytes: Uint8Array,
  line: MessageBuffer,
  endLine: () => readonly RawMessage[],
): RawMessage[] {
  const messages: RawMessage[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(LINE_FEED, start);
    line.add(bytes.subarray(start, end === -1 ? bytes.length : end));
    if (end === -1) break;
    messages.push(...endLine());
    start = end + 1;
  }
  return messages;
}
