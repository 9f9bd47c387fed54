import type { TendTrouble } from "../port.ts";
import { reasonOf, sqlState } from "./failure.ts";

/** What is done one after the other, and goes on where the server refuses a part. */
export class Steps {
  readonly troubles: TendTrouble[] = [];

  /** @throws Whatever is not the server's word: then nobody answers any more. */
  async try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (sqlState(error) === "") throw error;
      this.troubles.push({ kind: "tending", reason: reasonOf(error) });
    }
  }
}
