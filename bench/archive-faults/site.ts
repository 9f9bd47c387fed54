import { fileURLToPath } from "node:url";

import { freePort } from "../../tools/port.ts";
import { startVictim, type Victim } from "../faults/victims.ts";
import { serviceEnvironment, writeAccess } from "../ingest/subjects.ts";
import { startArchiveStores } from "../support/archive-stores.ts";

/** A service with work inside, its Redis and its archive. */
export interface ArchiveSite {
  readonly url: string;
  readonly service: Pick<Victim, "kill">;
  readonly database: Pick<Victim, "kill">;
  /** Each archived record's message; one that is there twice comes twice. */
  archived(): Promise<readonly string[]>;
  end(): Promise<void>;
}

const MAIN = fileURLToPath(new URL("../../apps/log-service/src/main.ts", import.meta.url));

export async function startArchiveSite(folder: string): Promise<ArchiveSite> {
  writeAccess(folder);
  const stores = await startArchiveStores(folder);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const service = await startVictim(
    "the service",
    process.execPath,
    [MAIN, "serve"],
    { ...serviceEnvironment(folder, port, stores.redisUrl), ...stores.environment },
    async () => (await fetch(`${url}/health/ready`)).ok,
  );
  return {
    url,
    service,
    database: stores.database,
    archived: async () => {
      const rows = await stores.query("SELECT message FROM neurallog.logs");
      return rows.map(({ message }) => String(message));
    },
    end: async () => {
      await service.end();
      await stores.end();
    },
  };
}
