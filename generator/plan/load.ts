import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { problem, sortProblems, START, type Problem } from "../record/problem.ts";
import { RECEIPTS } from "../record/receipt.ts";
import { compareVersions, type Version } from "./change.ts";
import { compareChannels } from "./rings.ts";
import { readBase } from "./base.ts";
import { openMemory } from "./memory.ts";
import { planRecords, type Planned, type RecordFiles } from "./repository.ts";

export type LoadOptions = {
  /** A Git ref: the records are compared with those of the merge base with it. */
  base?: string;
  /** A day like 2027-01-31; today when left out. */
  today?: string;
  /** Lets stable tenants get what canary ones have not had; for an emergency. */
  skipRings?: boolean;
  /** A file that remembers unchanged records from one run to the next; none when left out. */
  memory?: string;
};

/**
 * Everything that the generator starts from: the plans of all tenants of a repository, or what is
 * wrong with its records. Nothing may be written when `problems` is not empty.
 */
export function loadRepository(root: string, options: LoadOptions = {}): Planned {
  const problems: Problem[] = [];
  const files = readFiles(root, problems);
  const memory = options.memory === undefined ? undefined : openMemory(options.memory);
  const planned = planRecords(files, memory);
  memory?.save();
  problems.push(...planned.problems);
  if (options.base !== undefined) {
    problems.push(...compareWithBase(root, options.base, files, planned, options));
  }
  // Not spread: that would make every plan.
  planned.problems = sortProblems(problems);
  return planned;
}

const today = (): string => new Date().toISOString().slice(0, 10);

function compareWithBase(
  root: string,
  ref: string,
  files: RecordFiles,
  planned: Planned,
  options: LoadOptions,
): Problem[] {
  const base = readBase(root, ref, files);
  if ("problem" in base) return [base.problem];
  const storage = new Map(
    planned.clusters.flatMap(({ plan, record }) =>
      record.storageClasses.map(({ name, expandable }) => [`${plan.name}/${name}`, expandable]),
    ),
  );
  const old = planRecords(base.files);
  const before = versions(old);
  const problems = compareVersions(
    before,
    versions(planned, (id) => before.has(id)),
    new Set(files.tenants.keys()),
    (cluster, storageClass) => storage.get(`${cluster.name}/${storageClass}`) ?? false,
    options.today ?? today(),
    planned.receipts,
  );
  for (const file of base.receipts) {
    if (files.receipts?.has(file) === true) continue;
    problems.push(problem("receipt-vanished", {}, { file, text: "", position: START }));
  }
  if (options.skipRings !== true) problems.push(...compareChannels(old, planned));
  return problems;
}

function versions(
  { candidates }: Planned,
  wanted: (id: string) => boolean = () => true,
): Map<string, Version> {
  const found = new Map<string, Version>();
  for (const { claims, plan: makePlan, source } of candidates) {
    if (!wanted(claims.id)) continue;
    const plan = makePlan();
    if (plan !== null) found.set(claims.id, { plan, source: source() });
  }
  return found;
}

/** The record files of a work tree. Links are not followed: one could show another file's lines in an error. */
export function readFiles(root: string, problems: Problem[]): RecordFiles {
  const tenants = new Map<string, Uint8Array>();
  for (const entry of list(root, "tenants")) {
    const file = `tenants/${entry.name}`;
    if (entry.name.startsWith(".") || entry.name.endsWith(".md")) continue;
    if (entry.isDirectory() && file === RECEIPTS) continue;
    if (entry.isFile() && entry.name.endsWith(".yaml")) read(root, file, tenants, problems);
    else problems.push(problem("file-extension", {}, { file, text: "", position: START }));
  }
  const receipts = new Map<string, Uint8Array>();
  for (const { name } of list(root, RECEIPTS)) {
    if (!name.startsWith(".")) read(root, `${RECEIPTS}/${name}`, receipts, problems);
  }
  const clusters = new Map<string, Uint8Array>();
  for (const entry of list(root, "overlays")) {
    if (!entry.isDirectory()) continue;
    read(root, `overlays/${entry.name}/cluster.yaml`, clusters, problems);
  }
  // What is beside them there is the platform's.
  const releases = list(root, "bases").filter(
    (entry) => entry.isDirectory() && entry.name !== "platform",
  );
  return { tenants, clusters, releases: releases.map(({ name }) => name), receipts };
}

function list(root: string, folder: string) {
  try {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    // Not every file system sorts, and the order of errors and plans must not depend on it.
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

const REASONS: Record<string, string> = {
  ENOENT: "there is no such file",
  EACCES: "you may not read it",
};

function read(
  root: string,
  file: string,
  into: Map<string, Uint8Array>,
  problems: Problem[],
): void {
  try {
    const path = join(root, file);
    if (!lstatSync(path).isFile()) throw new Error("not a regular file");
    into.set(file, readFileSync(path));
  } catch (error) {
    // The system's own message names the folder of this machine.
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = REASONS[code] ?? (code || "it is not a regular file");
    const place = { file, text: "", position: START };
    problems.push(problem("file-not-readable", { reason }, place));
  }
}
