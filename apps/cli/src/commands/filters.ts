import type { FilterParams } from "@neurallog/client";
import { InvalidArgumentError, Option, type Command } from "commander";

/** Which records a command is about, as commander hands it over. */
export interface FilterOptions {
  readonly query?: string;
  readonly level?: string;
  readonly source?: string[];
  readonly tag?: string[];
  readonly traceId?: string;
  readonly metadata?: Record<string, string>;
  readonly namespace?: string[];
}

export interface TimeOptions {
  readonly from?: string;
  readonly to?: string;
}

export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** `path=value`, as often as it is given; a path twice is a mistake that would drop the first. */
export function pairs(
  value: string,
  before: Record<string, string> | undefined,
): Record<string, string> {
  const at = value.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("write it as name=value.");
  const name = value.slice(0, at);
  if (name === "__proto__") throw new InvalidArgumentError("that name is not allowed.");
  if (before !== undefined && Object.hasOwn(before, name))
    throw new InvalidArgumentError(`'${name}' is given twice.`);
  return { ...before, [name]: value.slice(at + 1) };
}

export function wholeNumber(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value))
    throw new InvalidArgumentError("it is a whole number from 1 on.");
  return Number(value);
}

export function wholeNumberOrZero(value: string): number {
  return value === "0" ? 0 : wholeNumber(value);
}

/** What every command that is about records takes. */
export function addFilters(command: Command): Command {
  return command
    .option(
      "-q, --query <query>",
      'in the query language: level>=WARN source:checkout "card declined" metadata.ms>100',
    )
    .option("-l, --level <level>", "least level (warn), or exact ones (warn,error)")
    .addOption(
      new Option("-s, --source <source>", "source; repeat it for several").argParser(collect),
    )
    .addOption(
      new Option("-t, --tag <tag>", "tag; repeat it, all have to be there").argParser(collect),
    )
    .option("--trace-id <id>", "records of one trace")
    .addOption(
      new Option("-n, --namespace <name>", "logical namespace; repeat it for several").argParser(
        collect,
      ),
    );
}

export function addMetadata(command: Command): Command {
  return command.addOption(
    new Option(
      "-m, --metadata <path=value>",
      "field of the metadata, such as user.id=42; repeat it for several",
    ).argParser(pairs),
  );
}

export function addTimes(command: Command): Command {
  return command
    .option("--from <time>", "RFC 3339, epoch milliseconds, or how long ago: 15m, 24h, 7d")
    .option("--to <time>", "the same");
}

/** All of it, for questions about the past. */
export function addQuestion(command: Command): Command {
  return addTimes(addMetadata(addFilters(command)));
}

/** @param text Words that the message has to hold. */
export function paramsOf(
  options: FilterOptions & TimeOptions,
  text: readonly string[] = [],
): FilterParams {
  const levels = options.level
    ?.split(",")
    .map((level) => level.trim())
    .filter((level) => level !== "");
  return {
    q: options.query,
    from: options.from,
    to: options.to,
    level: levels,
    source: options.source,
    tag: options.tag,
    trace_id: options.traceId,
    metadata: options.metadata,
    namespace: options.namespace,
    text: text.length === 0 ? undefined : text.join(" "),
  };
}
