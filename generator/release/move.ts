// Moves a channel of a cluster to a release: an edit of `overlays/<cluster>/cluster.yaml` that leaves every other byte
// as it was, comments included, so that the pull request shows one line.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isScalar, parseDocument, type Document, type Scalar } from "yaml";
import { didYouMean } from "../record/suggest.ts";
import { listReleases, type Report } from "./frozen.ts";

export type Channel = "canary" | "stable";

/** What moved: paths below `channels.<channel>`, with the old and the new text. */
export interface Move {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Sets a channel's release; without one, `stable` takes over release and images of `canary`. Returns what changed,
 * undefined where it reported why nothing did.
 */
export function moveChannel(
  root: string,
  cluster: string,
  channel: Channel,
  release: string | undefined,
  report: Report,
): Move[] | undefined {
  const file = `overlays/${cluster}/cluster.yaml`;
  if (!/^[a-z0-9-]+$/.test(cluster) || !existsSync(join(root, file))) {
    report("release-move", { reason: `there is no ${file}` });
    return undefined;
  }
  const text = readFileSync(join(root, file), "utf8");
  const document = parseDocument(text);
  const wanted = release === undefined ? fieldsOf(document, "canary") : { release };
  const releases = listReleases(root);
  const name = wanted["release"];
  if (name === undefined || !releases.includes(name)) {
    const hint = didYouMean(name ?? "", releases) ?? `there are: ${releases.join(", ")}`;
    report("release-move", { reason: `there is no release '${name}' under bases/; ${hint}` });
    return undefined;
  }
  const edits: { start: number; end: number; text: string }[] = [];
  const moves: Move[] = [];
  for (const [field, after] of Object.entries(wanted)) {
    const scalar = scalarAt(document, channel, field);
    if (scalar === undefined) {
      report("release-move", { reason: `${file} has no channels.${channel}.${field}` });
      return undefined;
    }
    const before = String(scalar.value);
    if (before === after) continue;
    const [start, end] = scalar.range ?? [0, 0];
    // A name like 1.10 without quotes would be the number 1.1.
    edits.push({ start, end, text: /^[a-z]/.test(after) ? after : JSON.stringify(after) });
    moves.push({ field, before, after });
  }
  let result = text;
  for (const edit of edits.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
  if (edits.length > 0) writeFileSync(join(root, file), result);
  return moves;
}

/** `release` and `images.<name>` of a channel. */
function fieldsOf(document: Document.Parsed, channel: Channel): Record<string, string> {
  const fields: Record<string, string> = {};
  const node = document.getIn(["channels", channel]);
  if (!isMap(node)) return fields;
  for (const { key, value } of node.items) {
    if (!isScalar(key)) continue;
    if (isScalar(value)) fields[String(key.value)] = String(value.value);
    if (!isMap(value)) continue;
    for (const inner of value.items)
      if (isScalar(inner.key) && isScalar(inner.value))
        fields[`${String(key.value)}.${String(inner.key.value)}`] = String(inner.value.value);
  }
  return fields;
}

function scalarAt(document: Document.Parsed, channel: Channel, field: string): Scalar | undefined {
  const found: unknown = document.getIn(["channels", channel, ...field.split(".")], true);
  return isScalar(found) ? found : undefined;
}
