// `npm run offboard`: removes a retired tenant, or an organization of one, from its cluster. On purpose.
import { readFileSync } from "node:fs";
import { NeuralLogClient, NeuralLogError } from "../../apps/client/src/index.ts";
import { organizationId, tenantId } from "../../generator/record/schema/scalars.ts";
import { root } from "../../tools/root.ts";
import { failure } from "../errors.ts";
import type { Held } from "../offboard/check.ts";
import { readExport } from "../offboard/export-file.ts";
import { offboard, removeLeftovers, type Offboarded } from "../offboard/offboard.ts";
import { receiptFile } from "../../generator/record/receipt.ts";
import { connectWriter } from "../kubernetes/writer.ts";
import { plain } from "../text.ts";
import { CLUSTER_HELP, CLUSTER_OPTIONS, given, readArguments, runCommand } from "./command.ts";

const help = `Usage: npm run offboard -- <tenant> --export <file> --approve <tenant>
       npm run offboard -- <tenant> --organization <id> --approve <id>
       npm run offboard -- <tenant> --leftovers --approve <tenant>

Removes a tenant that is retiring: its Application, its namespaces and its volumes, once everything says so:
the record at the commit that Argo CD follows, the cluster, the day, an export of everything, and you. Where
one does not, nothing is touched. Writes tenants/offboarded/<tenant>.json, with which the record may be
deleted. Killed at any moment, the same command goes on.

  --export <file>      made by neurallog export --all --output <file>, its manifest beside it
  --url <address>      ask the tenant's log service too whether the export lacks anything; its key is in
                       NEURALLOG_KEY_FILE or NEURALLOG_KEY
  --approve <id>       the id of what goes, typed again
  --organization <id>  of an organization that is retiring: its namespaces and their volumes
  --leftovers          namespaces of the tenant that Git does not have any more and in which nothing is
  --dry-run            all checks, and what would be removed
  --remote <name>      repository that Argo CD reads (default origin)
  --ref <name>         what it follows (default verified)
  --wait <seconds>     how long namespaces may take to end (default 600)
  --as <user>, --as-group <group>
                       act as somebody whom you may impersonate, as kubectl does
${CLUSTER_HELP}
Exit codes: 0 done, or a dry run without objections; 1 a check failed, nothing was touched; 2 it cannot be
told, or the cluster refused: what was begun is gone on with by the same command.
`;

await runCommand(run);

async function run(): Promise<number> {
  const { values, positionals } = readArguments({
    allowPositionals: true,
    options: {
      ...CLUSTER_OPTIONS,
      export: { type: "string" },
      url: { type: "string" },
      approve: { type: "string" },
      organization: { type: "string" },
      leftovers: { type: "boolean" },
      "dry-run": { type: "boolean" },
      remote: { type: "string" },
      ref: { type: "string" },
      wait: { type: "string" },
      as: { type: "string" },
      "as-group": { type: "string" },
    },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const [tenant, ...others] = positionals;
  if (tenant === undefined || others.length > 0 || !tenantId("").safeParse(tenant).success)
    throw failure("usage", { reason: "one tenant's id; --help lists what there is" });
  const organization = values.organization ?? null;
  if (organization !== null && !organizationId("").safeParse(organization).success)
    throw failure("usage", { reason: `'${organization}' is no organization's id` });
  const seconds = Number(values.wait ?? "600");
  if (!Number.isSafeInteger(seconds) || seconds < 0 || seconds > 86_400)
    throw failure("usage", { reason: "--wait takes seconds, a day's at most" });
  const alone = [organization !== null, values.leftovers === true, values.export !== undefined];
  if (alone.filter(Boolean).length > 1)
    throw failure("usage", {
      reason: "--export, --organization and --leftovers exclude each other",
    });
  const options = {
    tenant,
    root: values.root ?? root,
    remote: values.remote ?? "origin",
    ref: values.ref ?? "verified",
    today: new Date().toISOString().slice(0, 10),
    approved: values.approve,
    dryRun: values["dry-run"] === true,
    patienceMilliseconds: seconds * 1000,
    say: (line: string) => void process.stderr.write(`${plain(line)}\n`),
  };
  const exported = values.export === undefined ? undefined : await readExport(values.export);
  const held = values.url === undefined ? undefined : await ask(values.url);
  if (values["as-group"] !== undefined && values.as === undefined)
    throw failure("usage", { reason: "--as-group goes with --as" });
  const writer = await connectWriter({
    ...given({ kubeconfig: values.kubeconfig, context: values.context }),
    ...(values.as === undefined
      ? {}
      : { as: { user: values.as, ...given({ group: values["as-group"] }) } }),
  });
  try {
    const done =
      values.leftovers === true
        ? await removeLeftovers(writer, options)
        : await offboard(writer, { ...options, organization, exported, held });
    return tell(done, options.dryRun, receiptFile(tenant, organization));
  } finally {
    writer.close();
  }
}

function tell(
  { checks, removes, leaves, receipt }: Offboarded,
  dryRun: boolean,
  file: string,
): number {
  const failed = checks.filter(({ ok }) => !ok).length;
  const lines = checks.map(({ ok, says }) => `${ok ? "ok " : "NO "} ${says}`);
  if (removes.length > 0 && receipt === null) {
    lines.push(failed > 0 || dryRun ? "would be removed, in this order:" : "removed:");
    lines.push(...removes.map((what) => `    ${what}`));
  }
  if (leaves.length > 0) {
    lines.push("not the cluster's, so somebody has to remove it by hand afterwards:");
    lines.push(...leaves.map((what) => `    ${what}`));
  }
  if (failed > 0) lines.push(`${failed} of ${checks.length} checks failed: nothing was touched`);
  if (receipt !== null && !dryRun) {
    lines.push(
      `${file} is the receipt. Delete the record${receipt.organization === null ? "" : "'s organization"}, run npm run generate, and commit all of it together.`,
    );
  }
  process.stdout.write(lines.map((line) => `${plain(line)}\n`).join(""));
  return failed > 0 ? 1 : 0;
}

async function ask(url: string): Promise<Held> {
  const file = process.env["NEURALLOG_KEY_FILE"];
  const key = file === undefined ? process.env["NEURALLOG_KEY"] : readKey(file);
  try {
    const client = new NeuralLogClient({ url, key });
    const { tenant, everything, namespaces } = await client.stats();
    if (namespaces === null)
      throw failure("offboard-service", { url, reason: "its store is away" });
    return { tenant, everything, namespaces };
  } catch (error) {
    if (!(error instanceof NeuralLogError)) throw error;
    throw failure("offboard-service", { url, reason: error.message }, error);
  }
}

function readKey(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(0, 4096).trim();
  } catch {
    throw failure("usage", { reason: `NEURALLOG_KEY_FILE: ${file} cannot be read` });
  }
}
