import type { Summed, Warning } from "@neurallog/client";
import { EXIT } from "../errors.ts";
import type { Context } from "../commands/context.ts";
import { harmlessJson, harmlessLine } from "./terminal.ts";

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
  body: {
    readonly truncated: boolean;
    readonly covered?: Summed["covered"];
    readonly warnings?: readonly Warning[];
  },
  { json, context, text, isEmpty, approximate }: Answered,
): Promise<number> {
  await context.out.write(json === true ? `${harmlessJson(body)}\n` : text());
  sayWarnings(body, context);
  if (body.truncated && body.warnings === undefined) context.say(truncation(body.covered));
  if (approximate === true)
    context.say("there are too many values to count each: figures are estimates");
  return isEmpty ? EXIT.nothingFound : EXIT.ok;
}

/** What an answer lacks, on stderr: whoever reads its figures has to know. */
export function sayWarnings(
  { warnings = [] }: { readonly warnings?: readonly Warning[] },
  { say }: Pick<Context, "say">,
): void {
  for (const { code, message } of warnings) {
    say(`${harmlessLine(message)} (${harmlessLine(code)})`);
  }
}

function truncation(covered: Summed["covered"] | undefined): string {
  const what =
    covered === undefined || covered === null
      ? "there is more"
      : `figures are of ${covered.from} to ${covered.to} alone`;
  return `a limit was reached, ${what}: narrow it with --from and --to`;
}
