// `npm run promote`: main, verified as a whole, becomes what Argo CD follows.
import { findTools } from "../../tools/manifests/find.ts";
import { cacheFolder } from "../../tools/machine.ts";
import { root } from "../../tools/root.ts";
import { main, say } from "../../tools/say.ts";
import { promote } from "../promote/promote.ts";
import { printProblems } from "../record/print.ts";
import { cacheIn, verify, type Verified } from "../verify/verify.ts";
import { COMMON, readArguments } from "./arguments.ts";

const help = `Usage: npm run promote -- [options]

Verifies main as a whole, its records compared with those that Argo CD has now, and then moves the ref that
Argo CD follows to exactly that commit, by a fast-forward. Refuses when the work tree differs from its commit,
when that is not main's head, or when anything is wrong: then the ref stays, and Argo CD keeps healing what
it has. The first time it makes the ref.

  --remote <name>     repository that Argo CD reads (default origin)
  --branch <name>     where pull requests land (default main)
  --ref <name>        what Argo CD follows (default verified)
  --replace <commit>  the ref is at this commit, which main does not have: put main in its place
  --skip-rings        let stable tenants get what canary ones have not had: for an emergency
  --root <folder>     another repository than this one
  --help              this text

Exit codes: 0 the ref is at main's head; 1 something is wrong with main; 2 refused, wrong usage, an unknown
ref, or the remote did not take it. Except for 0, nothing was moved.
`;

await main(run, 2);

async function run(): Promise<number> {
  const parsed = readArguments(help, {
    options: {
      ...COMMON,
      remote: { type: "string" },
      branch: { type: "string" },
      ref: { type: "string" },
      replace: { type: "string" },
      "skip-rings": { type: "boolean" },
    },
  });
  if (parsed === undefined) return 0;
  const { values } = parsed;
  const place = values.root ?? root;
  const ref = values.ref ?? "verified";
  const promoted = await promote({
    root: place,
    remote: values.remote ?? "origin",
    branch: values.branch ?? "main",
    ref,
    ...(values.replace === undefined ? {} : { replace: values.replace }),
    verify: (base) =>
      verify({
        root: place,
        ...(base === undefined ? {} : { base }),
        skipRings: values["skip-rings"] === true,
        cache: cacheIn(cacheFolder()),
        findTools,
        watch: { ended: () => undefined, building: () => undefined },
      }),
    say,
  });
  switch (promoted.outcome) {
    case "unverified":
      process.stderr.write(inWords(promoted.verified));
      say(`${ref} stays where it is: main is not fit to be followed`);
      return 1;
    case "refused":
      say(`${promoted.message} [${promoted.code}]`);
      return 2;
    default: {
      const verb = { moved: "moved to", created: "made at", already: "is already at" };
      process.stdout.write(`${ref} ${verb[promoted.outcome]} ${promoted.commit}\n`);
      return 0;
    }
  }
}

function inWords({ problems, findings }: Verified): string {
  if (problems.length > 0) return printProblems([...problems], process.stderr.isTTY === true);
  return findings
    .map(({ stage, tenant, message, code }) => `${stage} ${tenant ?? ""}: ${message} [${code}]\n`)
    .join("");
}
