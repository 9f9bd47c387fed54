// `npm run verify`: are the committed overlays what the records give, and are they safe?
import { findTools } from "../../tools/manifests/find.ts";
import { cacheFolder } from "../../tools/machine.ts";
import { root } from "../../tools/root.ts";
import { main, ToolError } from "../../tools/say.ts";
import { ERRORS } from "../errors.ts";
import { printProblems } from "../record/print.ts";
import { cacheIn, verify, type Verified, type Watch } from "../verify/verify.ts";
import { COMMON, readArguments } from "./arguments.ts";

const help = `Usage: npm run verify -- [options]

Generates every overlay again and fails on any byte that differs; builds each overlay with kustomize;
checks all objects against the schemas in generator/verify/schemas/json; proves that quotas hold what is
deployed, that no tenant reaches another one, nor any organization a Redis, and that no Role lets anybody
change what this rests on. Frozen releases of the bases have to be what they were frozen with, and each
cluster's platform what the cluster's record says and its tenants rest on.

  --since <ref>     build and prove only what changed since the merge base with this Git ref
  --base <ref>      compare the records with those of the merge base with this Git ref;
                    the ref of --since when left out
  --skip-rings      let stable tenants get what canary ones have not had: for an emergency
  --no-cache        build everything again
  --root <folder>   another repository than this one
  --format <name>   text (default) or json
  --help            this text

Exit codes: 0 nothing is wrong; 1 something is; 2 wrong usage, an unknown ref or a missing tool.
`;

const silent: Watch = { ended: () => undefined, building: () => undefined };

await main(run, 2);

async function run(): Promise<number> {
  const parsed = readArguments(help, {
    options: {
      ...COMMON,
      since: { type: "string" },
      base: { type: "string" },
      "skip-rings": { type: "boolean" },
      "no-cache": { type: "boolean" },
      format: { type: "string" },
    },
  });
  if (parsed === undefined) return 0;
  const { values } = parsed;
  const format = values.format ?? "text";
  if (format !== "text" && format !== "json")
    throw new ToolError(`there is no format '${format}': text or json`);
  const started = performance.now();
  const verified = await verify({
    root: values.root ?? root,
    ...(values.since === undefined ? {} : { since: values.since }),
    ...(values.base === undefined ? {} : { base: values.base }),
    skipRings: values["skip-rings"] === true,
    cache: values["no-cache"] === true ? null : cacheIn(cacheFolder()),
    findTools,
    watch: format === "json" ? silent : onTerminal(),
  });
  const seconds = (performance.now() - started) / 1000;
  if (format === "json") process.stdout.write(inJson(verified, seconds));
  else process.stdout.write(inWords(verified, seconds));
  return exitCode(verified);
}

function exitCode({ problems, findings }: Verified): number {
  return [...problems, ...findings].reduce(
    (code, { code: name }) => Math.max(code, ERRORS[name].exit),
    0,
  );
}

function onTerminal(): Watch {
  const isTerminal = process.stderr.isTTY === true;
  return {
    ended: (stage, words, findings) => {
      const mark = findings === 0 ? "ok" : `${findings} wrong`;
      process.stderr.write(`${stage.padEnd(13)} ${words}: ${mark}\n`);
    },
    building: (done, of) => {
      if (!isTerminal) return;
      process.stderr.write(done === of ? "\r\u001B[K" : `\rbuild         ${done} of ${of}`);
    },
  };
}

function inWords({ problems, findings, tenants }: Verified, seconds: number): string {
  const time = `${seconds.toFixed(1)} s`;
  if (problems.length > 0) return printProblems(problems, process.stdout.isTTY === true);
  if (findings.length === 0) return `${tenants} tenants verified in ${time}\n`;
  const lines = findings.map(({ stage, tenant, message, code }) => {
    const where = tenant === undefined ? stage : `${stage} ${tenant}`;
    return `${where}: ${message} [${code}]`;
  });
  const count = findings.length === 1 ? "1 finding" : `${findings.length} findings`;
  return `\n${lines.join("\n")}\n\n${count} in ${tenants} tenants, ${time}\n`;
}

function inJson(verified: Verified, seconds: number): string {
  return `${JSON.stringify({ ...verified, seconds: Number(seconds.toFixed(3)) }, null, 2)}\n`;
}
