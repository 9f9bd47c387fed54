// Starts a TypeScript entry point under the pinned Node, whatever Node the machine has (20 or newer).
// Plain JavaScript without dependencies: it runs before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodeOfProject = join(root, "node_modules", "node", "bin", "node");
const stamp = join(root, "node_modules", ".neurallog-installed");
const wantedMajor = 24;

function fail(message) {
  console.error(`neurallog: ${message}`);
  process.exit(1);
}

const major = Number(process.versions.node.split(".")[0]);
if (major < 20)
  fail(`Node ${process.versions.node} is too old to start from; install Node 20 or newer.`);

// The lock file's hash says whether what is installed is what is asked for.
const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const installed = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
if (installed !== lock) {
  console.error("neurallog: installing the project's packages (npm ci) ...");
  const started = Date.now();
  // stdout is the entry point's own: what npm says goes to stderr, and only when it matters.
  const npm = spawnSync("npm", ["ci", "--no-progress", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.error)
    fail(`npm could not be run (${npm.error.message}); install npm, which comes with Node.`);
  if (npm.status !== 0) fail("npm ci failed, see above. Is the npm registry reachable?");
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
  console.error(`neurallog: installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

// Platforms that the `node` package has no binary of this version for run on their own Node, if it is a 24.
const node = existsSync(nodeOfProject) ? nodeOfProject : process.execPath;
if (node === process.execPath && major !== wantedMajor) {
  fail(
    `no Node ${wantedMajor} for ${process.platform}-${process.arch} on npm; install Node ${wantedMajor} yourself.`,
  );
}

const [entry, ...rest] = process.argv.slice(2);
if (!entry) fail("usage: node tools/run.mjs <entry.ts> [arguments]");
const child = spawn(node, [entry.startsWith("/") ? entry : join(root, entry), ...rest], {
  stdio: "inherit",
  // npm changes to the project's folder; relative paths that the user typed are from where they typed them.
  cwd:
    process.env.INIT_CWD && existsSync(process.env.INIT_CWD) ? process.env.INIT_CWD : process.cwd(),
});
// The terminal sends Ctrl-C to the whole group; the child decides when it is done, and its end is ours.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => fail(`could not start ${node}: ${error.message}`));
child.on("exit", (code, signal) =>
  process.exit(signal ? 128 + (signal === "SIGINT" ? 2 : 15) : (code ?? 1)),
);
