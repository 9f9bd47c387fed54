// `npm run release`: freezes the bases, and moves channels to what is frozen.
import { parseArgs } from "node:util";
import { root } from "../../tools/root.ts";
import { main, say } from "../../tools/say.ts";
import { errorMessage } from "../errors.ts";
import { freeze } from "../release/freeze.ts";
import { moveChannel } from "../release/move.ts";
import type { Report } from "../release/frozen.ts";

const help = `Usage: npm run release -- <name>
       npm run release -- --move <cluster> canary <release>
       npm run release -- --move <cluster> stable [<release>]

The first form copies bases/next to bases/<name> and seals it: nothing in it ever changes again. No tenant
gets it by that. The others edit overlays/<cluster>/cluster.yaml, one pull request each: first canary
tenants get a release, then stable ones. Without a release, stable takes over what canary has, images
included. Run npm run generate afterwards.

  --root <folder>   another repository than this one
  --help            this text

Exit codes: 0 done; 2 wrong usage, a name that is taken, or a release or cluster that is not there.
`;

await main(run);

async function run(): Promise<number> {
  const parsed = parse();
  if (parsed === undefined) return 2;
  const { values, positionals } = parsed;
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const place = values.root ?? root;
  const report: Report = (code, given) => say(`${errorMessage(code, given)} [${code}]`);
  if (values.move === undefined) {
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0) return usage("one name of a release");
    const files = freeze(place, name, report);
    if (files === undefined) return 2;
    process.stdout.write(
      `bases/${name}: ${files} files, frozen. Next: npm run release -- --move <cluster> canary ${name}\n`,
    );
    return 0;
  }
  const [channel, release, ...rest] = positionals;
  if ((channel !== "canary" && channel !== "stable") || rest.length > 0)
    return usage("--move takes a cluster, canary or stable, and a release");
  if (channel === "canary" && release === undefined) return usage("canary needs a release");
  const moves = moveChannel(place, values.move, channel, release, report);
  if (moves === undefined) return 2;
  for (const { field, before, after } of moves)
    process.stdout.write(`channels.${channel}.${field}: ${before} -> ${after}\n`);
  if (moves.length === 0) process.stdout.write(`${channel} has that already\n`);
  return 0;
}

function usage(what: string): number {
  say(`${what}\n\n${help}`);
  return 2;
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        move: { type: "string" },
        root: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    usage(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
