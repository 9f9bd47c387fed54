/** What a call does on its connection. @param before Over once what was called before it has ended; fails as that does. */
type Work<Client, Result> = (client: Client, before: Promise<unknown>) => Promise<Result>;

/**
 * Two connections that are used by turns, so that a call can begin while the one before is still under way: one
 * server process fills one core. Calls on them end in the order in which they were made.
 */
export class Pair<Client> {
  readonly #clients: readonly [Client, Client];
  /** Over when a connection is free. */
  readonly #free: [Promise<unknown>, Promise<unknown>] = [Promise.resolve(), Promise.resolve()];
  #turn: 0 | 1 = 0;
  #last: Promise<unknown> = Promise.resolve();
  #underWay = 0;

  constructor(clients: readonly [Client, Client]) {
    this.#clients = clients;
  }

  /** Work that may begin before the one before it has ended, and ends behind it. */
  next<Result>(work: Work<Client, Result>): Promise<Result> {
    const at = this.#turn;
    this.#turn = at === 0 ? 1 : 0;
    const before = this.#last;
    const result = this.#free[at].then(() => work(this.#clients[at], before));
    this.#free[at] = this.#follow(result);
    return result;
  }

  /** Work beside which there is none. */
  alone<Result>(work: Work<Client, Result>): Promise<Result> {
    const result = Promise.all(this.#free).then(() => work(this.#clients[0], Promise.resolve()));
    const over = this.#follow(result);
    this.#free[0] = over;
    this.#free[1] = over;
    return result;
  }

  /** A failure is that of what was begun behind it too, and of nothing that comes later. */
  #follow(result: Promise<unknown>): Promise<void> {
    this.#underWay += 1;
    this.#last = result;
    // Before whoever called learns of it: what is called then is not behind it any more.
    const over = (): void => {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#last = Promise.resolve();
    };
    return result.then(over, over);
  }
}
