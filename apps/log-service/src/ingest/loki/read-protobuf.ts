import protobuf from "protobufjs/minimal.js";
import snappy from "snappy";

import { ServiceError } from "../../errors.ts";
import { INGEST_LIMITS, LOKI_LIMITS } from "../../limits.ts";
import type { NormalizeContext } from "../../record/normalize.ts";
import { BatchBuilder, type Batch } from "../batch.ts";
import { Turn } from "../turn.ts";
import { logproto } from "./generated/loki.js";
import { LabelsError, readLabels } from "./labels.ts";
import { StreamReader, type EntryTime } from "./stream.ts";

type Entry = logproto.EntryAdapter.$Properties;

/**
 * Reads a `PushRequest` as agents send it: protobuf, compressed as one raw block of snappy.
 * @throws ServiceError NL_LOKI_PUSH for bytes that are neither, NL_LOKI_EMPTY for a push without
 * streams, NL_BODY_TOO_LARGE or NL_BATCH_TOO_LONG for what is too much.
 */
export async function readProtobufPush(bytes: Buffer, context: NormalizeContext): Promise<Batch> {
  const { streams } = decode(await unsnap(bytes));
  if (streams.length === 0) throw new ServiceError("NL_LOKI_EMPTY");
  const batch = new BatchBuilder();
  const turn = new Turn();
  for (const { labels, entries } of streams) {
    const reader = readerOf(labels ?? "", context);
    for (const entry of entries ?? []) {
      batch.add(
        reader instanceof StreamReader
          ? reader.read(timeOf(entry), entry.line ?? "", structuredOf(entry))
          : reader,
      );
      if (turn.isOver()) await turn.next();
    }
  }
  return batch;
}

function readerOf(labels: string, context: NormalizeContext) {
  try {
    return new StreamReader(readLabels(labels), context);
  } catch (error) {
    if (!(error instanceof LabelsError)) throw error;
    const message = `couldn't parse labels: ${error.message}`;
    return { code: "NL_RECORD_FIELD_VALUE", message } as const;
  }
}

/** The bytes that a raw block of snappy holds. */
async function unsnap(bytes: Buffer): Promise<Buffer> {
  const length = announcedLength(bytes);
  if (length === undefined) throw new ServiceError("NL_LOKI_PUSH", "snappy: corrupt input");
  // Before the decoder makes room for it: five bytes can announce 4 GiB.
  if (length > INGEST_LIMITS.bodyBytes) {
    throw new ServiceError(
      "NL_BODY_TOO_LARGE",
      `request body too large: ${length} bytes, limit: ${INGEST_LIMITS.bodyBytes} bytes`,
    );
  }
  try {
    const raw = await snappy.uncompress(bytes);
    return typeof raw === "string" ? Buffer.from(raw) : raw;
  } catch (error) {
    throw new ServiceError("NL_LOKI_PUSH", "snappy: corrupt input", { cause: error });
  }
}

/** A block begins with its length as a varint of at most 32 bits. */
function announcedLength(bytes: Buffer): number | undefined {
  let length = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return length < 2 ** 32 ? length : undefined;
  }
  return undefined;
}

function decode(bytes: Buffer): logproto.PushRequest {
  try {
    countMessages(bytes);
    return logproto.PushRequest.decode(lenientReader(bytes));
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    const reason = error instanceof Error ? error.message : "unknown";
    throw new ServiceError("NL_LOKI_PUSH", `proto: ${reason}`, { cause: error });
  }
}

function lenientReader(bytes: Buffer): protobuf.Reader {
  const reader = protobuf.Reader.create(bytes);
  reader.discardUnknown = true;
  // One line that is not UTF-8 must not cost the others: what cannot be read becomes U+FFFD.
  reader.stringVerify = reader.string;
  return reader;
}

/** Fields that hold messages: a request's streams, a stream's entries, an entry's pairs. */
const NESTED = [[1], [2], [1, 3, 4]] as const;

/** Two bytes make a message that takes a hundred once decoded: they are counted first. */
function countMessages(bytes: Buffer): void {
  const reader = lenientReader(bytes);
  let messages = 0;
  let entries = 0;
  const walk = (end: number, depth: number) => {
    const nested: readonly number[] = NESTED[depth] ?? [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      if ((tag & 7) !== 2 || !nested.includes(tag >>> 3)) {
        reader.skipType(tag & 7);
        continue;
      }
      messages += 1;
      if (depth === 1) entries += 1;
      if (entries > INGEST_LIMITS.batchRecords || messages > LOKI_LIMITS.messages) throw tooLong();
      const inner = reader.uint32();
      if (inner > end - reader.pos) throw new RangeError("index out of range");
      walk(reader.pos + inner, depth + 1);
    }
  };
  walk(bytes.length, 0);
}

function tooLong(): ServiceError {
  return new ServiceError(
    "NL_BATCH_TOO_LONG",
    `a push has at most ${INGEST_LIMITS.batchRecords} entries`,
  );
}

function timeOf({ timestamp }: Entry): EntryTime | undefined {
  if (timestamp === undefined || timestamp === null) return { ms: 0, nanos: 0 };
  const seconds = Number(timestamp.seconds ?? 0);
  const below = timestamp.nanos ?? 0;
  if (below < 0 || below > 999_999_999) return undefined;
  const nanos = below % 1_000_000;
  return { ms: seconds * 1000 + (below - nanos) / 1_000_000, nanos };
}

function structuredOf({ structuredMetadata }: Entry): Map<string, string> | undefined {
  if (!structuredMetadata?.length) return undefined;
  return new Map(structuredMetadata.map(({ name, value }) => [name ?? "", value ?? ""]));
}
