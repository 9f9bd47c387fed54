import { Agent, request } from "node:http";

import type { Ask } from "./peer.ts";

/** A store that scans everything takes ten seconds for a question; one that hangs is left out. */
const TIMEOUT_MS = 120_000;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

export interface Answer {
  readonly ms: number;
  readonly count: number;
}

/** Puts one question over one kept connection; the time ends with the answer's last byte. */
export async function ask(question: Ask): Promise<Answer> {
  const started = performance.now();
  const { status, text } = await send(question);
  const ms = performance.now() - started;
  if (status >= 300) {
    throw new Error(`${question.url} answered ${status}: ${text.slice(0, 300)}`);
  }
  return { ms, count: question.count(text) };
}

export async function get(url: string, headers: Readonly<Record<string, string>> = {}) {
  const { status, text } = await send({ url, headers, count: () => 0 });
  if (status >= 300) throw new Error(`${url} answered ${status}: ${text.slice(0, 300)}`);
  return text;
}

function send({ url, method = "GET", headers = {}, body }: Ask) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request(url, { agent, method, headers }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on("data", (chunk: Buffer) => chunks.push(chunk));
      reply.on("end", () =>
        resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
      reply.on("error", reject);
    });
    sent.setTimeout(TIMEOUT_MS, () => sent.destroy(new Error(`${url} does not answer`)));
    sent.on("error", reject);
    sent.end(body);
  });
}
