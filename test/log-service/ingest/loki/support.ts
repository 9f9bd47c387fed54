import snappy from "snappy";

import { logproto } from "../../../../apps/log-service/src/ingest/loki/generated/loki.js";

export const context = { namespace: "default", received: 1_767_323_046_000 };

/** A push as agents send it: protobuf in a raw block of snappy. */
export function protobufPush(streams: readonly logproto.StreamAdapter.$Properties[]): Buffer {
  return snappy.compressSync(Buffer.from(plainPush(streams)));
}

export function plainPush(streams: readonly logproto.StreamAdapter.$Properties[]): Uint8Array {
  return logproto.PushRequest.encode({ streams: [...streams] }).finish();
}

export function jsonPush(...streams: readonly unknown[]): Buffer {
  return Buffer.from(JSON.stringify({ streams }));
}
