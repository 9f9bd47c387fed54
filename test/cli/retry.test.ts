import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { run } from "./run.ts";

type Answer = (
  records: unknown[],
  call: number,
) => { status: number; body: unknown; retryAfter?: string };

/** A service that answers as a test wants: only for answers that a real one cannot be made to give at will. */
let stop = () => {};
afterEach(() => stop());

async function serviceThat(answer: Answer): Promise<{ url: string; calls: () => number }> {
  let calls = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const records: unknown = JSON.parse((await buffer(request)).toString() || "[]");
    const { status, body, retryAfter } = answer(
      Array.isArray(records) ? records : [records],
      ++calls,
    );
    response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
  const server = createServer((request, response) => void handle(request, response));
  stop = () => void server.close();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    calls: () => calls,
  };
}

const taken = (records: unknown[]) => ({
  status: 200,
  body: { accepted: records.length, rejected: [], ids: records.map((_, at) => `1-${at}`) },
});
const refused = (status: number, code: string, retryAfter?: string) => ({
  status,
  body: { error: { code, message: "later" } },
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

describe("a service that is busy", () => {
  it.each([429, 503])(
    "is asked again after %d, and every record is stored once",
    async (status) => {
      const service = await serviceThat((records, call) =>
        call < 3 ? refused(status, "NL_BUSY", "0") : taken(records),
      );
      const { exit, out, err } = await run(["log", "--json"], { url: service.url }, "a\nb\n");
      expect(exit).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ accepted: 2, rejected: [] });
      // Why it takes long is said, and said once.
      expect(err.split(`(${status})`).length).toBe(2);
      expect(service.calls()).toBe(3);
    },
  );

  it("that asks for more patience than a person has ends with 3 and names the first line that is not stored", async () => {
    const service = await serviceThat((records, call) =>
      call === 1 ? taken(records) : refused(503, "NL_STORE_FULL", "3600"),
    );
    const { exit, err } = await run(["log"], { url: service.url }, "x\n".repeat(2_500));
    expect(exit).toBe(3);
    expect(err).toContain("not sent from standard input line 1001 on, 1,000 stored before it");
    expect(err).toContain("NL_STORE_FULL");
  });
});

describe("an answer that is no log service's", () => {
  it.each([200, 404, 502])("with status %d is no success", async (status) => {
    const service = await serviceThat(() => ({ status, body: "<html>hello</html>" }));
    const { exit, err } = await run(["log", "hello"], { url: service.url });
    expect([2, 3, 4]).toContain(exit);
    expect(err).toContain("is the address right?");
  });
});
