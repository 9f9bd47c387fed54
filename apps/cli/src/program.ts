import { Command, InvalidArgumentError, Option } from "commander";
import { formats, machineZone, type Zone, zoneOf } from "@neurallog/formats";
import { log, type LogOptions } from "./commands/log.ts";
import { namespaces } from "./commands/namespaces.ts";
import { search, type SearchOptions } from "./commands/search.ts";
import { tail, type TailOptions } from "./commands/tail.ts";
import type { Context } from "./commands/context.ts";
import { addFilters, collect, pairs, wholeNumber } from "./commands/filters.ts";
import { clientOf, type ConnectionOptions } from "./connection.ts";

const exitCodes = `
Exit codes:
  0  done
  1  search found nothing
  2  wrong arguments, or a file that cannot be read
  3  the service cannot be reached or cannot store now
  4  the service refused: key, role, namespace or filter
  5  some records were rejected; the others are stored
  130  Ctrl-C`;

/** The whole command line. `finish` gets the exit code of the command that ran. */
export function program(context: Context, finish: (exit: number) => void): Command {
  const root = new Command("neurallog")
    .description("Writes, searches and follows logs of a NeuralLog tenant.")
    .option("--url <url>", "the log service (NEURALLOG_URL)")
    .option(
      "--key-file <file>",
      "file with the API key (NEURALLOG_KEY_FILE; or the key itself in NEURALLOG_KEY)",
    )
    .addOption(
      new Option("--tenant <id>", "without --url: the tenant that npm start runs here")
        .default("acme")
        .argParser(tenantId),
    )
    .option("--json", "JSON for programs: one object a line")
    .addHelpText("after", exitCodes)
    .showHelpAfterError("(neurallog --help tells more)")
    .exitOverride();
  const client = (command: Command) =>
    clientOf(command.optsWithGlobals<ConnectionOptions>(), (status) =>
      context.say(
        status === 429
          ? "the key's rate is used up (429): sending as fast as the service lets us"
          : "the service cannot answer now (503): trying again as it asks",
      ),
    );

  root
    .command("log [message...]")
    .description("store a message, or each line of --file or of standard input")
    .option(
      "-f, --file <file>",
      "file to load, - for standard input; repeat it for several",
      collect,
    )
    .option("-l, --level <level>", "level of what names none")
    .option("-s, --source <source>", "source of what names none")
    .option("-t, --tag <tag>", "tag for every record; repeat it for several", collect)
    .option("-m, --metadata <name=value>", "metadata for every record; repeat it", pairs)
    .option("--trace-id <id>", "trace of what names none")
    .option("--span-id <id>", "span of what names none")
    .option("--timestamp <time>", "time of the message; now when left out")
    .option("-n, --namespace <name>", "logical namespace to store in")
    .addOption(
      new Option("--format <name>", "read lines as this format only")
        .choices(["auto", ...formats.map(({ name }) => name)])
        .default("auto"),
    )
    .option("--no-join", "every line is a record: do not join stack traces")
    .addOption(
      new Option("--zone <zone>", "zone of times that name none: UTC, +02:00, Europe/Berlin")
        .argParser(zone)
        .default(machineZone(), "this machine's"),
    )
    .option("--year <year>", "year of the first date that names none", year)
    .option("--dry-run", "print the records instead of sending them")
    .option("--ids", "print the id of every stored record")
    .action(async (words: string[], _: unknown, command: Command) => {
      finish(
        await log(() => client(command), words, command.optsWithGlobals<LogOptions>(), context),
      );
    });

  addFilters(root.command("search [text...]").description("print the records that match"))
    .option("--from <time>", "RFC 3339, epoch milliseconds, or how long ago: 15m, 24h, 7d")
    .option("--to <time>", "the same")
    .addOption(
      new Option("--order <order>", "newest or oldest first")
        .choices(["desc", "asc"])
        .default("desc"),
    )
    .option("--limit <n>", "how many", wholeNumber, 100)
    .option("--all", "all of them")
    .option("--cursor <cursor>", "go on where a search ended")
    .action(async (text: string[], _: unknown, command: Command) => {
      finish(
        await search(client(command), text, command.optsWithGlobals<SearchOptions>(), context),
      );
    });

  addFilters(
    root.command("tail [text...]").description("print new records as they arrive, until Ctrl-C"),
  )
    .option("--last <n>", "start with so many of the newest", wholeNumber, 10)
    .action(async (text: string[], _: unknown, command: Command) => {
      finish(await tail(client(command), text, command.optsWithGlobals<TailOptions>(), context));
    });

  root
    .command("namespaces")
    .description("print the logical namespaces that the key reaches")
    .action(async (_: unknown, command: Command) => {
      finish(
        await namespaces(client(command), command.optsWithGlobals<{ json?: boolean }>(), context),
      );
    });
  return root;
}

function zone(text: string): Zone {
  const found = zoneOf(text);
  if (found === undefined)
    throw new InvalidArgumentError("it is no zone: UTC, +02:00 or Europe/Berlin.");
  return found;
}

function year(text: string): number {
  if (!/^(19[7-9]|20\d|21\d)\d$/.test(text))
    throw new InvalidArgumentError("it is a year from 1970 to 2199.");
  return Number(text);
}

/** Becomes a folder's name: nothing that leads elsewhere. */
function tenantId(text: string): string {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text))
    throw new InvalidArgumentError("it is no tenant id.");
  return text;
}
