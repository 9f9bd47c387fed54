import { LEVELS, type Level, type LevelCounts, type Patterns } from "@neurallog/client";
import { answer } from "../output/answer.ts";
import { columns, count, share } from "../output/columns.ts";
import { harmlessLine } from "../output/terminal.ts";
import type { Commands } from "./commands.ts";
import type { Context } from "./context.ts";
import {
  addQuestion,
  paramsOf,
  wholeNumber,
  type FilterOptions,
  type TimeOptions,
} from "./filters.ts";

interface PatternsOptions extends FilterOptions, TimeOptions {
  readonly limit: number;
  readonly examples?: boolean;
}

/** `patterns`: what messages have in common. */
export function addPatterns({ root, run }: Commands): void {
  const command = addQuestion(root.command("patterns [text...]"))
    .description("print what messages have in common, the commonest first")
    .option("--limit <n>", "how many", wholeNumber, 20)
    .option("--examples", "print a record's id and message for each");
  run<PatternsOptions>(command, async ({ client, words, options, context }) => {
    const params = { ...paramsOf(options, words), limit: options.limit };
    const body = await client().patterns(params, { signal: context.interrupted });
    return answer(body, {
      json: options.json ?? false,
      context,
      approximate: body.approximate,
      isEmpty: body.patterns.length === 0,
      text: () => shown(body, options.examples === true, context),
    });
  });
}

function shown(body: Patterns, examples: boolean, { style }: Context): string {
  const head = [
    { name: "RECORDS", right: true },
    { name: "SHARE", right: true },
    { name: "LEVEL" },
    { name: "PATTERN" },
  ];
  const rows = body.patterns.map(({ count: one, levels, pattern, example }) => {
    const level = commonest(levels);
    const more = examples
      ? `\n    ${style.faint(`${example.id}: ${harmlessLine(example.message)}`)}`
      : "";
    return [
      count(one),
      share(one, body.count),
      style.level(level, level),
      harmlessLine(pattern) + more,
    ];
  });
  return columns(head, rows) + (body.more ? `${style.faint("… and more patterns")}\n` : "");
}

/** Of equally common ones the more severe. */
function commonest(levels: LevelCounts): Level {
  return LEVELS.reduce((best, level) => (levels[level] >= levels[best] ? level : best));
}
