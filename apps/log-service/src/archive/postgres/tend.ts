import type { ArchiveAddress } from "../address.ts";
import { wantedDays } from "../days.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import type { ArchivePolicy, Tended } from "../port.ts";
import { withConnection } from "./connect.ts";
import { dropLeaving, dropOld, finishDetaching } from "./drop-days.ts";
import { forgetDirect } from "./forget.ts";
import { indexWords, makeDays, settleIndexes } from "./make-days.ts";
import { Steps } from "./steps.ts";

/** Makes tables for the days to come, and drops those that are too old. */
export function tendArchive(
  owner: ArchiveAddress,
  policy: ArchivePolicy,
  nowMs: number,
  fullText: boolean,
  signal: AbortSignal,
): Promise<Tended> {
  const settings = {
    lock_timeout: POSTGRES_LIMITS.lockMs,
    statement_timeout: POSTGRES_LIMITS.maintainMs,
  };
  return withConnection(owner, settings, signal, async (client) => {
    const steps = new Steps();
    // What an earlier time has begun: its tables would be in the way.
    await steps.try(() => finishDetaching(client));
    const dropped = await dropLeaving(client, steps);
    const days = await makeDays(client, wantedDays(policy.ageMs, nowMs), fullText, steps);
    if (fullText) await steps.try(() => indexWords(client, days.all, nowMs));
    await steps.try(() => settleIndexes(client, days.all, nowMs));
    dropped.push(...(await dropOld(client, policy, nowMs, days.all, steps)));
    await steps.try(() => forgetDirect(client));
    return { made: days.made, dropped, troubles: steps.troubles };
  });
}
