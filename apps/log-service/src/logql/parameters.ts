import { ServiceError } from "../errors.ts";
import { LOKI_LIMITS } from "../limits.ts";
import { readInstant } from "../record/time.ts";
import { readDuration } from "./syntax/units.ts";
import { MS } from "./time.ts";

const SECOND = 1_000_000_000n;
const HOUR = 3_600n * SECOND;
const LATEST = 9_223_372_036_854_775_807n;

export type Direction = "forward" | "backward";

/** Nanoseconds since the epoch. */
export interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

/** The parameters of one of Loki's calls, read as Loki does. Each may throw NL_PARAMETER_INVALID. */
export class Parameters {
  readonly #values: Readonly<Record<string, readonly string[]>>;
  readonly #now: bigint;

  constructor(values: Readonly<Record<string, readonly string[]>>, nowMs: number) {
    this.#values = values;
    this.#now = BigInt(nowMs) * MS;
  }

  /** "" and nothing are the same, as in Loki. */
  text(name: string): string | undefined {
    return this.#values[name]?.find((value) => value !== "");
  }

  all(...names: readonly string[]): readonly string[] {
    return names.flatMap((name) => this.#values[name] ?? []).filter((value) => value !== "");
  }

  query(): string {
    const query = this.text("query");
    if (query === undefined) throw invalid("parse error : syntax error: unexpected end of query");
    return query;
  }

  time(): bigint {
    return this.#instant("time") ?? this.#now;
  }

  /** An hour back from now, or from `end`, when left out. */
  range(): Range {
    const end = this.#instant("end") ?? this.#now;
    const since = this.text("since");
    const back = since === undefined ? HOUR : this.#nanos("since", since);
    const start = this.#instant("start") ?? (end < this.#now ? end : this.#now) - back;
    if (end < start) throw invalid("end timestamp must not be before or equal to start time");
    return { start: start < 0n ? 0n : start, end };
  }

  /** A 250th of the range when left out, at least a second. */
  step({ start, end }: Range): bigint {
    const text = this.text("step");
    if (text === undefined) {
      const step = (end - start) / 250n;
      return step < SECOND ? SECOND : step - (step % SECOND);
    }
    const step = this.#nanos("step", text);
    if (step <= 0n) {
      throw invalid(
        "zero or negative query resolution step widths are not accepted. Try a positive integer",
      );
    }
    return step;
  }

  /** Lines closer to each other than this are left out; 0 leaves none out. */
  interval(): bigint {
    const text = this.text("interval");
    const interval = text === undefined ? 0n : this.#nanos("interval", text);
    if (interval < 0n) throw invalid("interval must be >= 0");
    return interval;
  }

  limit(name: string, fallback: number, most: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (limit === 0) throw invalid("limit must be a positive value");
    if (limit > most) {
      throw invalid(
        `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${most})`,
      );
    }
    return limit;
  }

  direction(): Direction {
    const text = this.text("direction")?.toLowerCase() ?? "backward";
    if (text === "forward" || text === "backward") return text;
    throw invalid(`invalid direction '${text.slice(0, 32)}'`);
  }

  /** Lines of a log query. */
  lines(): number {
    return this.limit("limit", LOKI_LIMITS.defaultLines, LOKI_LIMITS.lines);
  }

  /** Seconds, with a fraction or without, or a duration. */
  #nanos(name: string, text: string): bigint {
    const nanos = /^-?\d{1,12}(?:\.\d{1,9})?$/.test(text) ? Number(text) * 1e9 : readDuration(text);
    if (nanos === undefined || !(Math.abs(nanos) < 1e20)) {
      throw invalid(
        `cannot parse ${JSON.stringify(text.slice(0, 32))} to a valid duration for ${name}`,
      );
    }
    return BigInt(Math.round(nanos));
  }

  /** Seconds with a fraction or up to ten digits, else nanoseconds; or RFC 3339. */
  #instant(name: string): bigint | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (/^\d{1,19}$/.test(text)) {
      const value = BigInt(text);
      const nanos = text.length <= 10 ? value * SECOND : value;
      return nanos > LATEST ? LATEST : nanos;
    }
    if (/^\d{1,10}\.\d{0,9}$/.test(text)) {
      const [seconds = "0", fraction = ""] = text.split(".");
      return BigInt(seconds) * SECOND + BigInt(fraction.padEnd(9, "0"));
    }
    const instant = readInstant(text);
    if (typeof instant === "string") {
      throw invalid(
        `could not parse '${name}' parameter: ${JSON.stringify(text.slice(0, 40))} is no time`,
      );
    }
    return BigInt(instant.ms) * MS + BigInt(instant.nanos);
  }
}

function invalid(message: string): ServiceError {
  return new ServiceError("NL_PARAMETER_INVALID", message);
}
