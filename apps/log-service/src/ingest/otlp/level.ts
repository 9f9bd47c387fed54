import { LEVEL_OF_SILENCE, levelIndex, levelName } from "../../record/level.ts";

export interface Severity {
  /** Index in `LEVELS`. */
  readonly level: number;
  /** The sender's word where it says more than the level's name. */
  readonly word: string | undefined;
}

/** Severity numbers go in fours: 1 to 4 are TRACE to TRACE4, 21 to 24 FATAL to FATAL4. */
export function readSeverity(number: unknown, text: unknown): Severity {
  const word = typeof text === "string" ? text : "";
  const known = typeof number === "number" && number >= 1 && number <= 24;
  const byWord = known || word === "" ? -1 : levelIndex(word);
  const level = known ? (number - 1) >> 2 : byWord === -1 ? LEVEL_OF_SILENCE : byWord;
  return { level, word: word === "" || isName(word, level) ? undefined : word };
}

function isName(word: string, level: number): boolean {
  const name = levelName(level);
  return word === name || word.toUpperCase() === name;
}
