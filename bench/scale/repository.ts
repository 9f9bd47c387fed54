import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { verify } from "../../generator/verify/verify.ts";
import { generate } from "../../generator/write/generate.ts";
import { findTools } from "../../tools/manifests/find.ts";
import { root as project } from "../../tools/root.ts";
import { writeSources } from "../support/tenants.ts";

export interface ScaleRepository {
  /** The work copy. */
  readonly root: string;
  /** The bare repository that Argo CD reads. */
  readonly bare: string;
  readonly generateSeconds: number;
}

/** Who commits, whatever the machine's user has set up. */
const IDENTITY = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];

export function git(root: string, ...args: string[]): string {
  const command = [...IDENTITY, "-c", "commit.gpgsign=false", ...args];
  return execFileSync("git", command, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 }).trim();
}

/** Commits everything and pushes it to main and to the ref that Argo CD follows. Returns the commit. */
export function push({ root, bare }: ScaleRepository, message: string): string {
  git(root, "add", "--all");
  git(root, "commit", "--quiet", "--message", message);
  git(root, "push", "--quiet", bare, "HEAD:refs/heads/main", "HEAD:refs/heads/verified");
  return git(root, "rev-parse", "HEAD");
}

/** A repository of so many tenants on the cluster `bench`, which has the platform of `home`. */
export function scaleRepository(folder: string, tenants: number): ScaleRepository {
  const root = join(folder, "work");
  const bare = join(folder, "repository.git");
  writeSources(root, tenants);
  const platform = join(root, "overlays/bench/platform");
  cpSync(join(project, "overlays/home/platform"), platform, { recursive: true });
  const address = join(platform, "argocd/repository.yaml");
  const text = readFileSync(address, "utf8").replaceAll("overlays/home/", "overlays/bench/");
  writeFileSync(address, text);
  writeFileSync(join(root, ".gitignore"), ".neurallog\n");
  const started = performance.now();
  generated(root);
  const generateSeconds = (performance.now() - started) / 1000;
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", bare]);
  git(root, "init", "--quiet", "--initial-branch=main");
  const repository = { root, bare, generateSeconds };
  push(repository, `${tenants} tenants`);
  return repository;
}

/** The platform overlay to bootstrap with, apart from the repository: one that reads the bare repository. */
export function platformFor({ root, bare }: ScaleRepository): string {
  const apart = `${root}-platform`;
  for (const part of ["bases/platform", "overlays/bench/platform"]) {
    cpSync(join(root, part), join(apart, part), { recursive: true });
  }
  const platform = join(apart, "overlays/bench/platform");
  const address = join(platform, "argocd/repository.yaml");
  // Verification wants an address that others reach too.
  const text = readFileSync(address, "utf8");
  writeFileSync(address, text.replaceAll(/https:\/\/\S+\.git/g, `file://${bare}`));
  return platform;
}

/** @throws with the first problem */
export function generated(root: string): void {
  const [problem] = generate(root).problems;
  if (problem !== undefined) throw new Error(problem.message);
}

/** Everything that CI does before Argo CD sees a commit. */
export async function verifyAll(
  root: string,
  cache: string,
): Promise<{ objects: number; seconds: number }> {
  const started = performance.now();
  const { problems, findings, objects } = await verify({
    root,
    cache,
    findTools,
    watch: { ended: () => undefined, building: () => undefined },
  });
  const [wrong] = [...problems, ...findings];
  if (wrong !== undefined) throw new Error(wrong.message);
  return { objects, seconds: (performance.now() - started) / 1000 };
}
