import type { Context as Around } from "@neurallog/client";
import { Option } from "commander";
import { answer } from "../output/answer.ts";
import { recordText } from "../output/record.ts";
import type { Commands } from "./commands.ts";
import type { Context } from "./context.ts";
import {
  addFilters,
  addMetadata,
  paramsOf,
  wholeNumberOrZero,
  type FilterOptions,
} from "./filters.ts";

interface ContextOptions extends FilterOptions {
  readonly before: number;
  readonly after: number;
  readonly same: "source" | "namespace";
}

/** `context`: what came before and after a record. */
export function addContext({ root, run }: Commands): void {
  const command = addMetadata(addFilters(root.command("context <id>")))
    .description("print what came before and after a record; search --ids prints ids")
    .option("-B, --before <n>", "records before it", wholeNumberOrZero, 10)
    .option("-A, --after <n>", "records after it", wholeNumberOrZero, 10)
    .addOption(
      new Option("--same <what>", "what they have in common with it")
        .choices(["source", "namespace"])
        .default("source"),
    );
  run<ContextOptions>(command, async ({ client, words, options, context }) => {
    const [id = ""] = words;
    const { before, after, same } = options;
    const { from: _from, to: _to, ...filter } = paramsOf(options);
    const params = { ...filter, id, before, after, same };
    const body = await client().context(params, { signal: context.interrupted });
    return answer(body, {
      json: options.json ?? false,
      context,
      isEmpty: false,
      text: () => shown(body, context),
    });
  });
}

function shown({ before, record, after }: Around, { style }: Context): string {
  return [
    ...before.map((one) => `  ${recordText(one, style)}`),
    `> ${recordText(record, style)}`,
    ...after.map((one) => `  ${recordText(one, style)}`),
  ].join("");
}
