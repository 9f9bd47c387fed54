// npm test: gets what the tests need, checks the sources, runs the tests, and closes with one line
// that says how many passed. With arguments (npm test -- redis) they go to vitest, checks apart.
import { checks, runChecks } from "../check/checks.ts";
import { runInForeground } from "../foreground.ts";
import { findTool } from "../manifests/find.ts";
import { findRedis } from "../redis/find.ts";
import { root } from "../root.ts";
import { main, say, ToolError } from "../say.ts";
import { closeWith } from "./close.ts";
import { add, exitCode, nothing, type Counts } from "./counts.ts";
import { runVitest } from "./vitest.ts";

async function getTools(): Promise<void> {
  const redis = await findRedis();
  say(`Redis ${redis.version}: ${redis.path}`);
  for (const tool of ["kustomize", "kubeconform"] as const) {
    say(`${tool}: ${await findTool(tool)}`);
  }
}

async function check(): Promise<Counts> {
  const failed = await runChecks(console.log);
  return { ...nothing, passed: checks.length - failed, failed };
}

async function test(args: string[]): Promise<Counts> {
  try {
    await getTools();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    say(error.message);
    return { ...nothing, failed: 1 };
  }
  return await runVitest(args, (command, words, env) =>
    runInForeground(command, words, { cwd: root, env }),
  );
}

await main(async () => {
  const args = process.argv.slice(2);
  const checked = args.length === 0 ? await check() : nothing;
  const tested = await test(args);
  const counts = add(checked, tested);
  closeWith(counts);
  return exitCode(tested, counts);
});
