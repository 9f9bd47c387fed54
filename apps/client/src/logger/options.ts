import { basename } from "node:path";

import { NeuralLogError } from "../errors.ts";
import type { TraceIds } from "./encode/encoder.ts";
import type { RedactOptions } from "../redaction/index.ts";
import { isSwitchedOff } from "../shared/switched-off.ts";
import { DEFAULT_LEVEL, levelIndex } from "./level.ts";
import { BATCH_DEFAULTS, DELIVERY_LIMITS, QUEUE_DEFAULTS, RECORD_LIMITS } from "./limits.ts";
import type { BatchOptions } from "./sender.ts";

export interface LoggerOptions {
  /** `https://acme.logs.example`, or `ws://…` for MCP over WebSocket. NEURALLOG_URL when left out. */
  readonly url?: string | undefined;
  /** The API key; a function is asked before each request. NEURALLOG_KEY when left out. */
  readonly key?: string | (() => string | undefined) | undefined;
  /** A file with the key, read again when the key is refused. NEURALLOG_KEY_FILE when left out. */
  readonly keyFile?: string | undefined;
  /** What logs: a service or program, stored as `source`. The name of the program's file when left out. */
  readonly component?: string | undefined;
  /** Logical namespace; the key's default one when left out. */
  readonly namespace?: string | undefined;
  /** The least level that is sent: trace, debug, info, warn, error, fatal, silent. NEURALLOG_LEVEL or info when left out. */
  readonly level?: string | undefined;
  /** By the address when left out. */
  readonly transport?: "http" | "websocket" | undefined;
  /** False: nothing is ever sent. LOGGING_ENABLED when left out. */
  readonly enabled?: boolean | undefined;
  /** Fields of every record. */
  readonly bindings?: object | undefined;
  readonly redact?: RedactOptions | undefined;
  /** When a batch is sent: at so many records, so much text, or so long after its first record. */
  readonly batch?: Partial<BatchOptions> | undefined;
  /** What may wait; beyond it the oldest are dropped. */
  readonly queue?: { readonly records?: number; readonly bytes?: number } | undefined;
  /** Milliseconds until a connection stands, and for a flush; a second at most. */
  readonly connectTimeoutMs?: number | undefined;
  readonly flushTimeoutMs?: number | undefined;
  /** Milliseconds until a request is answered; ten seconds when left out. */
  readonly answerTimeoutMs?: number | undefined;
  /** Where levels are followed; the service's own address when left out, `false` for nowhere. */
  readonly levelsUrl?: string | false | undefined;
  /** The trace that a record belongs to, where it names none; by default that of `runWithTrace` or of OpenTelemetry's active span. */
  readonly trace?: (() => Partial<TraceIds> | undefined) | undefined;
  /** Signals that flush before they end the process: `["SIGTERM"]`. None when left out. */
  readonly flushOnSignals?: readonly NodeJS.Signals[] | undefined;
  /** Told of each of the logger's own failures. */
  readonly onError?: ((error: NeuralLogError) => void) | undefined;
  /** No line of the logger's own on standard error. */
  readonly quiet?: boolean | undefined;
  /** Certificates in PEM to trust instead of the system's. */
  readonly ca?: string | Buffer | undefined;
}

/** Options that are all there. */
export interface Settings {
  /** Undefined where nothing is sent. */
  readonly url: URL | undefined;
  readonly transport: "http" | "websocket";
  readonly key: string | (() => string | undefined) | undefined;
  readonly keyFile: string | undefined;
  readonly component: string;
  readonly namespace: string | undefined;
  readonly level: number;
  readonly batch: BatchOptions;
  readonly queue: { readonly records: number; readonly bytes: number };
  readonly connectMs: number;
  readonly flushMs: number;
  readonly answerMs: number;
  readonly levelsUrl: URL | undefined;
  /** What is wrong with the options; what it concerns has its default, or nothing is sent. */
  readonly problems: readonly NeuralLogError[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads options and environment; what is wrong is told, never thrown: a logger must not end its application. */
export function readOptions(options: LoggerOptions, env: Environment): Settings {
  const problems: NeuralLogError[] = [];
  const wrong = (text: string) => problems.push(new NeuralLogError("NLC_BAD_OPTION", text));
  const isEnabled = options.enabled ?? !isSwitchedOff(env);
  const address = options.url ?? filled(env["NEURALLOG_URL"]);
  if (isEnabled && address === undefined)
    wrong(
      "no address: give url or set NEURALLOG_URL; nothing is logged (LOGGING_ENABLED=false says that it is meant)",
    );
  const url = address === undefined ? undefined : readUrl(address);
  if (isEnabled && address !== undefined && url === undefined)
    wrong("url is no http://, https://, ws:// or wss:// address; nothing is logged");
  const transport = options.transport ?? (isSocket(url) ? "websocket" : "http");
  const levelsUrl = readLevelsUrl(options.levelsUrl, url, wrong);
  return {
    url: isEnabled && url !== undefined ? withScheme(url, transport === "websocket") : undefined,
    transport,
    key: options.key ?? (options.keyFile === undefined ? filled(env["NEURALLOG_KEY"]) : undefined),
    keyFile: options.keyFile ?? filled(env["NEURALLOG_KEY_FILE"]),
    component: readComponent(options.component),
    namespace: options.namespace,
    level: readLevel(options.level ?? filled(env["NEURALLOG_LEVEL"]), wrong),
    batch: {
      records: count(options.batch?.records, BATCH_DEFAULTS.records),
      bytes: count(options.batch?.bytes, BATCH_DEFAULTS.bytes),
      ms: count(options.batch?.ms, BATCH_DEFAULTS.ms),
    },
    queue: {
      records: count(options.queue?.records, QUEUE_DEFAULTS.records),
      bytes: count(options.queue?.bytes, QUEUE_DEFAULTS.bytes),
    },
    connectMs: Math.min(DELIVERY_LIMITS.connectMs, count(options.connectTimeoutMs, Infinity)),
    flushMs: Math.min(DELIVERY_LIMITS.flushMs, count(options.flushTimeoutMs, Infinity)),
    answerMs: count(options.answerTimeoutMs, DELIVERY_LIMITS.answerMs),
    levelsUrl: isEnabled ? levelsUrl : undefined,
    problems,
  };
}

type Wrong = (text: string) => unknown;

function readLevel(name: string | undefined, wrong: Wrong): number {
  if (name === undefined) return DEFAULT_LEVEL;
  const level = levelIndex(name);
  if (level === undefined)
    wrong("level is none of trace, debug, info, warn, error, fatal, silent: it is info");
  return level ?? DEFAULT_LEVEL;
}

function readLevelsUrl(given: string | false | undefined, url: URL | undefined, wrong: Wrong) {
  if (given === false) return undefined;
  if (given === undefined) return url === undefined ? undefined : withScheme(url, false);
  const levelsUrl = readUrl(given);
  if (levelsUrl === undefined)
    wrong("levelsUrl is no http:// or https:// address; levels are not followed");
  return levelsUrl === undefined ? undefined : withScheme(levelsUrl, false);
}

function readUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return /^(https?|wss?):$/.test(url.protocol) ? url : undefined;
}

function isSocket(url: URL | undefined): boolean {
  return url?.protocol === "ws:" || url?.protocol === "wss:";
}

/** The same place by the other scheme; a key in the address would end up in messages. */
function withScheme(url: URL, isSocketWanted: boolean): URL {
  const isTls = url.protocol === "https:" || url.protocol === "wss:";
  const scheme = isSocketWanted ? (isTls ? "wss:" : "ws:") : isTls ? "https:" : "http:";
  // `protocol` cannot be set across http and ws on all versions of Node.
  const path = isSocket(url) && !isSocketWanted ? "" : url.pathname + url.search;
  return new URL(`${scheme}//${url.host}${path}`);
}

export function readComponent(given: string | undefined): string {
  const program = basename(process.argv[1] ?? "").replace(/\.[cm]?[jt]s$/, "");
  const name = typeof given === "string" && given !== "" ? given : program;
  return (name === "" ? "node" : name).slice(0, RECORD_LIMITS.componentUnits).toWellFormed();
}

function count(given: number | undefined, otherwise: number): number {
  return typeof given === "number" && given >= 1 ? Math.floor(given) : otherwise;
}

/** An empty variable is one that is not set. */
function filled(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text.trim();
}
