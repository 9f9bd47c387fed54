import { setTimeout as sleep } from "node:timers/promises";

import { NeuralLogClient } from "@neurallog/client";

/** Records of one batch, and the pause behind it: a service under attack has to find time for it. */
const BATCH = 10;
const PAUSE_MS = 20;

/** Somebody who writes steadily and asks for the service's health while others attack it. */
export class Neighbour {
  /** Messages by the id that they were acknowledged with. */
  readonly acknowledged = new Map<string, string>();
  /** Whatever went wrong; nothing may. */
  readonly trouble: string[] = [];
  readonly #running: Promise<unknown>;
  #stopped = false;

  constructor(url: string, opsUrl: string, key: string) {
    const client = new NeuralLogClient({ url, key, retries: 0, timeoutMs: 10_000 });
    this.#running = Promise.all([
      this.#repeat((round) => this.#write(client, round)),
      this.#repeat(() => this.#probe(`${opsUrl}/health/live`)),
      this.#repeat(() => this.#probe(`${opsUrl}/health/ready`)),
    ]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #write(client: NeuralLogClient, round: number): Promise<void> {
    const messages = Array.from({ length: BATCH }, (_, at) => `neighbour ${round} ${at}`);
    const { ids } = await client.write(messages.map((message) => ({ message })));
    for (const [at, message] of messages.entries()) {
      const id = ids[at];
      if (typeof id === "string") this.acknowledged.set(id, message);
      else this.trouble.push(`${message} was not acknowledged`);
    }
  }

  async #probe(url: string): Promise<void> {
    const response = await fetch(url);
    await response.body?.cancel();
    if (response.status !== 200) this.trouble.push(`${url} answered ${response.status}`);
  }

  async #repeat(work: (round: number) => Promise<void>): Promise<void> {
    for (let round = 0; !this.#stopped; round += 1) {
      await work(round).catch((error: unknown) => this.trouble.push(String(error)));
      await sleep(PAUSE_MS);
    }
  }
}
