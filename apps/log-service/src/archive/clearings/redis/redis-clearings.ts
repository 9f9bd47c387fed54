import { ServiceError } from "../../../errors.ts";
import { CLEARING_LIMITS } from "../../limits.ts";
import type { Tombstone } from "../../../store/port.ts";
import { connect, untilReady, type RedisAddress } from "../../../store/redis/connection.ts";
import { translated } from "../../../store/redis/failure.ts";
import { runScript } from "../../../store/redis/script.ts";
import { inOrder } from "../order.ts";
import type { PendingClearings } from "../port.ts";
import { ADD } from "./scripts.ts";

/** A hash: each clearing as JSON by its id; one that was only begun behind a mark, which no id has. */
const CLEARINGS_KEY = "nl:clearings";
const BEGUN = "~";

/** Clearings in the hot store's Redis, and so as durable as what they clear. */
export function createRedisClearings(address: RedisAddress): PendingClearings {
  const client = connect(address, "neurallog-clearings");

  const ask = async <T>(send: () => Promise<T>): Promise<T> => {
    // Whoever asks right after a start need not fail for a connection that is on its way.
    await untilReady(client, CLEARING_LIMITS.connectMs);
    return translated(send());
  };

  /** @param place The field whose place it takes. */
  const keep = (field: string, kept: Tombstone, place = ""): Promise<void> =>
    ask(async () => {
      const args = [CLEARINGS_KEY, field, JSON.stringify(kept), CLEARING_LIMITS.pending, place];
      try {
        await runScript(client, ADD, args);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith("CLEARINGS "))) throw error;
        throw new ServiceError("NL_CLEAR_LIMIT", undefined, {
          retryAfterSeconds: 60,
          cause: error,
        });
      }
    });

  const read = (isBegun: boolean): Promise<readonly Tombstone[]> =>
    ask(async () => {
      const fields = Object.entries(await client.hgetall(CLEARINGS_KEY));
      return inOrder(
        fields
          .filter(([field]) => field.startsWith(BEGUN) === isBegun)
          .map(([, value]) => readTombstone(value)),
      );
    });

  return {
    begin: (intended) => keep(BEGUN + intended.id, intended),
    begun: () => read(true),
    add: (added, begun) => keep(added.id, added, begun === undefined ? "" : BEGUN + begun),
    list: () => read(false),
    done: async (ids) => {
      const fields = ids.flatMap((id) => [id, BEGUN + id]);
      if (fields.length > 0) await ask(() => client.hdel(CLEARINGS_KEY, ...fields));
    },
    close: () => client.disconnect(),
  };
}

/** Never silently passed over: what it covers would be seen again. */
function readTombstone(text: string): Tombstone {
  const value: unknown = JSON.parse(text);
  const fields = new Map(Object.entries(value ?? {}));
  const read = <T>(name: string, is: (found: unknown) => found is T): T => {
    const found: unknown = fields.get(name);
    if (!is(found)) throw new RangeError(`a clearing of the archive has no ${name}`);
    return found;
  };
  return {
    id: read("id", isText),
    namespace: read("namespace", isText),
    filter: read("filter", isText),
    fromMs: read("fromMs", isTimeOrNone),
    toMs: read("toMs", isTimeOrNone),
    upTo: read("upTo", isTexts),
    createdMs: read("createdMs", isTime),
    by: read("by", isText),
  };
}

const isText = (found: unknown): found is string => typeof found === "string";
const isTime = (found: unknown): found is number => typeof found === "number";
const isTimeOrNone = (found: unknown): found is number | undefined =>
  found === undefined || isTime(found);
const isTexts = (found: unknown): found is string[] => Array.isArray(found) && found.every(isText);
