import { STORE_LIMITS } from "../../limits.ts";
import type { NamespaceChoice } from "../port.ts";
import { FIRST_LANES_MS } from "../position.ts";
import type { RedisClient } from "./connection.ts";
import { laneKeys, laneOfField, LANES_KEY, type Lane } from "./keys.ts";
import { runScript } from "./script.ts";
import { NUMBER_LANES } from "./scripts.ts";

/**
 * Which lanes there are and what numbers they have. The server's list only grows, so its length
 * tells whether this process has all of it, and any number whether it is still that list.
 */
export class LaneDirectory {
  readonly #client: RedisClient;
  #lanes: ReadonlyMap<string, readonly Lane[]> = new Map();
  #size = 0;
  /** One of its fields, and the number there. */
  #mark: readonly [field: string, number: string] | undefined;

  constructor(client: RedisClient) {
    this.#client = client;
  }

  /** What this process has seen so far; it may lack lanes that another one added. */
  known(namespaces: NamespaceChoice): readonly Lane[] {
    return this.#chosen(namespaces).flatMap((namespace) => this.#lanes.get(namespace) ?? []);
  }

  /** The lanes of those namespaces that were ever written to. */
  async find(namespaces: NamespaceChoice): Promise<readonly Lane[]> {
    await this.#refresh();
    return this.known(namespaces);
  }

  /** All namespaces that were ever written to, in order. */
  async names(): Promise<readonly string[]> {
    await this.#refresh();
    return [...this.#lanes.keys()].sort();
  }

  async all(): Promise<readonly Lane[]> {
    await this.#refresh();
    return [...this.#lanes.values()].flat();
  }

  /** After a restart the server may know less than it did. */
  forget(): void {
    this.#lanes = new Map();
    this.#size = 0;
    this.#mark = undefined;
  }

  #chosen(namespaces: NamespaceChoice): readonly string[] {
    return typeof namespaces === "function"
      ? [...this.#lanes.keys()].filter(namespaces)
      : namespaces;
  }

  async #refresh(): Promise<void> {
    const [field, known] = this.#mark ?? [];
    const [size, number] = await Promise.all([
      this.#client.hlen(LANES_KEY),
      field === undefined ? undefined : this.#client.hget(LANES_KEY, field),
    ]);
    if (size === this.#size && number === known) return;
    const fields = Object.entries(await this.#client.hgetall(LANES_KEY));
    const lanes = fields.flatMap(([field, number]): Lane[] => {
      const name = laneOfField(field);
      return name === undefined ? [] : [{ ...name, number: Number(number), keys: laneKeys(name) }];
    });
    this.#lanes = Map.groupBy(lanes, ({ namespace }) => namespace);
    this.#size = fields.length;
    this.#mark = fields[0];
  }
}

/**
 * A namespace's first lanes, which get numbers if they have none.
 * @throws what `failureOf` reads as NL_NAMESPACE_LIMIT.
 */
export async function assignLanes(
  client: RedisClient,
  namespace: string,
  count: number,
): Promise<readonly Lane[]> {
  const args = [LANES_KEY, namespace, count, STORE_LIMITS.namespaces, FIRST_LANES_MS / 1_000];
  const numbers = await runScript(client, NUMBER_LANES, args);
  if (!Array.isArray(numbers)) throw new TypeError("the lanes' numbers are not a list");
  return numbers.map((number, index) => ({
    namespace,
    index,
    number: Number(number),
    keys: laneKeys({ namespace, index }),
  }));
}
