import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { NeuralLogClient, type LogRecord } from "../../../apps/client/src/index.ts";
import { textAt } from "../../../tools/cluster/api/object.ts";
import { api } from "./here.ts";
import { until } from "./until.ts";
import { namespaces, volumeFolder } from "./tenant.ts";

/** A line of the writer's notes: a batch that was acknowledged, or a call that failed and was made again. */
type Note =
  | { run: number; first: number; ids: string[]; ms: number; at: number }
  | { run: number; failed: string; isGivenUp: boolean };

export interface Noted {
  /** Id by the writer's own name of the record: `run/n`. */
  readonly acknowledged: ReadonlyMap<string, string>;
  readonly batches: number;
  /** Calls that failed and were made again by the application, by their error's code. */
  readonly again: ReadonlyMap<string, number>;
  readonly givenUp: number;
  /** The longest that one batch took from its first request to its acknowledgement. */
  readonly longestMs: number;
}

/** All that the writer noted whole until now. @param since leaves out batches that ended before, in ms */
export function readNotes(since = 0): Noted {
  const folder = volumeFolder("notes");
  const acknowledged = new Map<string, string>();
  const again = new Map<string, number>();
  let [batches, givenUp, longestMs] = [0, 0, 0];
  for (const file of readdirSync(folder)) {
    // A line that a kill cut short acknowledged nothing that anybody knows of.
    const lines = readFileSync(join(folder, file), "utf8").split("\n").slice(0, -1);
    for (const line of lines) {
      const note: Note = JSON.parse(line);
      if ("failed" in note) {
        again.set(note.failed, (again.get(note.failed) ?? 0) + 1);
        givenUp += note.isGivenUp ? 1 : 0;
        continue;
      }
      batches += 1;
      if (note.at + note.ms >= since) longestMs = Math.max(longestMs, note.ms);
      note.ids.forEach((id, index) => acknowledged.set(`${note.run}/${note.first + index}`, id));
    }
  }
  return { acknowledged, batches, again, givenUp, longestMs };
}

export interface Compared {
  readonly lost: readonly string[];
  /** Records of the writer that are stored more than once. */
  readonly twice: readonly string[];
  readonly stored: number;
}

/** Holds what was acknowledged against everything that the log service exports, as soon as it does. */
export function compare(acknowledged: ReadonlyMap<string, string>): Promise<Compared> {
  return until("an export to its end", () => compareOnce(acknowledged));
}

async function compareOnce(acknowledged: ReadonlyMap<string, string>): Promise<Compared> {
  const stored = new Map<string, string>();
  const twice: string[] = [];
  const client = await reader();
  for await (const record of client.export({ q: "source:writer" })) {
    const name = nameOf(record);
    if (stored.has(name)) twice.push(name);
    stored.set(name, record.id);
  }
  const lost = [...acknowledged].filter(([name, id]) => stored.get(name) !== id);
  return { lost: lost.map(([name]) => name), twice, stored: stored.size };
}

const nameOf = ({ metadata = {} }: LogRecord) => `${metadata["run"]}/${metadata["n"]}`;

/** A reader's client from the node itself, by the Service's address. */
async function reader(): Promise<NeuralLogClient> {
  const service = await api.get({
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: namespaces.root, name: "log-service" },
  });
  const secret = await api.get({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: namespaces.organization, name: "log-service-keys" },
  });
  const key = Buffer.from(textAt(secret.body, "data", "dashboard") ?? "", "base64").toString();
  const address = textAt(service.body, "spec", "clusterIP") ?? "";
  return new NeuralLogClient({ url: `http://${address}:8080`, key, retries: 8 });
}
