import { createReadStream, fstatSync, openSync } from "node:fs";
import { createGunzip } from "node:zlib";
import { CliError } from "../errors.ts";

export interface Input {
  /** As messages name it. */
  readonly name: string;
  /** Bytes on disk, where that is known. */
  readonly size: number | undefined;
  /** When the file was last written: dates without a year are not after it. */
  readonly modified: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes read of `size` so far. */
  read(): number;
  /** Ends the reading, also of a pipe that nobody writes to. */
  readonly stop: () => void;
}

export function standardInput(): Input {
  let read = 0;
  return {
    name: "standard input",
    size: undefined,
    modified: undefined,
    chunks: plainText(counted(process.stdin, (bytes) => (read += bytes))),
    read: () => read,
    stop: () => void process.stdin.destroy(),
  };
}

/** @throws CliError CLI_INPUT_FILE when it cannot be read. */
export function file(path: string): Input {
  try {
    const descriptor = openSync(path, "r");
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw new Error("it is a directory");
    let read = 0;
    const stream = createReadStream(path, { fd: descriptor, highWaterMark: 256 * 1024 });
    return {
      name: path,
      size: stat.isFile() ? stat.size : undefined,
      modified: stat.isFile() ? stat.mtimeMs : undefined,
      chunks: plainText(counted(stream, (bytes) => (read += bytes))),
      read: () => read,
      stop: () => void stream.destroy(),
    };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

export function unreadable(name: string, cause: unknown): CliError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CliError("CLI_INPUT_FILE", `cannot read ${name}: ${reason}`, { cause });
}

async function* counted(
  stream: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    count(chunk.length);
    yield chunk;
  }
}

/** Rotated files are often compressed, and Windows writes UTF-16: both say so in their first bytes. */
async function* plainText(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = stream[Symbol.asyncIterator]();
  let head: Uint8Array = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const whole = concat(head, { [Symbol.asyncIterator]: () => iterator });
  if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzip(whole);
  else if (head[0] === 0xff && head[1] === 0xfe) yield* recoded(whole, "utf-16le");
  else if (head[0] === 0xfe && head[1] === 0xff) yield* recoded(whole, "utf-16be");
  else yield* whole;
}

async function* concat(
  head: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* rest;
}

async function* gunzip(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const inflated = createGunzip();
  const feeding = (async () => {
    for await (const chunk of bytes) {
      if (!inflated.write(chunk)) await new Promise((resolve) => inflated.once("drain", resolve));
    }
    inflated.end();
  })();
  feeding.catch((error: Error) => inflated.destroy(error));
  for await (const chunk of inflated) yield Buffer.from(chunk);
}

async function* recoded(
  bytes: AsyncIterable<Uint8Array>,
  encoding: string,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of bytes) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}
