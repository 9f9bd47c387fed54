import { CACHE_LIMITS, RECORD_LIMITS } from "../limits.ts";
import { quote } from "./quote.ts";
import { holdsHeaders, REDACTED, type KeyTest } from "../../redaction/index.ts";

export const PLAIN = 0;
/** The value is not read: `text` is the whole member. */
export const HIDDEN = 1;
/** The member is left out. */
export const LEFT_OUT = 2;
/** At the top of a record its value is the record's trace or span id. */
export const TRACE_ID = 3;
export const SPAN_ID = 4;
/** Holding a `prototype` it would be refused by the service. */
export const CONSTRUCTOR = 5;
/** What may hold names and values by turns, as Node keeps a request's headers. */
export const HEADERS = 6;
/** Beside a name that is a secret's, as in `{ name: "Authorization", value: "…" }`, it is not sent. */
export const VALUE = 7;

const NAMING_KEYS = ["name", "key", "header", "field"] as const;

/** What is known of a key before its value is looked at. */
export interface Key {
  readonly kind: number;
  /** `"key":`, or with the value where that is hidden. */
  readonly text: string;
}

/** JSON text and verdict of each key, worked out once: a call pays one look-up for each. */
export class Keys {
  readonly #isHidden: KeyTest;
  readonly #known = new Map<string, Key>();

  constructor(isHidden: KeyTest) {
    this.#isHidden = isHidden;
  }

  of(key: string): Key {
    return this.#known.get(key) ?? this.#learn(key);
  }

  /** Whether a text, where it stands for a name, is a secret's. */
  isSecret(name: unknown): boolean {
    return typeof name === "string" && this.of(name).kind === HIDDEN;
  }

  /** Whether an object's `value` belongs to a secret that it names, as in lists of headers and variables. */
  isOfSecret(value: Readonly<Record<string, unknown>>): boolean {
    try {
      return NAMING_KEYS.some((key) => this.isSecret(value[key]));
    } catch {
      return false;
    }
  }

  #learn(key: string): Key {
    if (key.length > RECORD_LIMITS.keyUnits) return { kind: LEFT_OUT, text: "" };
    const known = this.#judge(key);
    if (this.#known.size >= CACHE_LIMITS.keys) this.#known.clear();
    this.#known.set(key, known);
    return known;
  }

  #judge(key: string): Key {
    // The service refuses records with it: whoever merges such an object changes every object.
    if (key === "__proto__") return { kind: LEFT_OUT, text: "" };
    const text = `${quote(key)}:`;
    if (this.#isHidden(key)) return { kind: HIDDEN, text: `${text}"${REDACTED}"` };
    if (key === "trace_id") return { kind: TRACE_ID, text };
    if (key === "span_id") return { kind: SPAN_ID, text };
    if (key === "constructor") return { kind: CONSTRUCTOR, text };
    if (key === "value" || key === "values") return { kind: VALUE, text };
    if (holdsHeaders(key)) return { kind: HEADERS, text };
    return { kind: PLAIN, text };
  }
}
