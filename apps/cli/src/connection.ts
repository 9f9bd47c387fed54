import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NeuralLogClient } from "@neurallog/client";
import { readWordFile } from "@neurallog/client/shared";
import { CliError } from "./errors.ts";
import { LIMITS } from "./limits.ts";

export interface ConnectionOptions {
  readonly url?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly tenant: string;
}

export interface Connection {
  readonly url: string;
  readonly key: string | undefined;
}

/** Where `npm start` keeps its state: in this repository, never in the folder that somebody happens to be in. */
const stateFolder = fileURLToPath(new URL("../../../.neurallog", import.meta.url));

/**
 * Address and key: options first, then the environment, then the tenant that `npm start` runs here. The key is never
 * an argument, which every user of the machine could read in the process list.
 * @throws CliError CLI_NO_ADDRESS, CLI_KEY_FILE or CLI_CLIENT_FILE.
 */
export function connection(
  options: ConnectionOptions,
  env: NodeJS.ProcessEnv = process.env,
  state: string = stateFolder,
): Connection {
  const given = options.url ?? (env["NEURALLOG_URL"] || undefined);
  const local = localTenant(join(state, options.tenant, "client.json"), given !== undefined);
  const url = given ?? local?.url;
  if (url === undefined) {
    throw new CliError(
      "CLI_NO_ADDRESS",
      `no address: give --url, set NEURALLOG_URL, or start tenant '${options.tenant}' here with npm start`,
    );
  }
  const keyFile = options.keyFile ?? (env["NEURALLOG_KEY_FILE"] || undefined);
  if (keyFile !== undefined) return { url, key: keyOf(keyFile) };
  if (env["NEURALLOG_KEY"]) return { url, key: env["NEURALLOG_KEY"] };
  // The local tenant's key goes to the local tenant alone, whatever address was given.
  const isLocal =
    local !== undefined && URL.canParse(url) && new URL(url).origin === new URL(local.url).origin;
  return { url, key: isLocal ? local.key : undefined };
}

/** @param onBusy Told once when the service asks to wait: what takes long then has a reason. */
export function clientOf(
  options: ConnectionOptions,
  onBusy: (status: number) => void,
): NeuralLogClient {
  let isTold = false;
  return new NeuralLogClient({
    ...connection(options),
    retries: LIMITS.retries,
    userAgent: "neurallog-cli",
    fetch: async (...request) => {
      const response = await fetch(...request);
      if (!isTold && (response.status === 429 || response.status === 503)) {
        isTold = true;
        onBusy(response.status);
      }
      return response;
    },
  });
}

function localTenant(path: string, isOptional: boolean): { url: string; key: string } | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "url" in value && "key" in value) {
      const { url, key } = value;
      if (typeof url === "string" && URL.canParse(url) && typeof key === "string")
        return { url, key };
    }
  } catch {
    // Half a file is as good as none; the message below says so.
  }
  if (isOptional) return undefined;
  throw new CliError(
    "CLI_CLIENT_FILE",
    `${path} is not what npm start writes there; start the tenant again`,
  );
}

function keyOf(path: string): string {
  let key: string | undefined;
  try {
    key = readWordFile(path, LIMITS.keyFileBytes);
  } catch (cause) {
    throw new CliError("CLI_KEY_FILE", `cannot read the key file ${path}`, { cause });
  }
  if (key === undefined)
    throw new CliError("CLI_KEY_FILE", `${path} does not hold an API key: one word in one line`);
  return key;
}
