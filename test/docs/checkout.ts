import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../support/port.ts";
import type { Block } from "./blocks.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Ran {
  readonly exit: number | null;
  /** Standard output and standard error, as a terminal shows them. */
  readonly said: string;
}

/** A copy of this repository with a remote to push to, in which a page's commands run one after the other. */
export class Checkout {
  readonly #place = mkdtempSync(join(tmpdir(), "neurallog-docs-"));
  readonly #folder = join(this.#place, "neurallog");
  readonly #tenants: ChildProcess[] = [];
  #client: { url: string; key: string } | undefined;

  constructor() {
    // What Git would carry to another machine, changes that are not committed yet among it.
    const listed = execFileSync(
      "git",
      ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
      { cwd: root, encoding: "utf8" },
    );
    for (const path of new Set(listed.split("\0"))) {
      // A file that is deleted and not committed is listed too.
      if (path === "" || !existsSync(join(root, path))) continue;
      mkdirSync(dirname(join(this.#folder, path)), { recursive: true });
      copyFileSync(join(root, path), join(this.#folder, path));
    }
    symlinkSync(join(root, "node_modules"), join(this.#folder, "node_modules"));
    this.#git("init", "-q", "-b", "main");
    this.#git("init", "-q", "--bare", join(this.#place, "remote.git"));
    this.#git("remote", "add", "origin", join(this.#place, "remote.git"));
    this.#git("add", "-A");
    this.#git("commit", "-q", "-m", "Start");
    mkdirSync(join(this.#place, "bin"));
    const kubectl = join(this.#place, "bin", "kubectl");
    writeFileSync(
      kubectl,
      `#!/bin/sh\nexec "${process.execPath}" "${join(root, "test/docs/bin/kubectl.mjs")}" "$@"\n`,
    );
    chmodSync(kubectl, 0o755);
  }

  /** Runs a block to its end; `npm start` is left running and answers when it is ready. */
  async run(block: Block): Promise<Ran> {
    return block.commands.trim().startsWith("npm start")
      ? this.#start(block.commands.trim())
      : this.#shell(block.commands);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tenant of this.#tenants) {
      if (tenant.exitCode !== null || tenant.pid === undefined) continue;
      // As a terminal does it: the whole group gets Ctrl-C.
      process.kill(-tenant.pid, "SIGINT");
      await once(tenant, "close");
    }
    rmSync(this.#place, { recursive: true, force: true });
  }

  #git(...args: string[]): void {
    execFileSync("git", args, { cwd: this.#folder, env: this.#environment() });
  }

  #environment(): NodeJS.ProcessEnv {
    const who = { NAME: "A reader", EMAIL: "reader@example.org" };
    return {
      ...process.env,
      PATH: `${join(this.#place, "bin")}:${process.env["PATH"]}`,
      // Neither hooks nor signatures of whoever runs the tests.
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_AUTHOR_NAME: who.NAME,
      GIT_AUTHOR_EMAIL: who.EMAIL,
      GIT_COMMITTER_NAME: who.NAME,
      GIT_COMMITTER_EMAIL: who.EMAIL,
      // npm tells a child where it was called; that was the real checkout.
      INIT_CWD: this.#folder,
      ...(this.#client === undefined ? {} : { URL: this.#client.url, KEY: this.#client.key }),
    };
  }

  async #shell(commands: string): Promise<Ran> {
    const child = this.#spawn(commands);
    const said = collect(child);
    await once(child, "close");
    return { exit: child.exitCode, said: said() };
  }

  async #start(command: string): Promise<Ran> {
    const separator = command.includes(" -- ") ? "" : " --";
    const child = this.#spawn(`exec ${command}${separator} --port ${await freePort()}`);
    this.#tenants.push(child);
    const said = collect(child);
    while (!said().includes("Ctrl-C stops it")) {
      if (child.exitCode !== null || child.signalCode !== null)
        return { exit: child.exitCode, said: said() };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const tenant = /--tenant (\S+)/.exec(command)?.[1] ?? "acme";
    this.#client = JSON.parse(
      readFileSync(join(this.#folder, ".neurallog", tenant, "client.json"), "utf8"),
    );
    return { exit: 0, said: said() };
  }

  #spawn(commands: string): ChildProcess {
    return spawn("bash", ["-euo", "pipefail", "-c", commands], {
      cwd: this.#folder,
      env: this.#environment(),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
  }
}

function collect(child: ChildProcess): () => string {
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (text) => said.push(String(text)));
  return () => said.join("");
}
