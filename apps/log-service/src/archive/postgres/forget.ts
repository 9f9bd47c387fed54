import type { Client } from "pg";

import { POSTGRES_LIMITS } from "../limits.ts";
import { run } from "./connect.ts";

/** Takes out what is of no more use of what was stored directly. */
export async function forgetDirect(client: Client): Promise<void> {
  await run(client, {
    // By the database's own clock, as they were written.
    text: `DELETE FROM neurallog.direct_batches
      WHERE stored_at < now() - make_interval(secs => $1::double precision)`,
    values: [POSTGRES_LIMITS.keysMs / 1_000],
  });
}
