import { answer } from "../output/answer.ts";
import type { Commands } from "./commands.ts";
import { addQuestion, paramsOf, type FilterOptions, type TimeOptions } from "./filters.ts";
import { facetText } from "./top.ts";

interface CountOptions extends FilterOptions, TimeOptions {
  readonly by?: string;
}

/** `count`: a number, so that scripts can reckon with it. */
export function addCount({ root, run }: Commands): void {
  const command = addQuestion(root.command("count [text...]"))
    .description("print how many records match")
    .option("--by <field>", "and how many have each value of a field: level, source, metadata.…");
  run<CountOptions>(command, async ({ client, words, options, context }) => {
    const params = { ...paramsOf(options, words), by: options.by };
    const body = await client().count(params, { signal: context.interrupted });
    return answer(body, {
      json: options.json ?? false,
      context,
      approximate: body.by?.approximate ?? false,
      isEmpty: body.count === 0,
      text: () =>
        `${body.count}\n${body.by === undefined ? "" : facetText(body.by, body.count, context)}`,
    });
  });
}
