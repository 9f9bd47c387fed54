import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectReader, type Reader } from "../../../operate/kubernetes/reader.ts";
import { follow } from "../../../operate/status/follow.ts";
import { partsOf, type Parts } from "../../../operate/status/parts.ts";
import { fakeServer, list, refusal } from "../support/api-server.ts";
import { event, PATHS, serve, watching } from "../support/cluster.ts";

const fake = await fakeServer();
afterAll(() => fake[Symbol.asyncDispose]());

const pod = (name: string, version = "8") => ({
  metadata: { name, namespace: "tenant-acme", resourceVersion: version },
});

let reader: Reader;
let parts: Parts;
let ended: AbortController;
let following: Promise<void>;
let changes: number;

beforeEach(() => {
  fake.paths.clear();
  fake.requests.length = 0;
  serve(fake, {});
  parts = partsOf(undefined);
  ended = new AbortController();
  changes = 0;
});

afterEach(async () => {
  ended.abort();
  await following;
  reader.close();
});

async function start(): Promise<void> {
  reader = await connectReader({ kubeconfig: fake.kubeconfig, timeout: 2_000 });
  following = follow(reader, parts, () => (changes += 1), ended.signal);
}

const names = () => parts.pods.values().map(({ name }) => name);
const listsOfPods = () =>
  fake.requests.filter(({ path, query }) => path === PATHS.pods && !query.has("watch")).length;

describe("a watch", () => {
  it("brings what is added, changed and deleted", async () => {
    const lines = [
      event("ADDED", pod("b")),
      event("BOOKMARK", { metadata: { resourceVersion: "9" } }),
      event("DELETED", pod("a")),
    ].join("");
    fake.paths.set(
      PATHS.pods,
      watching([pod("a")], (send) => {
        // In the middle of a line, as networks cut.
        send(lines.slice(0, 100));
        setTimeout(() => send(lines.slice(100)), 30);
      }),
    );
    await start();
    await expect.poll(names).toEqual(["b"]);
    expect(changes).toBeGreaterThan(2);
  });

  it("that the server ends goes on from the last version, without another list", async () => {
    let watches = 0;
    fake.paths.set(
      PATHS.pods,
      watching([pod("a")], (send, end) => {
        watches += 1;
        if (watches === 1) {
          send(event("ADDED", pod("b", "41")));
          end();
        } else if (watches === 2) send(event("ADDED", pod("c", "42")));
      }),
    );
    await start();
    await expect.poll(names).toEqual(["a", "b", "c"]);
    const versions = fake.requests
      .filter(({ path, query }) => path === PATHS.pods && query.has("watch"))
      .map(({ query }) => query.get("resourceVersion"));
    expect(versions.slice(0, 2)).toEqual(["7", "41"]);
    expect(listsOfPods()).toBe(1);
  });

  it.each([
    ["410 Gone as an answer", refusal(410, "too old resource version")],
    [
      "410 Gone as an event",
      watching([], (send) =>
        send(event("ERROR", { kind: "Status", code: 410, message: "too old" })),
      ),
    ],
  ])("that is answered with %s lists again, and tells no gap", async (_, gone) => {
    let tries = 0;
    fake.paths.set(PATHS.pods, (request, response, url) => {
      if (url.searchParams.has("watch") && ++tries === 1) return gone(request, response, url);
      return watching([pod(`list-${tries}`)], () => undefined)(request, response, url);
    });
    await start();
    await expect.poll(names).toEqual(["list-1"]);
    expect(parts.pods.gap).toBeUndefined();
  });

  it.each([
    [
      "half a line of JSON",
      (send: (text: string) => void, end: () => void) => {
        send('{"type":"ADDED","object":{"meta');
        end();
      },
    ],
    ["a line that is no JSON", (send: (text: string) => void) => send("<html>\n")],
  ])("that brings %s is a gap until the next list", async (_, stream) => {
    let tries = 0;
    let gap: string | undefined;
    fake.paths.set(
      PATHS.pods,
      watching([pod("a")], (send, end) => {
        tries += 1;
        if (tries === 1) stream(send, end);
      }),
    );
    reader = await connectReader({ kubeconfig: fake.kubeconfig });
    following = follow(reader, parts, () => (gap ??= parts.pods.gap?.code), ended.signal);
    await expect.poll(listsOfPods).toBe(2);
    await expect.poll(() => parts.pods.gap).toBeUndefined();
    expect(gap).toBe("answer-unreadable");
    expect(names()).toEqual(["a"]);
  });

  it("whose connection is cut is a gap until the server is back, and finds what came meanwhile", async () => {
    fake.paths.set(
      PATHS.pods,
      watching([pod("a")], () => undefined),
    );
    await start();
    await expect.poll(names).toEqual(["a"]);
    await expect
      .poll(() => fake.requests.filter(({ query }) => query.has("watch")).length)
      .toBe(Object.keys(parts).length);
    await fake.stop();
    await expect.poll(() => parts.pods.gap?.code).toBe("server-down");
    // What was known stays to be shown.
    expect(names()).toEqual(["a"]);
    fake.paths.set(
      PATHS.pods,
      watching([pod("a"), pod("b")], () => undefined),
    );
    await fake.restart();
    await expect.poll(names).toEqual(["a", "b"]);
    await expect
      .poll(() => Object.values(parts).map(({ gap }) => gap))
      .not.toContainEqual(expect.anything());
  });

  it("that the server ends at once every time is not asked for in a tight loop", async () => {
    const times: number[] = [];
    fake.paths.set(
      PATHS.pods,
      watching([pod("a")], (_, end) => {
        times.push(performance.now());
        end();
      }),
    );
    await start();
    await expect.poll(() => times.length).toBeGreaterThan(4);
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    // A quarter of a second, less the quarter of it that chance may take.
    expect(Math.min(...waits)).toBeGreaterThan(150);
  });

  it("ends with its signal, and leaves no connection", async () => {
    fake.paths.set(
      PATHS.pods,
      watching([pod("a")], () => undefined),
    );
    await start();
    await expect.poll(names).toEqual(["a"]);
    ended.abort();
    await following;
    expect(parts.pods.gap).toBeUndefined();
  });

  it("of a kind that a cluster need not have is no gap where it is missing", async () => {
    fake.paths.delete(PATHS.routes);
    fake.paths.set(PATHS.pods, list([]));
    await start();
    await expect.poll(() => fake.requests.some(({ path }) => path === PATHS.routes)).toBe(true);
    expect(parts.routes.gap).toBeUndefined();
  });
});
