// `npm run prerequisites`: has a cluster what its platform and its tenants need? Looks, and changes nothing.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Out } from "../../apps/cli/src/output/out.ts";
import { harmlessJson } from "../../apps/cli/src/output/terminal.ts";
import { printProblems } from "../../generator/record/print.ts";
import { readCluster, readPrerequisites, type ReadResult } from "../../generator/record/read.ts";
import { root } from "../../tools/root.ts";
import { failure } from "../errors.ts";
import { connectAsker } from "../kubernetes/asker.ts";
import { checkArgo, checkControllers } from "../prerequisites/argocd.ts";
import { inWords, verdictOf, type Report } from "../prerequisites/report.ts";
import { checkRights } from "../prerequisites/rights.ts";
import { checkAdmission, checkKinds, checkStorage, checkVersion } from "../prerequisites/server.ts";
import { paintFor } from "../status/paint.ts";
import { CLUSTER_HELP, CLUSTER_OPTIONS, given, readArguments, runCommand } from "./command.ts";

const help = `Usage: npm run prerequisites -- --cluster <name> [options]

Compares a live cluster with overlays/<name>/platform/prerequisites.yaml and cluster.yaml: versions, custom resources,
storage classes, Argo CD and its settings, controllers, the policy engine, and whether you may apply the platform.

  --cluster <name>     the folder under overlays/; may stand alone, without --cluster
  --json               for programs
${CLUSTER_HELP}
Exit codes: 0 all of it is there; 1 something is not; 2 it cannot be told.
`;

await runCommand(run);

async function run(): Promise<number> {
  const { values, positionals } = readArguments({
    options: CLUSTER_OPTIONS,
    allowPositionals: true,
  });
  const out = new Out(process.stdout);
  if (values.help === true) {
    await out.write(help);
    return 0;
  }
  const [name, ...others] = [values.cluster, ...positionals].filter((each) => each !== undefined);
  if (name === undefined || others.length > 0) {
    throw failure("usage", { reason: "name one cluster: --cluster <name>" });
  }
  const clone = values.root ?? root;
  const record = open(clone, name, "cluster.yaml", readCluster);
  const wanted = open(clone, name, "platform/prerequisites.yaml", readPrerequisites);
  const asker = await connectAsker(
    given({ kubeconfig: values.kubeconfig, context: values.context }),
  );
  try {
    // First and alone: a server that is down is the whole answer, not twenty of them.
    await asker.read("/version", "the server's version");
    const checks = await Promise.all([
      checkVersion(asker, wanted),
      checkAdmission(asker),
      checkKinds(asker, wanted),
      checkStorage(asker, wanted, record),
      checkArgo(asker, wanted),
      checkControllers(asker, wanted),
      checkRights(asker),
    ]);
    const report: Report = {
      format: "neurallog-prerequisites/1",
      at: new Date().toISOString(),
      cluster: name,
      context: asker.context,
      server: asker.server,
      verdict: verdictOf(checks.flat()),
      checks: checks.flat(),
    };
    const paint = paintFor(process.stdout, process.env);
    await out.write(
      values.json === true
        ? `${harmlessJson(report)}\n`
        : inWords(report, (verdict, text) =>
            paint.verdict(verdict === "ok" ? "well" : verdict, text),
          ),
    );
    return { ok: 0, wrong: 1, unknown: 2 }[report.verdict];
  } finally {
    asker.close();
  }
}

/** A file of a cluster's overlay, read as the generator reads it. */
function open<T>(
  clone: string,
  cluster: string,
  file: string,
  read: (path: string, content: Uint8Array) => ReadResult<T>,
): T {
  const path = `overlays/${cluster}/${file}`;
  // A name that is a path would read anything.
  if (!/^[a-z0-9][a-z0-9-]*$/.test(cluster)) throw failure("unknown-cluster", { cluster, file });
  let content: Uint8Array;
  try {
    content = readFileSync(join(clone, path));
  } catch (error) {
    throw failure("unknown-cluster", { cluster, file }, error);
  }
  const { sourced, problems } = read(path, content);
  if (sourced !== null && problems.length === 0) return sourced.record;
  throw failure("usage", { reason: `${path} is not right:\n${printProblems(problems, false)}` });
}
