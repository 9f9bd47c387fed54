import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { root } from "../../tools/root.ts";
import { program } from "./support/fake.ts";

let folder: string;

/** A fresh clone with one dependency, one script, and an npm that installs slowly and keeps count. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-bootstrap-"));
  mkdirSync(join(folder, "tools"));
  for (const file of ["run.mjs", "lock.mjs"]) {
    copyFileSync(join(root, "tools", file), join(folder, "tools", file));
  }
  lockFile("sha512-one");
  const calls = join(folder, "calls");
  const modules = join(folder, "node_modules");
  program(
    join(folder, "bin", "npm"),
    "added",
    `echo "$@" >> '${calls}'; /bin/sleep 0.3; rm -rf '${modules}'
     mkdir -p '${modules}/node/bin'; ln -s '${process.execPath}' '${modules}/node/bin/node'
     cp '${join(folder, "package-lock.json")}' '${modules}/.package-lock.json'`,
  );
  writeFileSync(
    join(folder, "entry.ts"),
    `const [what]: string[] = process.argv.slice(2);
     if (what === "signal") process.kill(process.pid, "SIGTERM");
     else if (what === "wait") {
       let times = 0;
       process.on("SIGINT", () => {
         times += 1;
         setTimeout(() => process.exit(times), 200);
       });
       console.log("ready");
       setInterval(() => {}, 1000);
     } else {
       console.log(JSON.stringify(process.argv.slice(2)));
       process.exitCode = Number(what);
     }`,
  );
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function lockFile(integrity: string): void {
  const packages = {
    "": { name: "project" },
    "node_modules/needed": { integrity },
    "node_modules/other-platform": { integrity: "sha512-other", optional: true },
  };
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages }));
}

const installs = (): string[] =>
  existsSync(join(folder, "calls"))
    ? readFileSync(join(folder, "calls"), "utf8").trim().split("\n")
    : [];

function start(...args: string[]) {
  const path = [join(folder, "bin"), process.env["PATH"]].join(delimiter);
  const child = spawn(process.execPath, [join(folder, "tools", "run.mjs"), "entry.ts", ...args], {
    cwd: folder,
    env: { ...process.env, PATH: path, INIT_CWD: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (part: Buffer) => (said.out += part.toString()));
  child.stderr.on("data", (part: Buffer) => (said.err += part.toString()));
  const ended = once(child, "close").then(() => child.exitCode);
  return { child, said, ended };
}

describe("the bootstrap", () => {
  test("installs on a fresh clone, and says so on stderr alone", async () => {
    const { said, ended } = start("0", "two words");
    expect({ code: await ended, ...said }).toMatchObject({ code: 0, out: '["0","two words"]\n' });
    expect(said.err).toMatch(/installing.*added.*installed in/s);
    expect(installs()).toEqual(["ci --no-progress --loglevel=error"]);
  });

  test("installs once when several commands start at the same time", async () => {
    const started = [start("0"), start("0"), start("0")];
    expect(await Promise.all(started.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    expect(installs()).toHaveLength(1);
  });

  test("installs nothing when what is locked is there, other platforms' packages apart", async () => {
    await start("0").ended;
    const { said, ended } = start("0");
    expect(await ended).toBe(0);
    expect(said.err).toBe("");
    expect(installs()).toHaveLength(1);
  });

  test("installs again when the lock file asks for other content", async () => {
    await start("0").ended;
    lockFile("sha512-two");
    await start("0").ended;
    expect(installs()).toHaveLength(2);
  });

  test("says what failed when npm cannot install", async () => {
    program(join(folder, "bin", "npm"), "", "echo 'no network' >&2; exit 1");
    const { said, ended } = start("0");
    expect(await ended).toBe(1);
    expect(said.err).toMatch(/no network.*npm ci failed/s);
    expect(readdirSync(join(folder, ".neurallog"))).toEqual([]);
  });

  test.each(["0", "1", "42"])("passes on the exit code %s", async (code) => {
    expect(await start(code).ended).toBe(Number(code));
  });

  test("ends as a shell says it when a signal ended the program", async () => {
    expect(await start("signal").ended).toBe(128 + 15);
  });

  test("passes a Ctrl-C on once, however often npm repeats it", async () => {
    const { child, said, ended } = start("wait");
    await once(child.stdout, "data");
    expect(said.out).toBe("ready\n");
    for (let times = 0; times < 3; times++) child.kill("SIGINT");
    expect(await ended).toBe(1);
  });

  test("starts with the machine's own Node where the pinned one cannot run", async () => {
    await start("0").ended;
    const pinned = join(folder, "node_modules", "node", "bin", "node");
    await rm(pinned);
    writeFileSync(pinned, "#!/no/such/loader\n", { mode: 0o755 });
    const { said, ended } = start("7");
    expect(await ended).toBe(7);
    expect(said.out).toBe('["7"]\n');
  });

  test("a program that is missing is an error, not a stack of the bootstrap's own", async () => {
    await start("0").ended;
    await rm(join(folder, "entry.ts"));
    const { said, ended } = start("0");
    expect(await ended).toBe(1);
    expect(said.err).toContain("entry.ts");
  });
});
