import { createInterface } from "node:readline/promises";
import type { ClearParams, ClearPreview } from "@neurallog/client";
import { CliError, EXIT } from "../../errors.ts";
import { columns, counted } from "../../output/columns.ts";
import { harmlessJson, harmlessLine } from "../../output/terminal.ts";
import type { Commands } from "../commands.ts";
import {
  addFilters,
  addTimes,
  paramsOf,
  type FilterOptions,
  type TimeOptions,
} from "../filters.ts";

interface ClearOptions extends FilterOptions, TimeOptions {
  readonly everything?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `admin clear` and `admin clearings`. */
export function addClear({ root, run }: Commands): void {
  const command = addTimes(addFilters(root.command("clear [text...]")))
    .description("make records vanish for ever; says how many and asks first")
    .option("--everything", "needed where no condition is given")
    .option("--dry-run", "say how many and clear none")
    .option("-y, --yes", "do not ask");
  run<ClearOptions>(command, async ({ client, words, options, context }) => {
    const { metadata: _metadata, ...filter } = paramsOf(options, words);
    const params: ClearParams = { ...filter, everything: options.everything };
    const call = { signal: context.interrupted };
    const { admin } = client();
    const preview = await admin.previewClear(params, call);
    if (options.dryRun === true) {
      const { out } = context;
      await out.write(options.json === true ? `${harmlessJson(preview)}\n` : `${size(preview)}\n`);
      return preview.records === 0 ? EXIT.nothingFound : EXIT.ok;
    }
    if (options.yes !== true && !(await agrees(preview, context.interrupted))) {
      context.say("nothing was cleared");
      return EXIT.refused;
    }
    const cleared = await admin.clear(params, call);
    await context.out.write(
      options.json === true
        ? `${harmlessJson({ ...preview, ...cleared })}\n`
        : `cleared ${size(preview)}\n`,
    );
    return EXIT.ok;
  });

  const list = root
    .command("clearings")
    .description("print the clearings that still have records to take out of the store");
  run(list, async ({ client, options, context }) => {
    const found = await client().admin.clearings({ signal: context.interrupted });
    const head = ["NAMESPACE", "CREATED", "BY", "FROM", "TO", "FILTER"].map((name) => ({ name }));
    const rows = found.map(({ namespace, created, by, from, to, filter }) => [
      harmlessLine(namespace),
      created,
      harmlessLine(by),
      from ?? "-",
      to ?? "-",
      harmlessJson(filter),
    ]);
    const lines = found.map((one) => `${harmlessJson(one)}\n`).join("");
    await context.out.write(options.json === true ? lines : columns(head, rows));
    return EXIT.ok;
  });
}

function size({ records, truncated, namespaces }: ClearPreview): string {
  const many = counted(records, "record");
  return `${truncated ? `more than ${many}` : many} of ${namespaces.map(harmlessLine).join(", ")}`;
}

/** Asks a person; a program has to say --yes. */
async function agrees(preview: ClearPreview, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CliError(
      "CLI_USAGE",
      `${size(preview)} would be cleared for ever: say --yes to do it without being asked`,
    );
  }
  const question = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const text = await question.question(`Clear ${size(preview)} for ever? (yes) `, { signal });
    return text.trim().toLowerCase() === "yes";
  } finally {
    question.close();
  }
}
