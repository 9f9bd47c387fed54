import protobuf from "protobufjs/minimal.js";
import snappy from "snappy";

import { ServiceError } from "../../errors.ts";
import { INGEST_LIMITS, LOKI_LIMITS } from "../../limits.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { BatchBuilder, type Batch } from "../batch.ts";
import { ProtobufWalk, type MessageSpan } from "../protobuf-walk.ts";
import { logproto } from "./generated/loki.js";
import { openStream, StreamReader, type EntryTime } from "./stream.ts";

type Entry = logproto.EntryAdapter.$Properties;

/** `PushRequest.streams`. */
const STREAMS = 1;
/** `StreamAdapter.labels` and `StreamAdapter.entries`. */
const LABELS = 1;
const ENTRIES = 2;

/**
 * Reads a `PushRequest` as agents send it: protobuf, compressed as one raw block of snappy.
 * @throws ServiceError NL_LOKI_PUSH for bytes that are neither, NL_LOKI_EMPTY for a push without
 * streams, NL_BODY_TOO_LARGE or NL_BATCH_TOO_LONG for what is too much.
 */
export async function readProtobufPush(bytes: Buffer, context: NormalizeContext): Promise<Batch> {
  const raw = unsnap(bytes);
  try {
    return await readPush(raw, context);
  } finally {
    // Given back at once: forty of 16 MB would wait for the garbage collector together.
    if (raw.buffer instanceof ArrayBuffer && raw.length === raw.buffer.byteLength) {
      raw.buffer.transfer(0);
    }
  }
}

async function readPush(raw: Buffer, context: NormalizeContext): Promise<Batch> {
  const walk = new ProtobufWalk(lenientReader(raw), {
    fields: LOKI_LIMITS.entryFields,
    damaged: (reason, cause) => notProto(reason, cause),
  });
  const batch = new BatchBuilder();
  let streams = 0;
  await walk.each(walk.whole, STREAMS, async (stream) => {
    // One without entries has no place in the batch, and costs as much.
    if ((streams += 1) > INGEST_LIMITS.batchRecords) throw tooLong();
    let labels: MessageSpan = { start: 0, length: 0 };
    await walk.each(stream, LABELS, (span) => void (labels = span));
    const { start, length } = labels;
    const reader = openStream(raw.toString("utf8", start, start + length), context);
    await walk.each(stream, ENTRIES, (entry) => {
      if (batch.size >= INGEST_LIMITS.batchRecords) throw tooLong();
      batch.add(reader instanceof StreamReader ? readEntry(walk, entry, reader) : reader);
    });
  });
  if (streams === 0) throw new ServiceError("NL_LOKI_EMPTY");
  return batch;
}

function readEntry(
  walk: ProtobufWalk,
  span: MessageSpan,
  reader: StreamReader,
): PreparedRecord | Rejection {
  const decoded = walk.decode(logproto.EntryAdapter, span);
  if (decoded === "damaged") throw notProto("an entry is damaged");
  if (decoded === "too large") {
    const message = `max entry size '${INGEST_LIMITS.recordBytes}' bytes or '${LOKI_LIMITS.entryFields}' fields exceeded`;
    return { code: "NL_RECORD_TOO_LARGE", message };
  }
  const { value } = decoded;
  return reader.read(timeOf(value), value.line ?? "", structuredOf(value));
}

/** The bytes that a raw block of snappy holds. */
function unsnap(bytes: Buffer): Buffer {
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
    // Ten milliseconds for the longest. What its threads make is memory that V8 does not know of, and lets lie.
    const raw = snappy.uncompressSync(bytes, { copyOutputData: true });
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

function lenientReader(bytes: Buffer): protobuf.Reader {
  const reader = protobuf.Reader.create(bytes);
  // One line that is not UTF-8 must not cost the others: what cannot be read becomes U+FFFD.
  reader.stringVerify = reader.string;
  return reader;
}

function notProto(reason: string, cause?: unknown): ServiceError {
  return new ServiceError("NL_LOKI_PUSH", `proto: ${reason}`, { cause });
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
