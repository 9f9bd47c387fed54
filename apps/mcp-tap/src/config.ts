import { isSwitchedOff, readWordFile } from "@neurallog/client/shared";
import { Command, InvalidArgumentError, Option } from "commander";

import { TapError } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { RecordConfig } from "./recording/settings.ts";

export interface TapConfig {
  readonly server:
    | { readonly kind: "command"; readonly command: string; readonly args: readonly string[] }
    | { readonly kind: "address"; readonly target: URL };
  /** Where clients come in; for an address alone. */
  readonly host: string;
  readonly port: number;
  readonly hosts: readonly string[];
  /** undefined for no health endpoint. */
  readonly health: { readonly host: string; readonly port: number } | undefined;
  /** undefined where nothing is recorded; `whyNot` says why. */
  readonly record: RecordConfig | undefined;
  readonly whyNot: string | undefined;
  /** The server's own environment: ours without what is the tap's alone. */
  readonly childEnv: NodeJS.ProcessEnv;
}

interface Options {
  readonly url?: string;
  readonly keyFile?: string;
  readonly source: string;
  readonly namespace?: string;
  readonly host: string;
  readonly port: number;
  readonly allowHost?: string[];
  readonly healthPort?: number;
  readonly healthHost: string;
  readonly keep: number;
  readonly redact?: string[];
}

const OWN = "NEURALLOG_TAP_";
const DEFAULT_PORT = 9061;
const DEFAULT_HEALTH_PORT = 9062;

/**
 * Options first, then the environment.
 * @throws CommanderError, or TapError TAP_USAGE or TAP_KEY_FILE.
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): TapConfig {
  const command = commandLine();
  command.parse([...argv], { from: "user" });
  const options = command.opts<Options>();
  const server = serverOf(command.args, argv.includes("--"));
  const healthPort =
    options.healthPort ?? (server.kind === "address" ? DEFAULT_HEALTH_PORT : undefined);
  return {
    server,
    host: options.host,
    port: options.port,
    hosts: (options.allowHost ?? []).map((host) => host.toLowerCase()),
    health: healthPort === undefined ? undefined : { host: options.healthHost, port: healthPort },
    ...recordConfig(options, env),
    childEnv: Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith(OWN))),
  };
}

function commandLine(): Command {
  const option = (flags: string, text: string, name: string) =>
    new Option(flags, text).env(`${OWN}${name}`);
  return new Command("mcp-tap")
    .description(
      "Stands between an MCP client and a server, forwards bytes untouched, records every message.",
    )
    .argument(
      "<server...>",
      "-- command and arguments (stdio), or an http://, https://, ws://, wss:// address",
    )
    .addOption(option("--url <url>", "the log service (or NEURALLOG_URL)", "URL"))
    .addOption(
      option(
        "--key-file <file>",
        "file with a key that may write (or NEURALLOG_KEY_FILE, NEURALLOG_KEY)",
        "KEY_FILE",
      ),
    )
    .addOption(option("--source <name>", "source of the records", "SOURCE").default("mcp-tap"))
    .addOption(option("--namespace <name>", "logical namespace of the records", "NAMESPACE"))
    .addOption(option("--host <address>", "where clients come in", "HOST").default("127.0.0.1"))
    .addOption(
      option("--port <port>", "where clients come in; 0 for any", "PORT")
        .default(DEFAULT_PORT)
        .argParser(portNumber),
    )
    .addOption(
      option(
        "--allow-host <name>",
        "name that clients may call the tap by; repeat it",
        "ALLOW_HOST",
      ).argParser(list),
    )
    .addOption(
      option(
        "--health-port <port>",
        `health endpoint; 0 for any; ${DEFAULT_HEALTH_PORT} with an address, none with a command`,
        "HEALTH_PORT",
      ).argParser(portNumber),
    )
    .addOption(option("--health-host <address>", "its address", "HEALTH_HOST").default("127.0.0.1"))
    .addOption(
      option("--keep <characters>", "how much of a message is recorded", "KEEP")
        .default(LIMITS.keepUnits)
        .argParser(keepUnits),
    )
    .addOption(
      option(
        "--redact <field>",
        "further field whose value is never recorded; repeat it",
        "REDACT",
      ).argParser(list),
    )
    .addHelpText(
      "after",
      `\n${OWN}KEY is a key that the server does not get to see.\nLOGGING_ENABLED=false forwards and records nothing.`,
    )
    .showHelpAfterError("(mcp-tap --help tells more)")
    .exitOverride();
}

function serverOf(words: readonly string[], isCommand: boolean): TapConfig["server"] {
  const [first = "", ...args] = words;
  if (isCommand) return { kind: "command", command: first, args };
  if (!/^(https?|wss?):\/\//i.test(first)) {
    throw new TapError("TAP_USAGE", `'${first}' is no address; put -- before a command`);
  }
  if (args.length > 0) throw new TapError("TAP_USAGE", "one address, and options before it");
  if (!URL.canParse(first)) throw new TapError("TAP_USAGE", `${first} is no valid address`);
  const target = new URL(first);
  if (target.username !== "" || target.password !== "")
    throw new TapError("TAP_USAGE", "no credentials in the address: clients send their own");
  return { kind: "address", target };
}

function recordConfig(
  options: Options,
  env: NodeJS.ProcessEnv,
): Pick<TapConfig, "record" | "whyNot"> {
  if (isSwitchedOff(env)) return { record: undefined, whyNot: "LOGGING_ENABLED is off" };
  const url = options.url ?? env["NEURALLOG_URL"];
  if (url === undefined || url === "")
    return { record: undefined, whyNot: "no log service: give --url or set NEURALLOG_URL" };
  if (!URL.canParse(url) || !/^https?:/i.test(url))
    throw new TapError("TAP_USAGE", `the log service's address is http:// or https://, not ${url}`);
  const keyFile = options.keyFile ?? env["NEURALLOG_KEY_FILE"];
  const key =
    keyFile === undefined || keyFile === ""
      ? env[`${OWN}KEY`] || env["NEURALLOG_KEY"] || undefined
      : keyOf(keyFile);
  const { source, namespace, keep } = options;
  const record = {
    url,
    key,
    source,
    namespace,
    keepUnits: keep,
    secretFields: options.redact ?? [],
  };
  return { record, whyNot: undefined };
}

function keyOf(path: string): string {
  let key: string | undefined;
  try {
    key = readWordFile(path, LIMITS.keyFileBytes);
  } catch (cause) {
    throw new TapError("TAP_KEY_FILE", `cannot read the key file ${path}`, cause);
  }
  if (key === undefined)
    throw new TapError("TAP_KEY_FILE", `${path} does not hold an API key: one word in one line`);
  return key;
}

function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError("it is a port from 0 to 65535.");
  return Number(text);
}

function keepUnits(text: string): number {
  if (!/^\d{1,8}$/.test(text) || Number(text) > LIMITS.readBytes)
    throw new InvalidArgumentError(`it is a number up to ${LIMITS.readBytes}.`);
  return Number(text);
}

/** Repeated, or one text with commas, as a variable has it. */
function list(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), ...text.split(",").map((one) => one.trim())].filter(
    (one) => one !== "",
  );
}
