import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { generate } from "../../../generator/write/generate.ts";
import { root as project } from "../../../tools/root.ts";

/** A bare repository that Argo CD reads, and a work copy to change it by. */
export interface LiveRepository extends Disposable {
  /** Address of the bare repository, for Argo CD. */
  readonly url: string;
  /** The work copy: the bases, the clusters and the tenants that were asked for. */
  readonly root: string;
  write(path: string, text: string): void;
  remove(path: string): void;
  git(...args: string[]): string;
  /** Runs the real generator over the work copy; throws where it finds a problem. */
  generate(): void;
  /** Commits everything, pushes it to main and to the ref that Argo CD follows. Returns the commit. */
  push(message: string): string;
}

/** Who commits, whatever the machine's user has set up. */
const IDENTITY = [
  "user.name=test",
  "user.email=test@neurallog.dev",
  "commit.gpgsign=false",
  "core.hooksPath=/dev/null",
].flatMap((setting) => ["-c", setting]);

/**
 * @param tenants id -> record; the repository's own tenants when left out
 */
export function liveRepository(
  options: { tenants?: Record<string, string>; folder?: string } = {},
): LiveRepository {
  const folder = mkdtempSync(join(options.folder ?? tmpdir(), "neurallog-live-"));
  const root = join(folder, "work");
  const bare = join(folder, "repository.git");
  cpSync(join(project, "bases"), join(root, "bases"), { recursive: true });
  for (const cluster of readdirSync(join(project, "overlays"))) {
    for (const part of ["cluster.yaml", "platform"]) {
      const path = join("overlays", cluster, part);
      cpSync(join(project, path), join(root, path), { recursive: true });
    }
  }
  const git = (...args: string[]): string =>
    execFileSync("git", [...IDENTITY, ...args], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  const repository: LiveRepository = {
    url: `file://${bare}`,
    root,
    git,
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    remove: (path) => rmSync(join(root, path), { recursive: true }),
    generate() {
      const generated = generate(root, {});
      if (generated.written === null) throw new Error(JSON.stringify(generated.problems));
    },
    push(message) {
      git("add", "--all");
      git("commit", "--quiet", "--allow-empty", "--message", message);
      git("push", "--quiet", bare, "HEAD:refs/heads/main", "+HEAD:refs/heads/verified");
      return git("rev-parse", "HEAD");
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
  if (options.tenants === undefined) {
    cpSync(join(project, "tenants"), join(root, "tenants"), { recursive: true });
  }
  for (const [id, text] of Object.entries(options.tenants ?? {})) {
    repository.write(`tenants/${id}.yaml`, text);
  }
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", bare]);
  git("init", "--quiet", "--initial-branch=main");
  return repository;
}
