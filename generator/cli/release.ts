// `npm run release`: freezes the bases, and moves channels to what is frozen.
import { root } from "../../tools/root.ts";
import { main, say } from "../../tools/say.ts";
import { errorMessage } from "../errors.ts";
import { freeze } from "../release/freeze.ts";
import { moveChannel } from "../release/move.ts";
import type { Report } from "../release/frozen.ts";
import { COMMON, readArguments, usage } from "./arguments.ts";

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

await main(run, 2);

async function run(): Promise<number> {
  const parsed = readArguments(help, {
    allowPositionals: true,
    options: { ...COMMON, move: { type: "string" } },
  });
  if (parsed === undefined) return 0;
  const { values, positionals } = parsed;
  const place = values.root ?? root;
  const report: Report = (code, given) => say(`${errorMessage(code, given)} [${code}]`);
  if (values.move === undefined) {
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0) throw usage(help, "one name of a release");
    const files = freeze(place, name, report);
    if (files === undefined) return 2;
    process.stdout.write(
      `bases/${name}: ${files} files, frozen. Next: npm run release -- --move <cluster> canary ${name}\n`,
    );
    return 0;
  }
  const [channel, release, ...rest] = positionals;
  if ((channel !== "canary" && channel !== "stable") || rest.length > 0)
    throw usage(help, "--move takes a cluster, canary or stable, and a release");
  if (channel === "canary" && release === undefined) throw usage(help, "canary needs a release");
  const moves = moveChannel(place, values.move, channel, release, report);
  if (moves === undefined) return 2;
  for (const { field, before, after } of moves)
    process.stdout.write(`channels.${channel}.${field}: ${before} -> ${after}\n`);
  if (moves.length === 0) process.stdout.write(`${channel} has that already\n`);
  return 0;
}
