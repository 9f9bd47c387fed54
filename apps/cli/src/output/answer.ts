import type { Summed } from "@neurallog/client";
import { EXIT } from "../errors.ts";
import type { Context } from "../commands/context.ts";
import { harmlessJson } from "./terminal.ts";

interface Answered {
  readonly json?: boolean;
  readonly context: Context;
  /** What the answer says for people; made only when people read it. */
  readonly text: () => string;
  readonly isEmpty: boolean;
  /** Some figures are estimates. */
  readonly approximate?: boolean;
}

/** Prints a question's answer: as the service gave it for programs, as text for people. */
export async function answer(
  body: { readonly truncated: boolean; readonly covered?: Summed["covered"] },
  { json, context, text, isEmpty, approximate }: Answered,
): Promise<number> {
  await context.out.write(json === true ? `${harmlessJson(body)}\n` : text());
  if (body.truncated) context.say(truncation(body.covered));
  if (approximate === true)
    context.say("there are too many values to count each: figures are estimates");
  return isEmpty ? EXIT.nothingFound : EXIT.ok;
}

function truncation(covered: Summed["covered"] | undefined): string {
  const what =
    covered === undefined || covered === null
      ? "there is more"
      : `figures are of ${covered.from} to ${covered.to} alone`;
  return `a limit was reached, ${what}: narrow it with --from and --to`;
}
