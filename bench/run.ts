// `npm run bench -- <name> [arguments]`: runs one benchmark, which prints its figures beside a baseline of the same run.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts") && file !== "run.ts")
  .map((file) => file.slice(0, -".ts".length))
  .sort();

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  const problem = name === undefined ? "name a benchmark" : `no benchmark is called '${name}'`;
  console.error(`${problem}: npm run bench -- <${names.join("|")}> [arguments]`);
  process.exit(2);
}

const benchmark: { run(args: string[]): Promise<void> } = await import(
  new URL(`${name}.ts`, import.meta.url).href
);
await benchmark.run(args);
