import type { Facet } from "@neurallog/client";
import { LIMITS } from "../limits.ts";
import { answer } from "../output/answer.ts";
import { bar } from "../output/bar.ts";
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

interface TopOptions extends FilterOptions, TimeOptions {
  readonly limit: number;
}

/** `top`: the commonest values of fields. */
export function addTop({ root, run }: Commands): void {
  const command = addQuestion(root.command("top [field...]"))
    .alias("facets")
    .description(
      "print the commonest values of fields: level, source and namespace if none is named",
    )
    .option("--limit <n>", "values of each field", wholeNumber, 10);
  run<TopOptions>(command, async ({ client, words, options, context }) => {
    const field = words.length === 0 ? undefined : words;
    const params = { ...paramsOf(options), field, limit: options.limit };
    const body = await client().facets(params, { signal: context.interrupted });
    const text = (facet: Facet) => facetText(facet, body.count, context);
    return answer(body, {
      json: options.json ?? false,
      context,
      isEmpty: body.facets.every(({ values }) => values.length === 0),
      approximate: body.facets.some(({ approximate }) => approximate),
      text: () => body.facets.map(text).join("\n"),
    });
  });
}

/** A field's values with their counts. */
export function facetText({ field, values, more }: Facet, all: number, context: Context): string {
  const most = Math.max(0, ...values.map(({ count: one }) => one));
  const head = [
    { name: "RECORDS", right: true },
    { name: "SHARE", right: true },
    { name: "" },
    { name: harmlessLine(field).toUpperCase() },
  ];
  const rows = values.map(({ value, count: one }) => [
    count(one),
    share(one, all),
    bar(one, most, LIMITS.barCells).padEnd(LIMITS.barCells),
    harmlessLine(value),
  ]);
  return columns(head, rows) + (more ? `${context.style.faint("… and more values")}\n` : "");
}
