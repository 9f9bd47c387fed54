// `npm run fuzz -- [--inputs 1000000] [--seed 1] [--only N] [decoder…]`: mutated inputs for each decoder.
import { parseArgs } from "node:util";

import { fuzz } from "./fuzz.ts";
import { loadTargets } from "./load.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});

const targets = await loadTargets();
const unknown = positionals.filter((name) => !targets.some((target) => target.name === name));
if (unknown.length > 0) {
  console.error(
    `no decoder is called ${unknown.join(", ")}: ${targets.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}
const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
let failed = false;
for (const target of chosen) {
  const started = performance.now();
  const only = values.only === undefined ? {} : { only: Number(values.only) };
  const findings = await fuzz(target, {
    inputs: Number(values.inputs),
    seed: Number(values.seed),
    ...only,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${target.name}: ${values.inputs} inputs, ${findings.length} findings (${seconds} s)`,
  );
  for (const { index, problem, input } of findings) {
    failed = true;
    console.log(`  input ${index} (--seed ${values.seed} --only ${index}): ${problem}`);
    console.log(`    ${input.length} bytes, base64 ${input.toString("base64").slice(0, 400)}`);
  }
}
if (failed) process.exit(1);
