import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { runProgram } from "../../../tools/process.ts";
import { collector, type Finding } from "../finding.ts";
import { KUBERNETES } from "./sources.ts";

/** A rendered overlay, as one text of many documents. */
export interface Rendered {
  readonly tenant: string;
  readonly text: string;
  /** How many objects a parser of our own found in it. */
  readonly objects: number;
}

export const SCHEMAS = fileURLToPath(new URL("json/", import.meta.url));

const output = z.object({
  resources: z
    .array(
      z.object({
        filename: z.string(),
        kind: z.string(),
        name: z.string(),
        status: z.string(),
        msg: z.string(),
      }),
    )
    .nullish(),
  summary: z.object({ valid: z.int(), invalid: z.int(), errors: z.int(), skipped: z.int() }),
});

/**
 * Checks rendered overlays against the schemas of this repository, all in one process. A kind without
 * a schema is a finding, and so is a difference between what was counted and what was checked:
 * kubeconform calls an empty input valid.
 */
export async function checkSchemas(
  kubeconform: string,
  overlays: readonly Rendered[],
  schemas: string = SCHEMAS,
): Promise<Finding[]> {
  if (overlays.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), "neurallog-schemas-"));
  try {
    const files = new Map(overlays.map((each, i) => [join(folder, `${i}.yaml`), each]));
    for (const [file, { text }] of files) await writeFile(file, text);
    const { stdout, stderr } = await runProgram(kubeconform, [
      "-strict",
      "-n",
      "2",
      "-output",
      "json",
      "-summary",
      "-kubernetes-version",
      KUBERNETES,
      "-schema-location",
      join(schemas, "{{.ResourceKind}}{{.KindSuffix}}.json"),
      ...files.keys(),
    ]);
    return findings(overlays, files, stdout, stderr);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function findings(
  overlays: readonly Rendered[],
  files: ReadonlyMap<string, Rendered>,
  stdout: string,
  stderr: string,
): Finding[] {
  const all = collector("schema", undefined);
  const parsed = output.safeParse(tryJson(stdout));
  if (!parsed.success) {
    all.report("schema-tool", { reason: (stderr || stdout || "it printed nothing").trim() });
    return all.findings;
  }
  const { resources, summary } = parsed.data;
  const found = (resources ?? []).flatMap(({ filename, kind, name, status, msg }) => {
    const { findings, report } = collector("schema", files.get(filename)?.tenant);
    if (status === "statusValid") return [];
    const missing = /could not find schema/i.test(msg);
    if (missing) report("schema-missing", { kind });
    else report("schema-invalid", { object: `${kind} ${name}`, reason: plain(msg) });
    return findings;
  });
  const objects = overlays.reduce((sum, each) => sum + each.objects, 0);
  const told = summary.invalid + summary.errors + summary.skipped;
  if (summary.valid + told !== objects || (told > 0 && found.length === 0)) {
    all.report("schema-count", { objects, checked: summary.valid + told });
  }
  return [...found, ...all.findings];
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** kubeconform's sentence without its preamble and the address of the schema. */
function plain(message: string): string {
  return message
    .replace(/^problem validating schema\. Check JSON formatting: /, "")
    .replaceAll(
      /jsonschema(?: validation failed with)? '[^']*'(?: does not validate with \S+:)?/g,
      "",
    )
    .replaceAll(/\s*\n\s*-?\s*/g, "; ")
    .replace(/^[-;\s]+/, "");
}
