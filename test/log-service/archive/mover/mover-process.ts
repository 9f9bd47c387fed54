import { openMover } from "../../../../apps/log-service/src/roles/moving.ts";
import type { MoverSettings } from "../../../../apps/log-service/src/roles/archive.ts";
import { tombstoneMask } from "../../../../apps/log-service/src/query/engine/tombstones.ts";
import { createRedisStore } from "../../../../apps/log-service/src/store/redis/redis-store.ts";

/** A process that does nothing but move records, to be killed. */
export interface MoverProcessSettings {
  readonly redisUrl: string;
  readonly settings: MoverSettings;
}

const { redisUrl, settings }: MoverProcessSettings = JSON.parse(process.argv[2] ?? "{}");
const address = { url: redisUrl };
const store = createRedisStore(address, { compileTombstone: tombstoneMask });
const mover = await openMover(settings, address, store, () => undefined);
setInterval(() => {
  process.stdout.write(`${mover.stats().moved}\n`);
}, 10);
