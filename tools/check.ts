// npm run check: lint, format, types and rooms, without running a test.
import { runChecks } from "./check/checks.ts";
import { main } from "./say.ts";

await main(async () => ((await runChecks(console.log)) === 0 ? 0 : 1));
