import { readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** What a lock file says of one package; paths are from the repository's root, with slashes. */
interface LockEntry {
  readonly link?: boolean;
  /** Only development needs it. */
  readonly dev?: boolean;
  readonly resolved?: string;
  /** What it runs on, where it is compiled for one kind of machine; left out: on all. */
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export type Lock = Readonly<Record<string, LockEntry>>;

export interface Machine {
  readonly os: string;
  readonly cpu: string;
  /** `glibc` or `musl`; undefined outside Linux. */
  readonly libc: string | undefined;
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  const { platform, arch } = process;
  if (platform !== "linux") return { os: platform, cpu: arch, libc: undefined };
  const report: unknown = process.report.getReport();
  return {
    os: platform,
    cpu: arch,
    // Node tells the C library's version where it is glibc, and nothing else of it.
    libc: JSON.stringify(report).includes('"glibcVersionRuntime"') ? "glibc" : "musl",
  };
}

export interface Closure {
  /** Folders of installed packages, such as `node_modules/fastify`, sorted. */
  readonly packages: readonly string[];
  /** Folders of this repository's own packages, such as `apps/client`, sorted; the first one asked for included. */
  readonly workspaces: readonly string[];
  /** Links from `node_modules` into those folders. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
}

export function readLock(root: string): Lock {
  const lock: { packages: Lock } = JSON.parse(
    readFileSync(join(root, "package-lock.json"), "utf8"),
  );
  return lock.packages;
}

/**
 * Everything that `workspace` needs to run on a machine, by the lock file, resolved as Node resolves it: a package's own
 * `node_modules` first, then those of the folders above. Development dependencies are never among it.
 * @throws Error when the lock file lacks a package that is not optional.
 */
export function closureOf(lock: Lock, workspace: string, machine: Machine): Closure {
  const packages = new Set<string>();
  const workspaces = new Set<string>();
  const links = new Map<string, string>();
  const queue = [workspace];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const seen = at.includes("node_modules/") ? packages : workspaces;
    if (seen.has(at)) continue;
    seen.add(at);
    for (const { name, isOptional } of needsOf(lock[at] ?? missing(at))) {
      const found = resolve(lock, at, name);
      if (found === undefined && !isOptional)
        throw new Error(`${at} needs ${name}, which the lock file lacks`);
      if (found === undefined) continue;
      const entry = lock[found];
      if (isOptional && entry !== undefined && !runsOn(entry, machine)) continue;
      if (entry?.link === true && entry.resolved !== undefined) links.set(found, entry.resolved);
      queue.push(entry?.link === true ? (entry.resolved ?? found) : found);
    }
  }
  return {
    packages: [...packages].sort(),
    workspaces: [...workspaces].sort(),
    links: [...links]
      .map(([path, target]) => ({ path, target }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function runsOn({ os, cpu, libc }: LockEntry, machine: Machine): boolean {
  const has = (list: readonly string[] | undefined, value: string | undefined) =>
    list === undefined || (value !== undefined && list.includes(value));
  return has(os, machine.os) && has(cpu, machine.cpu) && has(libc, machine.libc);
}

function needsOf(entry: LockEntry): { name: string; isOptional: boolean }[] {
  const names = (some: Readonly<Record<string, string>> | undefined) => Object.keys(some ?? {});
  const optional = new Set(names(entry.optionalDependencies));
  return [
    ...names(entry.dependencies)
      .filter((name) => !optional.has(name))
      .map((name) => ({ name, isOptional: false })),
    ...[...optional].map((name) => ({ name, isOptional: true })),
    // An optional peer is whatever the project has of its own accord: no reason to ship it.
    ...names(entry.peerDependencies)
      .filter((name) => entry.peerDependenciesMeta?.[name]?.optional !== true)
      .map((name) => ({ name, isOptional: false })),
  ];
}

function resolve(lock: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = posix.dirname(folder)) {
    const path = folder === "." ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (lock[path] !== undefined) return path;
    if (folder === ".") return undefined;
  }
}

function missing(path: string): never {
  throw new Error(`the lock file lacks ${path}`);
}
