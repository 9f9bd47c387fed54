import { closeSync, openSync, readSync } from "node:fs";

/**
 * Reads a file that holds a key or a token: one word in one line, blanks around it aside. No more is read than a word
 * may have: an endless file is the wrong one too.
 * @returns undefined for what holds anything else, or more than so many bytes
 * @throws what opening and reading it throws
 */
export function readWordFile(path: string, mostBytes: number): string | undefined {
  const buffer = Buffer.alloc(mostBytes + 1);
  let length = 0;
  const descriptor = openSync(path, "r");
  try {
    // In order, and not from a place: a pipe, as of --key-file <(pass show key), has no places.
    for (let read = -1; read !== 0 && length < buffer.length; length += read)
      read = readSync(descriptor, buffer, length, buffer.length - length, null);
  } finally {
    closeSync(descriptor);
  }
  const word = buffer.toString("utf8", 0, length).trim();
  // A header holds printable characters and no spaces; whatever else this is, it is no key.
  return length <= mostBytes && /^[\x21-\x7e]+$/.test(word) ? word : undefined;
}
