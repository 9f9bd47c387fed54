import { ARCHIVED_QUERY_LIMITS } from "../../../archive/limits.ts";
import type { ArchiveStats } from "../../../archive/port.ts";
import { ServiceError } from "../../../errors.ts";
import { lanePrefix } from "../../../store/position.ts";
import type { Task } from "../task.ts";
import type { ArchivedLanes, Probe } from "./probe.ts";
import type { ArchiveSources } from "./sources.ts";

/** All questions of one thread ask the archive here. */
export class ArchiveDesk {
  readonly sources: ArchiveSources;
  /** What the last probe told: lanes only go on, and none goes away. */
  known: ArchivedLanes = new Map();
  #running: Promise<Probe> | undefined;
  #next: Promise<Probe> | undefined;
  #restDeadline = 0;
  #latesInARow = 0;
  #stats: { readonly at: number; readonly read: Promise<ArchiveStats> } | undefined;

  constructor(sources: ArchiveSources) {
    this.sources = sources;
  }

  /**
   * How far the archive is, asked after this call: what was stored before it, by any process, is in.
   * @throws ServiceError NL_ARCHIVE_UNAVAILABLE soon, if it is away.
   */
  probe(): Promise<Probe> {
    if (performance.now() < this.#restDeadline) return Promise.reject(away());
    if (this.#running === undefined) return this.#start();
    // The running one may have been answered already: those who come meanwhile share the one after it.
    const start = () => this.#start();
    this.#next ??= this.#running.then(start, start);
    return this.#next;
  }

  /**
   * One call of the archive, ended when it takes too long or nobody waits for it.
   * @throws ServiceError NL_ARCHIVE_UNAVAILABLE; CancelledError when nobody waits.
   */
  async call<T>(task: Task, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const { promise: ended, reject } = Promise.withResolvers<never>();
    ended.catch(() => undefined);
    const end = (reason: unknown): void => {
      controller.abort(reason);
      reject(reason);
    };
    const late = setTimeout(() => {
      this.#latesInARow += 1;
      if (this.#latesInARow >= ARCHIVED_QUERY_LIMITS.latesInARow) this.#rest();
      end(away("The archive takes too long"));
    }, ms);
    const looking = setInterval(() => {
      try {
        task.check();
      } catch (error) {
        end(error);
      }
    }, ARCHIVED_QUERY_LIMITS.lookMs);
    try {
      const answer = await Promise.race([work(controller.signal), ended]);
      this.#latesInARow = 0;
      return answer;
    } catch (error) {
      task.check();
      throw error instanceof ServiceError ? error : away(undefined, error);
    } finally {
      clearTimeout(late);
      clearInterval(looking);
    }
  }

  /**
   * The namespaces that the archive has, all of them, and what they hold, as it was a moment ago.
   * @throws ServiceError NL_ARCHIVE_UNAVAILABLE soon, if it is away.
   */
  async holdings(): Promise<ArchiveStats["namespaces"]> {
    const [{ lanes }, { namespaces }] = await Promise.all([this.probe(), this.#held()]);
    const held = new Map(namespaces.map((each) => [each.name, each]));
    const names = new Set([...lanes.values()].map(({ namespace }) => namespace));
    return [...names].map(
      (name) => held.get(name) ?? { name, records: 0, oldestMs: undefined, newestMs: undefined },
    );
  }

  #held(): Promise<ArchiveStats> {
    const now = performance.now();
    if (this.#stats === undefined || now - this.#stats.at > ARCHIVED_QUERY_LIMITS.statsMs) {
      const read = within(this.sources.reader.stats(), ARCHIVED_QUERY_LIMITS.readMs);
      this.#stats = { at: now, read };
      read.catch(() => {
        this.#stats = undefined;
      });
    }
    return this.#stats.read;
  }

  #start(): Promise<Probe> {
    this.#next = undefined;
    const running = this.#ask().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #ask(): Promise<Probe> {
    const { reader, clearings } = this.sources;
    try {
      const asked = Promise.all([reader.positions(), clearings.list()]);
      const [positions, pending] = await within(asked, ARCHIVED_QUERY_LIMITS.probeMs);
      this.known = new Map(positions.map((lane) => [lanePrefix(lane.position), lane]));
      return { lanes: this.known, clearings: pending };
    } catch (error) {
      this.#rest();
      throw error;
    }
  }

  /** Nobody asks for a while. */
  #rest(): void {
    this.#restDeadline = performance.now() + ARCHIVED_QUERY_LIMITS.restMs;
  }
}

/** @throws ServiceError NL_ARCHIVE_UNAVAILABLE if it takes longer, or fails in a way of its own. */
async function within<T>(asked: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(away()), ms);
  try {
    return await Promise.race([asked, late]);
  } catch (error) {
    throw error instanceof ServiceError ? error : away(undefined, error);
  } finally {
    clearTimeout(timer);
  }
}

function away(message?: string, cause?: unknown): ServiceError {
  return new ServiceError("NL_ARCHIVE_UNAVAILABLE", message, { cause });
}
