import { formats, machineZone, type Zone, zoneOf } from "@neurallog/formats";
import { InvalidArgumentError, Option } from "commander";
import type { Commands } from "./commands.ts";
import { collect, pairs } from "./filters.ts";
import { log, type LogOptions } from "./log.ts";

/** `log`: one message, files, or standard input. */
export function addLog({ root, run }: Commands): void {
  const command = root
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
    .option("--ids", "print the id of every stored record");
  run<LogOptions>(command, ({ client, words, options, context }) =>
    log(client, words, options, context),
  );
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
