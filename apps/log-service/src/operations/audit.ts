import { AUDIT_NAMESPACE, type Principal } from "../access/principal.ts";
import { TokenBucket } from "../access/token-bucket.ts";
import { ServiceError, type ErrorCode } from "../errors.ts";
import { isRejection, normalize } from "../record/normalize.ts";
import type { JsonValue } from "../record/record.ts";
import { currentTrace } from "../observe/trace.ts";
import type { LogStore } from "../store/port.ts";

/** One call of an administrator, before it is known how it ends. */
export interface AuditedCall {
  readonly principal: Principal;
  /** What: `keys.revoke`, `levels.set`, `logs.clear`. */
  readonly action: string;
  /** With what; never a secret. */
  readonly details: { readonly [name: string]: JsonValue };
  /** From where, as the connection shows it. */
  readonly address: string;
  /** From where, as proxies say it. Anybody can say anything there. */
  readonly forwardedFor?: string | undefined;
}

export interface AuditorDeps {
  readonly store: Pick<LogStore, "append">;
  /** The service's own log, which has every call also when the store is away. */
  readonly report: (entry: object, message: string, failed: boolean) => void;
  readonly now?: () => number;
}

/** How many refused calls a second are stored: somebody without the role must not fill the audit. */
const REFUSED_PER_SECOND = 1;

/** Writes down what administrators do: who, what, when, from where, and how it ended. */
export class Auditor {
  readonly #deps: AuditorDeps;
  readonly #refused = new TokenBucket(REFUSED_PER_SECOND, performance.now());

  constructor(deps: AuditorDeps) {
    this.#deps = deps;
  }

  /**
   * Does something and writes down how it ended, before the caller hears of it.
   * @param told What of the result belongs into the account.
   */
  async run<T>(
    call: AuditedCall,
    work: () => Promise<T>,
    told: (result: T) => AuditedCall["details"] = () => ({}),
  ): Promise<T> {
    let result: T;
    try {
      result = await work();
    } catch (error) {
      await this.#write(call, error instanceof ServiceError ? error.code : "NL_INTERNAL", {});
      throw error;
    }
    await this.#write(call, "ok", told(result));
    return result;
  }

  /** Writes down that somebody who may not administer tried to. */
  refused(call: AuditedCall, code: ErrorCode): void {
    const now = performance.now();
    if (this.#refused.waitMs(now) > 0) return;
    this.#refused.charge(1, now);
    void this.#write(call, code, {});
  }

  async #write(
    { principal, action, details, address, forwardedFor }: AuditedCall,
    outcome: "ok" | ErrorCode,
    result: AuditedCall["details"],
  ): Promise<void> {
    const failed = outcome !== "ok";
    const message = `${principal.name} ${failed ? "could not do" : "did"} ${action}`;
    const metadata = {
      action,
      by: principal.name,
      outcome,
      from: address,
      ...(forwardedFor === undefined ? {} : { forwarded_for: forwardedFor.slice(0, 256) }),
      details,
      ...result,
    };
    const trace_id = currentTrace()?.id;
    this.#deps.report(
      trace_id === undefined ? metadata : { ...metadata, trace_id },
      message,
      failed,
    );
    const received = (this.#deps.now ?? Date.now)();
    const record = normalize(
      {
        level: failed ? "WARN" : "INFO",
        source: "neurallog",
        message,
        tags: ["audit"],
        metadata,
        trace_id,
      },
      { namespace: AUDIT_NAMESPACE, received },
    );
    try {
      if (isRejection(record)) throw new ServiceError("NL_INTERNAL", record.message);
      await this.#deps.store.append([record]);
    } catch (error) {
      // What was done is done: the service's own log has the entry above.
      const code = error instanceof ServiceError ? error.code : "NL_INTERNAL";
      this.#deps.report({ action, code }, "An audit record could not be stored", true);
    }
  }
}
