import { NeuralLogError } from "../errors.ts";
import { HttpSender } from "./deliver/http-request.ts";
import type { KeySource } from "./deliver/key.ts";
import { levelIndex } from "./level.ts";
import { LEVEL_FOLLOW_LIMITS } from "./limits.ts";

/** The least level that a source should send, as an administrator set it; `*` is every one. */
export interface SetLevel {
  readonly source: string;
  readonly namespace: string;
  readonly level: number;
}

/** What the service answers to the question for levels. */
export interface Levels {
  readonly levels: readonly SetLevel[];
  /** Where records go that name no namespace; undefined where the service does not say. */
  readonly defaultNamespace: string | undefined;
}

export interface FollowOptions {
  readonly url: URL;
  readonly key: KeySource;
  readonly connectMs: number;
  readonly ca?: string | Buffer | undefined;
  /** Told at every change; the levels that are known stay in force while nobody answers. */
  readonly onLevels: (levels: Levels) => void;
}

/**
 * Asks the service for levels and waits for their changes by one long question after the other, on a
 * connection that does not hold the process open.
 */
export class LevelFollower {
  readonly #options: FollowOptions;
  readonly #sender: HttpSender;
  #timer: NodeJS.Timeout | undefined;
  #tag: string | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#sender = new HttpSender(options);
    this.#after(0);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#sender.close();
  }

  #after(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#ask().then(
        (nextMs) => this.#after(nextMs),
        () => this.#after(this.#patience()),
      );
    }, ms);
    this.#timer.unref();
  }

  #patience(): number {
    const { againMs, mostAgainMs } = LEVEL_FOLLOW_LIMITS;
    const most = Math.min(mostAgainMs, againMs * 2 ** this.#failures++);
    return most * (0.5 + Math.random() * 0.5);
  }

  /** @returns when to ask again */
  async #ask(): Promise<number> {
    const { key, onLevels } = this.#options;
    const asked = performance.now();
    const { waitSeconds, answerMs, againMs } = LEVEL_FOLLOW_LIMITS;
    const answer = await this.#sender.send({
      method: "GET",
      path: this.#tag === undefined ? "/api/levels" : `/api/levels?wait=${waitSeconds}`,
      headers: {
        accept: "application/json",
        ...(this.#tag === undefined ? {} : { "if-none-match": this.#tag }),
        ...(await key.headers()),
      },
      answerMs,
    });
    if (answer.status === 200) {
      this.#tag = answer.headers.etag;
      onLevels(readLevels(answer.text));
      this.#failures = 0;
      // Without a tag there is no waiting for a change.
      return this.#tag === undefined ? againMs : 0;
    }
    if (answer.status !== 304) {
      if (answer.status === 401) key.forget();
      return this.#patience();
    }
    this.#failures = 0;
    // A service that has too many waiting answers at once.
    return performance.now() - asked < againMs ? againMs : 0;
  }
}

function readLevels(text: string): Levels {
  const body: unknown = JSON.parse(text);
  const [levels, place] = ["levels", "default_namespace"].map((field): unknown =>
    typeof body === "object" && body !== null ? Reflect.get(body, field) : undefined,
  );
  if (!Array.isArray(levels)) throw new NeuralLogError("NLC_NOT_NEURALLOG", "no list of levels");
  return {
    levels: levels.flatMap((each: unknown) => readLevel(each)),
    defaultNamespace: typeof place === "string" && place !== "" ? place : undefined,
  };
}

function readLevel(each: unknown): SetLevel[] {
  if (typeof each !== "object" || each === null) return [];
  const [source, namespace, name] = ["source", "namespace", "level"].map((field): unknown =>
    Reflect.get(each, field),
  );
  const level = typeof name === "string" ? levelIndex(name) : undefined;
  if (typeof source !== "string" || typeof namespace !== "string" || level === undefined) return [];
  return [{ source, namespace, level }];
}

/**
 * The level that is set for a component: one of its own before one for all, and among those one of
 * its namespace before one for every namespace. @returns undefined where none is set
 */
export function levelFor(
  levels: readonly SetLevel[],
  component: string,
  namespace: string,
): number | undefined {
  const places = [component, "*"].flatMap((source) => [
    [source, namespace],
    [source, "*"],
  ]);
  for (const [source, place] of places) {
    const found = levels.find((each) => each.source === source && each.namespace === place);
    if (found !== undefined) return found.level;
  }
  return undefined;
}
