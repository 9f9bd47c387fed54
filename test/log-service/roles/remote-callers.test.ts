import { describe, expect, test } from "vitest";

import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { MCP_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { RemoteLogApi } from "../../../apps/log-service/src/mcp/remote.ts";
import { RemoteCallers } from "../../../apps/log-service/src/roles/remote-callers.ts";

const api = new RemoteLogApi("http://127.0.0.1:1", "nlk_test");

/** A log service that says what it is told to, and whom it was asked about. */
function site() {
  const asked: string[] = [];
  const state = { answer: async () => undefined as void, now: 0 };
  const callers = new RemoteCallers({
    identify: async (key) => {
      asked.push(key);
      await state.answer();
      return { name: key, api, recheck: async () => undefined };
    },
    now: () => state.now,
  });
  return { asked, state, callers };
}
const refuse = async () => {
  throw new ServiceError("NL_UNAUTHENTICATED");
};
const away = async () => {
  throw new ServiceError("NL_STORE_UNAVAILABLE");
};

describe("whom an endpoint's callers are", () => {
  test("is asked once for each key, and again when some time has passed", async () => {
    const { asked, state, callers } = site();
    await Promise.all([callers.who("a"), callers.who("a"), callers.who("b")]);
    expect((await callers.who("a")).name).toBe("a");
    expect(asked).toEqual(["a", "b"]);
    state.now = MCP_LIMITS.remoteRecheckMs;
    await callers.who("a");
    expect(asked).toEqual(["a", "b", "a"]);
  });

  test("is not known of a key that the log service refuses, from then on", async () => {
    const { asked, state, callers } = site();
    await callers.who("a");
    state.now = MCP_LIMITS.remoteRecheckMs;
    state.answer = refuse;
    await expect(callers.who("a")).rejects.toMatchObject({ code: "NL_UNAUTHENTICATED" });
    await expect(callers.who("a")).rejects.toMatchObject({ code: "NL_UNAUTHENTICATED" });
    state.answer = away;
    await expect(callers.who("a")).rejects.toMatchObject({ code: "NL_STORE_UNAVAILABLE" });
    expect(asked).toHaveLength(4);
  });

  test("stays known while the log service cannot be asked", async () => {
    const { state, callers } = site();
    await callers.who("a");
    state.now = MCP_LIMITS.remoteRecheckMs;
    state.answer = away;
    expect((await callers.who("a")).name).toBe("a");
    await expect(callers.who("b")).rejects.toMatchObject({ code: "NL_STORE_UNAVAILABLE" });
  });

  test("attack: a flood of invented keys asks the log service about some at once, and refuses the rest", async () => {
    const { asked, state, callers } = site();
    const { promise, resolve } = Promise.withResolvers<void>();
    state.answer = () => promise;
    const flood = Array.from({ length: 1_000 }, (_, n) => callers.who(`invented ${n}`));
    const codes = Promise.all(
      flood.map((one) => one.then(() => "known").catch(({ code }: ServiceError) => code)),
    );
    expect(asked).toHaveLength(MCP_LIMITS.identifications);
    resolve();
    const counted = await codes;
    expect(counted.filter((code) => code === "NL_QUERY_BUSY")).toHaveLength(
      1_000 - MCP_LIMITS.identifications,
    );
    expect((await callers.who("late")).name).toBe("late");
  });

  test("attack: no number of keys fills the memory: the longest known are forgotten", async () => {
    const { asked, callers } = site();
    const many = MCP_LIMITS.rememberedCallers + 1;
    for (let n = 0; n < many; n += 1) await callers.who(`${n}`);
    await callers.who("1");
    expect(asked).toHaveLength(many);
    await callers.who("0");
    expect(asked).toHaveLength(many + 1);
  });
});
