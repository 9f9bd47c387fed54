// `npm run status`: how do the tenants of a cluster do? Looks, and changes nothing.
import { z } from "zod";
import { Out } from "../../apps/cli/src/output/out.ts";
import { harmlessJson } from "../../apps/cli/src/output/terminal.ts";
import { root } from "../../tools/root.ts";
import { failure } from "../errors.ts";
import { connectReader } from "../kubernetes/reader.ts";
import { changeLines } from "../status/changes.ts";
import { watchLines } from "../status/lines.ts";
import { overview } from "../status/overview.ts";
import { page } from "../status/page.ts";
import { paintFor, PLAIN, type Paint } from "../status/paint.ts";
import { openSession } from "../status/session.ts";
import { statusSchema, watchSchema, type Status } from "../status/shape.ts";
import { watchStatus } from "../status/watch.ts";
import { CLUSTER_HELP, CLUSTER_OPTIONS, given, readArguments, runCommand } from "./command.ts";
import { openScreen } from "./screen.ts";

const help = `Usage: npm run status -- [tenant] [options]

Says of all tenants of a cluster, or of one in full: the commit that Argo CD synced, health, drift, what waits
for a confirmation, quota, pods, volumes, Redis' memory, and what is wrong in plain words. It only reads.

  --watch              go on, and show what changes: in place on a terminal, in lines otherwise
  --json               for programs; with --watch a line of JSON for each change
  --schema             print the JSON Schema of that, and of its lines with --watch
  --cluster <name>     the folder under overlays/; what Argo CD follows when left out
${CLUSTER_HELP}
Exit codes: 0 all is well; 1 something is wrong, or still changing; 2 it cannot be told: wrong usage, no way to
the API server, or no right to read a part of it (the rest is shown).
`;

await runCommand(run);

async function run(): Promise<number> {
  const { values, positionals } = readArguments({
    options: { ...CLUSTER_OPTIONS, watch: { type: "boolean" }, schema: { type: "boolean" } },
    allowPositionals: true,
  });
  const out = new Out(process.stdout);
  if (values.help === true) {
    await out.write(help);
    return 0;
  }
  if (values.schema === true) {
    const schema = z.toJSONSchema(values.watch === true ? watchSchema : statusSchema);
    await out.write(`${JSON.stringify(schema, null, 2)}\n`);
    return 0;
  }
  const [tenant, ...others] = positionals;
  if (others.length > 0) throw failure("usage", { reason: "one tenant at a time" });
  const reader = await connectReader(
    given({ kubeconfig: values.kubeconfig, context: values.context }),
  );
  const clone = values.root ?? root;
  const session = openSession(reader, { root: clone, cluster: values.cluster, tenant });
  try {
    await session.read();
    await session.readBesides();
    if (!session.isKnown()) {
      throw failure("unknown-tenant", {
        tenant: tenant ?? "",
        where: `in Git, in Argo CD or on ${reader.server}`,
      });
    }
    if (values.watch !== true) {
      const status = session.status();
      const paint = paintFor(process.stdout, process.env);
      await out.write(
        values.json === true ? `${harmlessJson(status)}\n` : inWords(status, tenant, paint),
      );
      return exitOf(status);
    }
    return await watch(values.json === true);
  } finally {
    reader.close();
  }

  async function watch(json: boolean): Promise<number> {
    const ended = endedBy(out);
    const screen =
      process.stdout.isTTY === true && !json && process.env["TERM"] !== "dumb"
        ? openScreen(process.stdout)
        : undefined;
    const paint = paintFor(process.stdout, process.env);
    const show = (status: Status, before: Status | undefined): void => {
      if (screen !== undefined) screen.draw(inWords(status, tenant, paint));
      else if (json) {
        void out.write(
          watchLines(before, status)
            .map((line) => `${harmlessJson(line)}\n`)
            .join(""),
        );
      } else {
        void out.write(
          changeLines(before, status)
            .map((line) => `${line}\n`)
            .join(""),
        );
      }
    };
    let last: Status | undefined;
    try {
      last = await watchStatus(reader, session, show, ended, screen !== undefined);
    } finally {
      screen?.leave();
    }
    if (screen !== undefined) await out.write(inWords(last, tenant, paint));
    return exitOf(last);
  }
}

function inWords(status: Status, tenant: string | undefined, paint: Paint = PLAIN): string {
  const one = status.tenants.find(({ id }) => id === tenant);
  return one === undefined ? overview(status, paint) : page(status, one, paint);
}

/** 2 only where nothing is known to be wrong: what is wrong needs somebody, whatever else there may be. */
function exitOf({ verdict, gaps }: Status): number {
  if (verdict === "wrong") return 1;
  if (verdict === "unknown" || gaps.length > 0) return 2;
  return verdict === "changing" ? 1 : 0;
}

/** Ctrl-C, a signal, or a reader that went away. */
function endedBy(out: Out): AbortSignal {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
  process.stdout.once("close", end);
  const closed = setInterval(() => {
    if (out.closed) end();
  }, 200);
  controller.signal.addEventListener("abort", () => clearInterval(closed));
  return controller.signal;
}
