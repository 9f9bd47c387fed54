import { ServiceError } from "../../errors.ts";
import { SETTINGS_LIMITS } from "../../limits.ts";
import { connect, untilReady, type RedisAddress } from "../../store/redis/connection.ts";
import { translated } from "../../store/redis/failure.ts";
import { runScript } from "../../store/redis/script.ts";
import type { Settings, SettingsStore } from "../port.ts";
import { Waiters } from "../waiters.ts";
import { PUT } from "./scripts.ts";

/** A hash: field `version`, and each entry by its key with this before it. */
const SETTINGS_KEY = "nl:settings";
const ENTRY = "e:";

/**
 * Settings in Redis, on a connection of their own: a login must not wait behind a batch. Followed by
 * asking for the version: what pub/sub says while a connection is away is never said again.
 */
export function createRedisSettings(address: RedisAddress): SettingsStore {
  const client = connect(address, "neurallog-settings");
  const waiters = new Waiters();
  let current: Settings | undefined;
  let asking: Promise<Settings> | undefined;

  const take = (fields: unknown): Settings => {
    const next = settingsOf(fields);
    const same = next.version === current?.version;
    if (!same) {
      current = next;
      waiters.wake();
    }
    return current ?? next;
  };
  const ask = async (): Promise<Settings> => {
    const version = await client.hget(SETTINGS_KEY, "version");
    if (current !== undefined && Number(version ?? 0) === current.version) return current;
    return take(Object.entries(await client.hgetall(SETTINGS_KEY)).flat());
  };
  const refresh = (): Promise<Settings> => {
    asking ??= translated(ask()).finally(() => {
      asking = undefined;
    });
    return asking;
  };

  const timer = setInterval(() => {
    refresh().catch(() => undefined);
  }, SETTINGS_LIMITS.followMs);
  timer.unref();
  // At once after a start and after an outage, which may have hidden changes.
  client.on("ready", () => void refresh().catch(() => undefined));

  return {
    get current() {
      return current;
    },
    read: async () => {
      if (current !== undefined) return current;
      await untilReady(client, SETTINGS_LIMITS.firstReadMs);
      return refresh();
    },
    put: async (key, value) => {
      const args = [
        SETTINGS_KEY,
        ENTRY + key,
        value === undefined ? "0" : "1",
        value ?? "",
        // The version is a field too.
        SETTINGS_LIMITS.entries + 1,
      ];
      const put = runScript(client, PUT, args).catch((error: unknown) => {
        if (error instanceof Error && error.message.startsWith("SETTINGS ")) {
          throw new ServiceError("NL_SETTINGS_FULL", undefined, { cause: error });
        }
        throw error;
      });
      return take(await translated(put));
    },
    changed: (ms, signal) => waiters.wait(ms, signal),
    close: () => {
      clearInterval(timer);
      client.disconnect();
      waiters.wake();
    },
  };
}

/** @param fields Names and values in turn, as HGETALL answers. */
function settingsOf(fields: unknown): Settings {
  if (!Array.isArray(fields)) throw new TypeError("the settings are not a list");
  const entries = new Map<string, string>();
  let version = 0;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = String(fields[at]);
    const value = String(fields[at + 1]);
    if (name === "version") version = Number(value);
    else if (name.startsWith(ENTRY)) entries.set(name.slice(ENTRY.length), value);
  }
  return { version, entries };
}
