import { resolve } from "node:path";
import { parseArgs } from "node:util";

import { root } from "../tools/root.ts";
import { ToolError } from "../tools/say.ts";

export interface Options {
  tenant: string;
  /** Undefined: the last one used, else the tenant's default. */
  port: number | undefined;
  /** A Redis that the user names; undefined: one of the tenant's own. */
  redisUrl: URL | undefined;
  /** Holds a folder for each tenant. */
  state: string;
}

export const usage = `usage: npm start [-- options]

  --tenant ID       the record tenants/ID.yaml (acme)
  --port PORT       where the log service listens, on this machine only (8080 for acme)
  --redis-url URL   use this Redis and start none: redis://[user:password@]host:port
  --state FOLDER    where logs, keys and settings are kept (.neurallog)
  --help            this text`;

/** @returns undefined when help was asked for */
export function parseOptions(args: string[], invokedIn = process.cwd()): Options | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  // The id becomes a folder's name: nothing that could lead out of the state folder.
  if (!/^[a-z0-9][a-z0-9-]*$/.test(values.tenant)) {
    throw new ToolError(`'${values.tenant}' is no tenant's id\n${usage}`);
  }
  return {
    tenant: values.tenant,
    port: values.port === undefined ? undefined : portNumber(values.port),
    redisUrl: values["redis-url"] === undefined ? undefined : redisUrl(values["redis-url"]),
    state: values.state === undefined ? `${root}/.neurallog` : resolve(invokedIn, values.state),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        tenant: { type: "string", default: "acme" },
        port: { type: "string" },
        "redis-url": { type: "string" },
        state: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    // parseArgs says which option and what is wrong with it.
    throw new ToolError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new ToolError(`'${text}' is no port: 1 to 65535`);
  return port;
}

function redisUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === "") {
    // The text is not repeated: it may hold a password.
    throw new ToolError("--redis-url must be redis://host:port or rediss://host:port");
  }
  if (url.pathname !== "" && url.pathname !== "/" && url.pathname !== "/0") {
    throw new ToolError("--redis-url must not name a database: NeuralLog uses database 0");
  }
  return url;
}
