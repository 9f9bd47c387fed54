import { LEVELS } from "../record/level.ts";

const TEXTS = LEVELS.map((level) => level.toLowerCase());

/** A level as readers of Loki write it. @param level Its index. */
export function levelText(level: number): string {
  return TEXTS[level] ?? "unknown";
}
