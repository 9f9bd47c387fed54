import { requireChange } from "../access/authorize.ts";
import type { Principal } from "../access/principal.ts";
import type { RateLimiter } from "../access/rate-limiter.ts";
import type { ArchiveWriter } from "../archive/port.ts";
import { ServiceError } from "../errors.ts";
import type { Batch } from "../ingest/batch.ts";
import { MCP_LIMITS } from "../limits.ts";
import type { Metrics, Protocol } from "../observe/metrics.ts";
import type { NormalizeContext } from "../record/normalize.ts";
import type { Redactor } from "../record/redact.ts";

export interface DirectStoreDeps {
  /** Undefined where the tenant has no archive. */
  readonly archive: Pick<ArchiveWriter, "storeDirectly"> | undefined;
  readonly limiter: RateLimiter;
  readonly redactor: Redactor;
  readonly metrics: Metrics;
}

/** Storing a batch in the archive and not in the hot store: all of it in one transaction, or nothing. */
export class DirectStore {
  readonly #deps: DirectStoreDeps;

  constructor(deps: DirectStoreDeps) {
    this.#deps = deps;
  }

  /**
   * For a caller that may write.
   * @param bytes Size of the body, for the rate and the metrics.
   * @param idempotencyKey Of the caller's own: a batch that comes again under it, within an hour, is stored once.
   * @returns The records' ids, in order, once the next search finds them.
   * @throws ServiceError NL_ARCHIVE_OFF, or NL_BATCH_REJECTED, naming each record that is not valid: nothing is stored.
   */
  async store(
    principal: Principal,
    { namespace }: Pick<NormalizeContext, "namespace">,
    batch: Batch,
    protocol: Protocol,
    bytes: number,
    idempotencyKey?: string,
  ): Promise<readonly string[]> {
    const { limiter, redactor, metrics } = this.#deps;
    requireChange(principal, namespace);
    const archive = this.#archive();
    if (batch.size > MCP_LIMITS.logRecords) {
      throw new ServiceError(
        "NL_BATCH_TOO_LONG",
        `A batch for the archive has at most ${MCP_LIMITS.logRecords} records; nothing of it was stored`,
      );
    }
    limiter.charge(principal.name, batch.size, bytes);
    refuseInvalid(batch, namespace);
    const started = performance.now();
    const clean = batch.records.map((record) => redactor.apply(record));
    const ids = await archive.storeDirectly(namespace, clean, {
      // Callers' own keys must not meet.
      idempotencyKey: idempotencyKey && `${principal.name} ${idempotencyKey}`,
    });
    const seconds = (performance.now() - started) / 1000;
    metrics.stored(protocol, [[namespace, clean.length]], bytes, seconds);
    return ids;
  }

  #archive(): Pick<ArchiveWriter, "storeDirectly"> {
    const { archive } = this.#deps;
    if (archive !== undefined) return archive;
    throw new ServiceError(
      "NL_ARCHIVE_OFF",
      "The tenant has no archive to store a batch in: write it the usual way, or turn on `archive` in the tenant's record",
    );
  }
}

/** One transaction has one namespace, so a record that names another is as little valid as a bad time. */
function refuseInvalid({ records, places, rejected, size }: Batch, namespace: string): void {
  const elsewhere = records.flatMap((record, at) =>
    record.namespace === namespace
      ? []
      : [
          {
            index: places[at] ?? at,
            code: "NL_RECORD_NAMESPACE",
            message: `the whole batch goes to the namespace ${namespace}`,
          },
        ],
  );
  const all = [...rejected, ...elsewhere].sort((a, b) => a.index - b.index);
  if (all.length === 0 && size > 0) return;
  if (size === 0) throw new ServiceError("NL_BODY_EMPTY");
  const shown = all.slice(0, 10).map(({ index, code, message }) => `${index}: ${code}: ${message}`);
  const more = all.length > shown.length ? [`and ${all.length - shown.length} more`] : [];
  throw new ServiceError(
    "NL_BATCH_REJECTED",
    `Nothing was stored: ${all.length} of ${size} records are not valid\n${[...shown, ...more].join("\n")}`,
    { details: { rejected: all.slice(0, 100) } },
  );
}
