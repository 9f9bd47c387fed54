// Starts a TypeScript entry point under the pinned Node, whatever Node the machine has (20 or newer).
// Plain JavaScript without dependencies: it runs before anything is installed. package.json's scripts
// say `exec`: a shell between npm and this would keep the signals that npm passes on.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";

import { withLock } from "./lock.mjs";

const oldestMajor = 20;
const wantedMajor = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string} message */
function say(message) {
  process.stderr.write(`neurallog: ${message}\n`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  say(message);
  process.exit(1);
}

/**
 * Compares what npm says it installed with the lock file. Packages for other platforms are
 * missing on purpose.
 * @returns {boolean}
 */
function isInstalled() {
  const installed = packagesOf(join(root, "node_modules", ".package-lock.json"));
  return Object.entries(packagesOf(join(root, "package-lock.json"))).every(([path, wanted]) => {
    if (!path.includes("node_modules/")) return true;
    const found = installed[path];
    return found ? found.integrity === wanted.integrity : wanted.optional === true;
  });
}

/**
 * @param {string} file
 * @returns {Record<string, { integrity?: string, optional?: boolean }>}
 */
function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : {};
}

/** @returns {string | undefined} why it failed */
function install() {
  say("installing the project's packages (npm ci) ...");
  const started = Date.now();
  // stdout belongs to the entry point. Warnings are kept quiet: an older Node that only starts the
  // pinned one would be told of every package that it is too old for.
  const npm = spawnSync("npm", ["ci", "--no-progress", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.error) return `npm could not be run (${npm.error.message}); it comes with Node.`;
  if (npm.signal) return `npm ci was ended by ${npm.signal}`;
  if (npm.status !== 0) return "npm ci failed, see above. Is the npm registry reachable?";
  say(`installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return undefined;
}

/** The pinned Node; where npm has none for the platform, the machine's own, if it is of that major. */
function pinnedNode() {
  const pinned = join(root, "node_modules", "node", "bin", "node");
  return existsSync(pinned) ? pinned : ownNode("it did not come with the packages");
}

/** @param {string} reason why it has to be the machine's own */
function ownNode(reason) {
  if (process.versions.node.startsWith(`${wantedMajor}.`)) return process.execPath;
  return fail(
    `no pinned Node for ${process.platform}-${process.arch}: ${reason}. ` +
      `Install Node ${wantedMajor} yourself.`,
  );
}

/**
 * @param {string} entry
 * @param {string[]} args
 * @param {string} node
 */
function start(entry, args, node) {
  const invoked = process.env["INIT_CWD"];
  const child = spawn(node, [isAbsolute(entry) ? entry : join(root, entry), ...args], {
    stdio: "inherit",
    // npm changes to the project's folder; paths that the user typed count from where they were typed.
    cwd: invoked && existsSync(invoked) ? invoked : process.cwd(),
    // Without it each start strips and compiles every module again.
    env: { NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "compiled"), ...process.env },
  });
  child.on("error", (error) => {
    if (node === process.execPath) fail(`Node could not be started: ${error.message}`);
    // Such as a system without the C library that npm's build was made for.
    start(entry, args, ownNode(error.message));
  });
  // A terminal's Ctrl-C reaches the whole group, the child included, and npm sends it once more:
  // passing it on as well would look like an impatient second Ctrl-C.
  const atTerminal = [0, 1, 2].some((stream) => isatty(stream));
  let interrupted = false;
  process.on("SIGINT", () => {
    if (!atTerminal && !interrupted) child.kill("SIGINT");
    interrupted = true;
  });
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) {
    process.once(signal, () => {
      child.kill(signal);
      process.on(signal, () => {});
    });
  }
  child.on("exit", (code, signal) => {
    process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1));
  });
}

if (Number(process.versions.node.split(".")[0]) < oldestMajor) {
  fail(
    `Node ${process.versions.node} is too old to start from; install Node ${oldestMajor} or newer.`,
  );
}
const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) fail("usage: node tools/run.mjs <entry.ts> [arguments]");
if (!isInstalled()) {
  // Two commands started at once on a fresh clone must not install over each other.
  const failure = await withLock(
    join(root, ".neurallog", "install.lock"),
    () => (isInstalled() ? undefined : install()),
    (pid) => say(`waiting for process ${pid}, which installs the packages ...`),
  );
  if (failure !== undefined) fail(failure);
}
start(entry, args, pinnedNode());
