import { Pool, type PoolClient } from "pg";

import type { ArchiveAddress } from "../address.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import { configOf, LateError, type Settings } from "./connect.ts";
import { unavailable } from "./failure.ts";

/** A connection for as long as it is not given back. */
export interface Lent {
  readonly client: PoolClient;
  /** @param broken The connection is of no use any more. */
  giveBack(broken?: Error): void;
}

export interface ConnectionsOptions {
  /** Who comes when as many are lent waits. */
  readonly most: number;
  /** Statements are sent without waiting for the answers before them; none may be a COPY. */
  readonly pipeline?: boolean;
}

/**
 * Some connections of one role. Who finds all of them lent waits for longer than making one may take:
 * a pool alone has one limit for both, and would take a busy database for one that is away.
 */
export class Connections {
  readonly #pool: Pool;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(address: ArchiveAddress, settings: Settings, options: ConnectionsOptions) {
    const { most, pipeline = false } = options;
    this.#free = most;
    this.#pool = new Pool({
      ...configOf(address, settings),
      pipeline,
      max: most,
      idleTimeoutMillis: POSTGRES_LIMITS.idleMs,
      allowExitOnIdle: true,
    });
    // Without a listener the end of an idle connection would end the process.
    this.#pool.on("error", () => undefined);
  }

  /** @throws ServiceError NL_ARCHIVE_UNAVAILABLE */
  async borrow(): Promise<Lent> {
    await this.#turn();
    try {
      const client = await this.#pool.connect();
      if (client.listenerCount("error") === 0) client.on("error", () => undefined);
      const giveBack = (broken?: Error): void => {
        client.release(broken);
        // A pipeline would wait for the answers under way, of a server that may never give them.
        if (broken instanceof LateError) client.connection.stream.destroy();
        this.#next();
      };
      return { client, giveBack };
    } catch (error) {
      this.#next();
      throw unavailable(error);
    }
  }

  /** Runs `work` on a connection, which is not used again if that fails. */
  async with<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const { client, giveBack } = await this.borrow();
    let broken: Error | undefined;
    try {
      return await work(client);
    } catch (error) {
      broken = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      giveBack(broken);
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  #turn(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        reject(unavailable(new Error("all connections to the database are busy")));
      }, POSTGRES_LIMITS.waitMs);
      this.#waiting.push(begin);
    });
  }

  #next(): void {
    const begin = this.#waiting.shift();
    if (begin === undefined) this.#free += 1;
    else begin();
  }
}
