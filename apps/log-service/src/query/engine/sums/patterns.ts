import type { BlockRows } from "../../../block/rows.ts";
import { ENGINE_LIMITS } from "../../../limits.ts";
import { LEVELS } from "../../../record/level.ts";
import { writeInstant } from "../../../record/time.ts";
import type { BlockRef } from "../../../store/port.ts";
import type { Selection } from "../../match/matcher.ts";
import type { Asking } from "../asking.ts";
import type { PatternsAnswer, PatternsQuestion } from "../questions.ts";
import { timeOf } from "../reply.ts";
import { countOf } from "../../match/mask.ts";
import { levelCounts, sumOf } from "./levels.ts";
import { sumUp, type Sum } from "./sum.ts";

type Example = PatternsAnswer["patterns"][number]["example"];

interface Pattern {
  readonly levels: number[];
  readonly example: Example;
  first: number;
  last: number;
}

export async function answerPatterns(
  question: PatternsQuestion,
  asking: Asking,
): Promise<PatternsAnswer> {
  const patterns = new Patterns();
  const summed = await sumUp(question, asking, () => patterns);
  return { ...patterns.answer(question.limit), ...summed };
}

/** What messages have in common, by the templates that blocks were made of. */
class Patterns implements Sum {
  readonly #patterns = new Map<string, Pattern>();
  #count = 0;
  #approximate = false;

  addHeader(): boolean {
    return false;
  }

  addRows(block: BlockRef, rows: BlockRows, selection: Selection): void {
    const { texts, ids } = rows.templates;
    const { ms, levels } = rows;
    const counts = new Uint32Array(texts.length * LEVELS.length);
    const firstRow = new Int32Array(texts.length).fill(-1);
    const first = new Float64Array(texts.length).fill(Infinity);
    const last = new Float64Array(texts.length).fill(-Infinity);
    for (let row = 0; row < rows.count; row += 1) {
      if (selection !== "all" && selection[row] === 0) continue;
      const id = ids[row] ?? 0;
      const at = id * LEVELS.length + (levels[row] ?? 0);
      counts[at] = (counts[at] ?? 0) + 1;
      if (firstRow[id] === -1) firstRow[id] = row;
      first[id] = Math.min(first[id] ?? Infinity, ms[row] ?? 0);
      last[id] = Math.max(last[id] ?? -Infinity, ms[row] ?? 0);
    }
    const found: [string, Pattern][] = [];
    for (const [id, row] of firstRow.entries()) {
      if (row === -1) continue;
      const pattern = texts[id] ?? "";
      const at = id * LEVELS.length;
      found.push([
        pattern,
        {
          levels: [...counts.subarray(at, at + LEVELS.length)],
          example: this.#patterns.get(pattern)?.example ?? exampleOf(block, rows, row),
          first: first[id] ?? 0,
          last: last[id] ?? 0,
        },
      ]);
    }
    for (const [pattern, counted] of found) this.#add(pattern, counted);
    this.#count += countOf(selection, rows.count);
  }

  answer(limit: number): Pick<PatternsAnswer, "count" | "patterns" | "more" | "approximate"> {
    const sorted = this.#sorted();
    return {
      count: this.#count,
      patterns: sorted.slice(0, limit).map(([pattern, { levels, example, first, last }]) => ({
        pattern,
        count: sumOf(levels),
        levels: levelCounts(levels),
        example,
        first: writeInstant(first, 0, 3),
        last: writeInstant(last, 0, 3),
      })),
      more: this.#approximate || sorted.length > limit,
      approximate: this.#approximate,
    };
  }

  #add(pattern: string, counted: Pattern): void {
    const known = this.#patterns.get(pattern);
    if (known === undefined) {
      if (this.#patterns.size >= ENGINE_LIMITS.distinctPatterns) this.#forgetRarest();
      this.#patterns.set(pattern, counted);
      return;
    }
    counted.levels.forEach((count, level) => {
      known.levels[level] = (known.levels[level] ?? 0) + count;
    });
    known.first = Math.min(known.first, counted.first);
    known.last = Math.max(known.last, counted.last);
  }

  /** Half of them: a pattern that is common in the end is hardly ever among the rarest on the way. */
  #forgetRarest(): void {
    const kept = this.#sorted().slice(0, ENGINE_LIMITS.distinctPatterns / 2);
    this.#patterns.clear();
    for (const [pattern, counted] of kept) this.#patterns.set(pattern, counted);
    this.#approximate = true;
  }

  #sorted(): [string, Pattern][] {
    return [...this.#patterns]
      .map(([pattern, counted]) => ({ pattern, counted, count: sumOf(counted.levels) }))
      .sort((a, b) => b.count - a.count || (a.pattern < b.pattern ? -1 : 1))
      .map(({ pattern, counted }) => [pattern, counted]);
  }
}

function exampleOf(block: BlockRef, rows: BlockRows, row: number): Example {
  const record = rows.record(row);
  return {
    id: block.idOf(row),
    timestamp: timeOf(record),
    message: Buffer.from(record.message.slice(0, ENGINE_LIMITS.exampleUnits)).toString(),
  };
}
