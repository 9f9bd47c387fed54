import { readWordFile } from "@neurallog/client/shared";
import { InvalidArgumentError, Option } from "commander";

import { comparisonText } from "../compare/print.ts";
import { compareTools } from "../compare/compare.ts";
import { ERAS, type Called, type Era } from "../compare/live/list.ts";
import { COMPARE_LIMITS } from "../compare/limits.ts";
import { listBoth } from "../compare/sides.ts";
import { CliError, EXIT, explain } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { harmless, harmlessJson } from "../output/terminal.ts";
import type { Commands } from "./commands.ts";
import { wholeNumber } from "./filters.ts";

interface CompareOptions {
  readonly call?: Called[];
  readonly protocol?: Era;
  readonly timeout: number;
  readonly bearerFileA?: string;
  readonly bearerFileB?: string;
}

/** `compare-tools`: what two MCP servers say of their tools, live or as the tap recorded it. */
export function addCompareTools({ root, run }: Commands): void {
  const command = root
    .command("compare-tools <a> <b>")
    .description(
      "compare two MCP servers' tools: an address (http, ws), a command in quotes, or what the tap recorded (trace:<id>, query:<query>, file:<export>)",
    )
    .addOption(
      new Option(
        "--call <tool[=arguments]>",
        "call this tool on both, arguments as JSON; repeat it",
      ).argParser(called),
    )
    .addOption(new Option("--protocol <version>", "speak this version alone").choices(ERAS))
    .option(
      "--timeout <seconds>",
      "for each answer of a live server",
      wholeNumber,
      COMPARE_LIMITS.answerMs / 1_000,
    )
    .option("--bearer-file-a <file>", "file with the token that A asks for")
    .option("--bearer-file-b <file>", "file with the token that B asks for")
    .addHelpText("after", "\nExit codes: 0 the same, 1 different, 2 could not be compared");
  run<CompareOptions>(command, async ({ client, words, options, context }) => {
    const [a = "", b = ""] = words;
    try {
      const [left, right] = await listBoth(
        { text: a, bearer: tokenOf(options.bearerFileA) },
        { text: b, bearer: tokenOf(options.bearerFileB) },
        {
          era: options.protocol,
          calls: options.call ?? [],
          answerMs: options.timeout * 1_000,
          client,
          signal: context.interrupted,
        },
      );
      const findings = compareTools(left, right);
      const isSame = findings.every(({ side }) => side === "both");
      const sides = { a: headOf(left), b: headOf(right) };
      await context.out.write(
        options.json === true
          ? `${harmlessJson({ same: isSame, ...sides, findings })}\n`
          : comparisonText(left, right, findings),
      );
      return isSame ? EXIT.ok : EXIT.different;
    } catch (error) {
      // Whatever kept it from comparing: scripts tell it from a difference.
      context.say(harmless(explain(error)));
      return EXIT.usage;
    }
  });
}

function headOf({ from, server, protocol, tools }: Awaited<ReturnType<typeof listBoth>>[0]) {
  return { from, server, protocol, tools: tools.length };
}

function called(text: string, before: Called[] | undefined): Called[] {
  const at = text.indexOf("=");
  const tool = at === -1 ? text : text.slice(0, at);
  let given: unknown = {};
  try {
    if (at !== -1) given = JSON.parse(text.slice(at + 1));
  } catch {
    throw new InvalidArgumentError("the arguments are no JSON.");
  }
  if (tool === "" || typeof given !== "object" || given === null || Array.isArray(given))
    throw new InvalidArgumentError('write it as tool or tool={"name":"value"}.');
  return [...(before ?? []), { tool, arguments: { ...given } }];
}

function tokenOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let token: string | undefined;
  try {
    token = readWordFile(path, LIMITS.tokenFileBytes);
  } catch (cause) {
    throw new CliError("CLI_KEY_FILE", `cannot read the token file ${path}`, { cause });
  }
  if (token === undefined)
    throw new CliError("CLI_KEY_FILE", `${path} does not hold a token: one word in one line`);
  return token;
}
