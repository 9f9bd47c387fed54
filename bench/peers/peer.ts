import type { Format } from "./formats.ts";
import type { Draw } from "./load-plan.ts";

/** What is asked of every store, in the words of the table's columns. */
export const QUESTIONS = [
  "trace",
  "phrase, limit 100",
  "phrase, counted",
  "absent word",
  "count by level",
  "histogram",
  "last 100 errors",
  "regular expression",
  "top 10",
] as const;

export type Question = (typeof QUESTIONS)[number];

/** One request, and how to tell from its answer how many records it speaks of. */
export interface Ask {
  readonly url: string;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Records found or counted; what makes a fast but wrong answer visible. */
  readonly count: (answer: string) => number;
}

/** A store under test: how to write to it, ask it, and see what it costs. */
export interface Peer {
  readonly name: string;
  readonly format: Format;
  readonly insert: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
  /** The processes whose time and memory count; empty if they are not on this machine. */
  readonly pids: () => readonly number[];
  /** The processes whose memory is the service's own; the rest holds records. */
  readonly servicePids: () => readonly number[];
  /** Work that is known to be left, merging above all; undefined if the store does not tell. */
  readonly debt: () => Promise<number | undefined>;
  /** Bytes that hold the records: memory or disk, as the store keeps them. */
  readonly storedBytes: () => Promise<number | undefined>;
  readonly ask: (question: Question, draw: Draw) => Ask | undefined;
  /** How often each question is put; a store that scans everything is asked less. */
  readonly rounds: number;
  readonly end: () => Promise<void>;
}
