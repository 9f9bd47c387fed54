import { WORK_LIMITS } from "../../../limits.ts";
import type { RedisContext } from "../context.ts";
import type { Lane } from "../keys.ts";
import { runScript } from "../script.ts";
import { GIVE_LEASE, TAKE_LEASE } from "./scripts.ts";

/** One process's part in a lane's lease; docs/block-layout.md tells what it promises. */
export class LaneLease {
  readonly #context: RedisContext;
  readonly #lane: Lane;
  readonly #holder: string;
  #token: string | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(context: RedisContext, lane: Lane, holder: string) {
    this.#context = context;
    this.#lane = lane;
    this.#holder = holder;
  }

  get held(): boolean {
    return this.#token !== undefined;
  }

  /** The fencing token, the lease renewed where it is time; undefined while another holds it. */
  async take(): Promise<string | undefined> {
    // By this process's steady clock. If it is wrong all the same, the token is what protects.
    if (this.#token !== undefined && performance.now() - this.#askedAt < WORK_LIMITS.leaseMs / 3) {
      return this.#token;
    }
    const askedAt = performance.now();
    const args = [this.#lane.keys.lease, this.#holder, WORK_LIMITS.leaseMs];
    const token = Number(await runScript(this.#context.writes, TAKE_LEASE, args));
    this.#askedAt = askedAt;
    this.#token = token === 0 ? undefined : String(token);
    return this.#token;
  }

  /** The server has refused the token. */
  lost(): void {
    this.#token = undefined;
  }

  async give(): Promise<void> {
    if (this.#token === undefined) return;
    this.#token = undefined;
    await runScript(this.#context.writes, GIVE_LEASE, [this.#lane.keys.lease, this.#holder]);
  }
}
