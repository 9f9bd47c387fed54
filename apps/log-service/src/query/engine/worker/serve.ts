import type { MessagePort } from "node:worker_threads";

import type { Answerer } from "../answerer.ts";
import type { EncodedAnswer } from "../port.ts";
import { CancelledError } from "../task.ts";
import { toPlain, type FromThread, type ToThread } from "./protocol.ts";

/** Something beside questions that runs on the thread, with a line of its own to whoever opened it. */
export type Service = (port: MessagePort, data: unknown) => void;

/** The thread's side: answers what comes over the port, for as long as it is open. */
export function serveQuestions(
  port: MessagePort,
  answerer: Answerer,
  services: Readonly<Record<string, Service>> = {},
): void {
  const streams = new Map<number, ReturnType<Answerer["stream"]>>();
  const send = (message: FromThread, body?: Uint8Array<ArrayBuffer>) =>
    port.postMessage(message, body === undefined ? [] : [body.buffer]);

  const fail = (id: number, thrown: unknown) => {
    streams.delete(id);
    // Whoever called a call off has been told already.
    if (!(thrown instanceof CancelledError)) send({ kind: "failed", id, error: toPlain(thrown) });
  };

  const reply = async (id: number, answered: Promise<EncodedAnswer>) => {
    const { body, work } = await answered;
    const own = ownMemory(body);
    send({ kind: "answered", id, body: own, work }, own);
  };

  const next = async (id: number) => {
    const stream = streams.get(id);
    if (stream === undefined) return;
    const { value, done } = await stream.next();
    if (done === true) {
      streams.delete(id);
      send({ kind: "ended", id });
      return;
    }
    const body = ownMemory(value.body);
    send({ kind: "chunk", id, body, work: value.work }, body);
  };

  port.on("message", (message: ToThread) => {
    switch (message.kind) {
      case "answer": {
        const { id, question, format, cancel } = message;
        const answered = answerer.answer(question, format, flag(cancel));
        reply(id, answered).catch((thrown: unknown) => fail(id, thrown));
        return;
      }
      case "stream": {
        const { id, question, lines, cancel } = message;
        streams.set(id, answerer.stream(question, lines, flag(cancel)));
        return;
      }
      case "check":
        send({ kind: "checked", id: message.id });
        return;
      case "more":
        next(message.id).catch((thrown: unknown) => fail(message.id, thrown));
        return;
      case "leave": {
        const stream = streams.get(message.id);
        streams.delete(message.id);
        stream?.return().catch(() => undefined);
        return;
      }
      case "open": {
        const service = services[message.service];
        if (service === undefined) message.port.close();
        else service(message.port, message.data);
      }
    }
  });
  send({ kind: "started" });
}

function flag(cancel: SharedArrayBuffer): () => boolean {
  const shared = new Int32Array(cancel);
  return () => Atomics.load(shared, 0) !== 0;
}

/** Short buffers share memory with others, and memory that is shared cannot be handed over. */
function ownMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes);
}
