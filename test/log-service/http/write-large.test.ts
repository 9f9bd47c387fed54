import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { post, startTestService, type TestService } from "./support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    keys: [
      { name: "writer", role: "writer" },
      { name: "other", role: "writer" },
      { name: "reader", role: "reader" },
      { name: "payments", role: "writer", namespaces: ["payments"] },
    ],
  });
});
afterAll(() => service.stop());

const NDJSON = { "content-type": "application/x-ndjson" };
const SIZE = 1_200;

function linesOf(word: string, change: (row: number) => object = () => ({})): string {
  return Array.from({ length: SIZE }, (_, row) =>
    JSON.stringify({ message: `${word} ${row} of user_${row * 7}`, data: { row }, ...change(row) }),
  ).join("\n");
}

/** The answer's part that tests look at. */
function outcome(body: unknown): {
  accepted: number;
  rejected: { index: number; code: string }[];
  ids: (string | null)[];
} {
  return JSON.parse(JSON.stringify(body));
}

describe("a large body", () => {
  test("is stored record by record, with an id for each in order", async () => {
    const { status, body } = await post(service, "writer", linesOf("blue"), NDJSON);
    const { accepted, ids } = outcome(body);
    expect({ status, accepted, ids: new Set(ids).size }).toEqual({
      status: 200,
      accepted: SIZE,
      ids: SIZE,
    });
    const { records } = await service.client("reader").search({ text: "blue 1000 of" });
    expect(records).toMatchObject([{ id: ids[1_000], message: "blue 1000 of user_7000" }]);
  });

  test("has its bad records named and its good ones stored", async () => {
    const text = linesOf("green", (row) => (row % 400 === 7 ? { level: "LOUD" } : {}));
    const { accepted, rejected, ids } = outcome((await post(service, "writer", text, NDJSON)).body);
    expect(accepted).toBe(SIZE - 3);
    expect(rejected.map(({ index }) => index)).toEqual([7, 407, 807]);
    expect(ids.flatMap((id, place) => (id === null ? [place] : []))).toEqual([7, 407, 807]);
  });

  test("attack: a key does not get into a namespace that it does not reach among a thousand others", async () => {
    const text = linesOf("red", (row) => (row === 600 ? { namespace: "orders" } : {}));
    const { accepted, rejected, ids } = outcome(
      (await post(service, "payments", text, NDJSON)).body,
    );
    expect({ accepted, rejected, hidden: ids[600] }).toMatchObject({
      accepted: SIZE - 1,
      rejected: [{ index: 600, code: "NL_RECORD_NAMESPACE_FORBIDDEN" }],
      hidden: null,
    });
  });
});

describe("an Idempotency-Key", () => {
  test.each([
    ["a small", '{"message":"once"}'],
    ["a large", linesOf("once")],
    ["a large one of several namespaces", linesOf("once", (row) => ({ namespace: `n${row % 2}` }))],
  ])("makes %s batch that is sent again the one that was stored", async (name, text) => {
    const headers = { ...NDJSON, "idempotency-key": name.replaceAll(" ", "-") };
    const first = await post(service, "writer", text, headers);
    const again = await post(service, "writer", text, headers);
    expect(first.status).toBe(200);
    expect(again).toMatchObject({ status: 200, body: first.body });
  });

  test("of one caller says nothing of another's", async () => {
    const headers = { ...NDJSON, "idempotency-key": "shared" };
    const first = await post(service, "writer", linesOf("mine"), headers);
    const second = await post(service, "other", linesOf("mine"), headers);
    expect(outcome(second.body).ids[0]).not.toBe(outcome(first.body).ids[0]);
  });

  test.each(["", "a b", "x".repeat(129), "\u00e9"])("that is '%s' is refused", async (value) => {
    const headers = { ...NDJSON, "idempotency-key": value };
    expect(await post(service, "writer", '{"message":"a"}', headers)).toMatchObject({
      status: 400,
      body: { error: { code: "NL_IDEMPOTENCY_KEY" } },
    });
  });
});
