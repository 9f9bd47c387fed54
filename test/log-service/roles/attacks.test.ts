import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";

import { NeuralLogClient } from "@neurallog/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startRedis, type TestRedis } from "../../support/redis.ts";
import { protobufPush } from "../ingest/loki/support.ts";
import { DOORS, EXACT, EXACT_RECORDS, type Door, type Reply } from "./doors.ts";
import { Neighbour } from "./neighbour.ts";
import { missing, prepareService, TestProcess, untilStatus, type ServiceSetup } from "./support.ts";

/**
 * Every way in over HTTP under attack, on the real program with a real Redis, while a neighbour
 * writes, probes are answered, and hundreds of connections dribble: each attack gets the error of its
 * protocol, and nobody else notices.
 */

const MIB = 1024 * 1024;
/** What the process may grow by: eight bombs of 1 GB, or a few lines of 100 MB that were held, are more. It is 200 MB. */
const MOST_GROWTH = 300 * MIB;
const LINE = 100 * 1000 * 1000;
const DRIBBLING = 100;

let redis: TestRedis;
let setup: ServiceSetup;
let service: TestProcess;
let attacker: string;
let neighbour: Neighbour;
let calm: number;
const slow: { socket: Socket; said: string }[] = [];

beforeAll(async () => {
  redis = await startRedis({ config: ["appendonly yes", "appendfsync always"] });
  setup = await prepareService(redis.url);
  setup.access.list([
    { name: "admin", role: "admin" },
    { name: "attacker", role: "writer" },
    { name: "slow", role: "writer" },
  ]);
  attacker = setup.access.issue("attacker");
  const slowKey = setup.access.issue("slow");
  service = new TestProcess(["serve"], setup.env);
  await untilStatus(`${setup.opsUrl}/health/ready`, 200);
  calm = memory("VmRSS");
  neighbour = new Neighbour(setup.url, setup.opsUrl, setup.key);
  for (let at = 0; at < DRIBBLING; at += 1) {
    const { path, type } = DOORS[at % DOORS.length] ?? { path: "/", type: "text/plain" };
    const head = `POST ${path} HTTP/1.1\r\nhost: a\r\n`;
    dribble(`${head}x-slow: `);
    dribble(
      `${head}authorization: Bearer ${slowKey}\r\ncontent-type: ${type}\r\ncontent-length: 1000\r\n\r\n`,
    );
  }
});

afterAll(async () => {
  await neighbour?.stop();
  for (const { socket } of slow) socket.destroy();
  await service?.[Symbol.asyncDispose]();
  await setup?.access[Symbol.asyncDispose]();
  await redis?.stop();
});

/** A figure of the process's memory in bytes. */
function memory(name: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${service.child.pid}/status`, "utf8");
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}

function dribble(head: string): void {
  const socket = connect(Number(new URL(setup.url).port), "127.0.0.1");
  const entry = { socket, said: "" };
  slow.push(entry);
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => (entry.said += String(chunk)));
  socket.write(head);
  const timer = setInterval(() => socket.write("x"), 250);
  socket.on("close", () => clearInterval(timer));
}

async function send(
  door: Door,
  body: Buffer | ReadableStream<Uint8Array>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const response = await fetch(setup.url + door.path, {
    method: "POST",
    body: Buffer.isBuffer(body) ? new Uint8Array(body) : body,
    duplex: "half",
    headers: { authorization: `Bearer ${attacker}`, "content-type": door.type, ...headers },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes };
}

const client = () => new NeuralLogClient({ url: setup.url, key: setup.key, retries: 0 });

async function stored(message: string): Promise<readonly { timestamp: string }[]> {
  return (await client().search({ text: message })).records;
}

const ENCODINGS: readonly (readonly [name: string, compress: (bytes: Buffer) => Buffer])[] = [
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["zstd", zstdCompressSync],
];
const zeros = Buffer.alloc(64 * MIB);
const bombs = new Map(
  ENCODINGS.map(([name, compress]) => {
    const bomb = compress(zeros);
    // Gzip and zstd may be several ones after the other: a gigabyte of zeros.
    return [name, name === "deflate" ? bomb : Buffer.concat(Array(16).fill(bomb))];
  }),
);

describe.each(DOORS.map((door) => [door.name, door] as const))("%s", (name, door) => {
  const said = (reply: Reply) => [reply.status, door.told(reply)];
  const body = door.body([door.good("x".repeat(5_000)), door.good("y")]);

  test.each(ENCODINGS)("attack: truncated %s", async (encoding, compress) => {
    const headers = { "content-encoding": encoding };
    for (const bytes of [compress(body).subarray(0, -12), Buffer.from("none at all")]) {
      expect(said(await send(door, bytes, headers))).toEqual([
        400,
        expect.stringContaining("could not be decompressed"),
      ]);
    }
  });

  test.each(ENCODINGS)("attack: a bomb of %s, eight at once", async (encoding) => {
    const bomb = bombs.get(encoding) ?? Buffer.alloc(0);
    const headers = { "content-encoding": encoding };
    const replies = Array.from({ length: 8 }, () => send(door, bomb, headers));
    for (const reply of await Promise.all(replies)) {
      expect(reply.status).toBe(413);
      expect(door.told(reply)).not.toBe("");
    }
  });

  test("an encoding that is not known", async () => {
    const reply = await send(door, body, { "content-encoding": "br" });
    expect(said(reply)).toEqual([415, expect.any(String)]);
  });

  test("attack: garbage", async () => {
    const garbage = Buffer.from(Array.from({ length: 5_000 }, (_, n) => ((n * 7919) >> 3) | 0x81));
    const reply = await send(door, garbage);
    expect([reply.status, door.garbage === undefined ? undefined : door.told(reply)]).toEqual(
      door.garbage === undefined ? [200, undefined] : [400, expect.stringContaining(door.garbage)],
    );
  });

  test.each([true, false])("attack: a line of 100 MB, its length told: %s", async (isTold) => {
    const headers: Record<string, string> = isTold ? { "content-length": String(LINE) } : {};
    let left = LINE;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const piece = Math.min(left, 100_000);
        left -= piece;
        if (piece > 0) controller.enqueue(Buffer.alloc(piece, "x"));
        else controller.close();
      },
    });
    const reply = await send(door, stream, headers);
    expect(said(reply)).toEqual([413, expect.any(String)]);
  });

  test("attack: a flood of headers", async () => {
    const headers = Object.fromEntries(
      Array.from({ length: 400 }, (_, at) => [`x-${at}`, "y".repeat(100)]),
    );
    const { status } = await send(door, body, headers);
    expect(status).toBe(431);
  });

  test.each(Object.entries(door.bad))("attack: %s", async (attack, [record, code]) => {
    const neighbour = `neighbour of ${attack} at ${name}`.replaceAll(/[^a-zA-Z ]/g, "");
    const reply = await send(door, door.body([record, door.good(neighbour)]));
    const isAlone = name === "GELF";
    const isWhole = isAlone || code?.includes("BODY") === true || code?.includes("body") === true;
    if (code === undefined) expect(reply.status).toBeLessThan(300);
    else if (isWhole) {
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(door.told(reply)).toContain(code);
    } else {
      expect(said(reply)).toEqual([200, expect.stringContaining(code)]);
    }
    expect((await stored(neighbour)).length).toBe(isWhole || isAlone ? 0 : 1);
  });

  test("a time to the nanosecond stays exact", async () => {
    const message = `exact at ${name}`;
    const record = EXACT_RECORDS[name]?.(message) ?? Buffer.alloc(0);
    expect((await send(door, door.body([record]))).status).toBeLessThan(300);
    expect(await stored(message)).toMatchObject([{ timestamp: EXACT }]);
  });
});

test("attack: forty pushes of snappy at once, each a twentieth of what is in it", async () => {
  // Too long to be stored, which is seen only once all is unpacked.
  const entries = Array.from({ length: 52 }, () => ({
    timestamp: { seconds: 1_767_323_045, nanos: 0 },
    line: "x".repeat(300_000),
  }));
  const body = protobufPush([{ labels: '{app="a"}', entries }]);
  expect(body.length).toBeLessThan(MIB);
  const replies = Array.from({ length: 40 }, () =>
    fetch(`${setup.url}/loki/api/v1/push`, {
      method: "POST",
      body: new Uint8Array(body),
      headers: { authorization: `Bearer ${attacker}`, "content-type": "application/x-protobuf" },
    }),
  );
  for (const reply of await Promise.all(replies)) {
    await reply.body?.cancel();
    expect([400, 503]).toContain(reply.status);
  }
});

describe("meanwhile", () => {
  test("headers that dribbled in were answered with 408", async () => {
    const headers = slow.filter((_, at) => at % 2 === 0);
    for (const { socket } of headers) {
      if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
    }
    const answers = new Set(headers.map(({ said }) => said.split("\r\n", 1)[0]));
    expect([...answers]).toEqual(["HTTP/1.1 408 Request Timeout"]);
  });

  test("the neighbour wrote and probed without a failure, and finds all that it wrote", async () => {
    await neighbour.stop();
    expect(neighbour.trouble).toEqual([]);
    expect(neighbour.acknowledged.size).toBeGreaterThan(500);
    expect(await missing(client(), neighbour.acknowledged)).toEqual([]);
  });

  test("the process stayed small, and is the same one", () => {
    expect(service.child.exitCode).toBeNull();
    expect(memory("VmHWM") - calm).toBeLessThan(MOST_GROWTH);
  });

  test("none of it is a failure of ours in the log", () => {
    expect(service.output).not.toContain("NL_INTERNAL");
    expect(service.output).not.toContain('"level":"error"');
  });
});
