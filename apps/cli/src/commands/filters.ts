import type { SearchParams } from "@neurallog/client";
import { InvalidArgumentError, Option, type Command } from "commander";

/** The filters that `search` and `tail` share, as commander hands them over. */
export interface FilterOptions {
  readonly level?: string;
  readonly source?: string[];
  readonly tag?: string[];
  readonly traceId?: string;
  readonly metadata?: Record<string, string>;
  readonly namespace?: string[];
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

export function addFilters(command: Command): Command {
  return command
    .addOption(new Option("-l, --level <level>", "least level (warn), or exact ones (warn,error)"))
    .addOption(
      new Option("-s, --source <source>", "source; repeat it for several").argParser(collect),
    )
    .addOption(
      new Option("-t, --tag <tag>", "tag; repeat it, all have to be there").argParser(collect),
    )
    .addOption(new Option("--trace-id <id>", "records of one trace"))
    .addOption(
      new Option(
        "-m, --metadata <path=value>",
        "field of the metadata, such as user.id=42",
      ).argParser(pairs),
    )
    .addOption(
      new Option("-n, --namespace <name>", "logical namespace; repeat it for several").argParser(
        collect,
      ),
    );
}

export function paramsOf(filters: FilterOptions, text: readonly string[]): SearchParams {
  const levels = filters.level
    ?.split(",")
    .map((level) => level.trim())
    .filter((level) => level !== "");
  return {
    ...(levels === undefined ? {} : { level: levels }),
    ...(filters.source === undefined ? {} : { source: filters.source }),
    ...(filters.tag === undefined ? {} : { tag: filters.tag }),
    ...(filters.traceId === undefined ? {} : { trace_id: filters.traceId }),
    ...(filters.metadata === undefined ? {} : { metadata: filters.metadata }),
    ...(filters.namespace === undefined ? {} : { namespace: filters.namespace }),
    ...(text.length === 0 ? {} : { text: text.join(" ") }),
  };
}
