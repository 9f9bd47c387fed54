import { answer } from "../output/answer.ts";
import { harmlessLine } from "../output/terminal.ts";
import type { Commands } from "./commands.ts";
import {
  addQuestion,
  paramsOf,
  wholeNumber,
  type FilterOptions,
  type TimeOptions,
} from "./filters.ts";

interface ValuesOptions extends FilterOptions, TimeOptions {
  readonly prefix?: string;
  readonly limit: number;
}

/** `values`: a field's distinct values, one a line and nothing else. */
export function addValues({ root, run }: Commands): void {
  const command = addQuestion(root.command("values <field>"))
    .description("print the distinct values of a field, one a line")
    .option("--prefix <text>", "only those that begin so")
    .option("--limit <n>", "how many", wholeNumber, 100);
  run<ValuesOptions>(command, async ({ client, words, options, context }) => {
    const [field = ""] = words;
    const { prefix, limit } = options;
    const params = { ...paramsOf(options), field, prefix, limit };
    const body = await client().values(params, { signal: context.interrupted });
    if (body.more) context.say("there are more values: --limit, --prefix");
    return answer(body, {
      json: options.json ?? false,
      context,
      approximate: body.approximate,
      isEmpty: body.values.length === 0,
      text: () => body.values.map(({ value }) => `${harmlessLine(value)}\n`).join(""),
    });
  });
}
