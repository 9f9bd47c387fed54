import type { Redis } from "ioredis";

import { STORE_LIMITS } from "../../limits.ts";
import { laneField, LANES_KEY, namespaceOfField } from "./keys.ts";
import { runScript } from "./script.ts";
import { NUMBER_LANE } from "./scripts.ts";

/** Which lanes there are and what numbers they have, as far as this process has asked. */
export class LaneNumbers {
  readonly #known = new Map<string, number>();

  /** The number of a namespace's lane, which is given one if it has none. */
  async assign(client: Redis, namespace: string): Promise<number> {
    const known = this.#known.get(namespace);
    if (known !== undefined) return known;
    const args = [LANES_KEY, laneField(namespace), STORE_LIMITS.namespaces];
    const number = Number(await runScript(client, NUMBER_LANE, args));
    this.#known.set(namespace, number);
    return number;
  }

  /** The lanes of those namespaces that were ever written to. */
  async find(client: Redis, namespaces: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const missing = namespaces.filter((namespace) => !this.#known.has(namespace));
    if (missing.length > 0) {
      const numbers = await client.hmget(LANES_KEY, ...missing.map(laneField));
      missing.forEach((namespace, index) => {
        const number = numbers[index];
        if (typeof number === "string") this.#known.set(namespace, Number(number));
      });
    }
    return new Map(
      namespaces.flatMap((namespace): [string, number][] => {
        const number = this.#known.get(namespace);
        return number === undefined ? [] : [[namespace, number]];
      }),
    );
  }

  async all(client: Redis): Promise<ReadonlyMap<string, number>> {
    for (const [field, number] of Object.entries(await client.hgetall(LANES_KEY))) {
      this.#known.set(namespaceOfField(field), Number(number));
    }
    return new Map(this.#known);
  }

  /** After a restart the server may know less than it did. */
  forget(): void {
    this.#known.clear();
  }
}
