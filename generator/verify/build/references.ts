import { existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { JSON_SCHEMA, load } from "js-yaml";
import { z } from "zod";

/**
 * What a kustomization may hold here. Everything else is refused, since plugins, charts and remote
 * references run or fetch what no review has seen; a remote reference was a remote code execution.
 */
const kustomization = z.strictObject({
  apiVersion: z.string(),
  kind: z.enum(["Kustomization", "Component"]),
  namespace: z.string().optional(),
  resources: z.array(z.string()).optional(),
  components: z.array(z.string()).optional(),
  patches: z.array(z.unknown()).optional(),
  labels: z.array(z.unknown()).optional(),
  images: z.array(z.unknown()).optional(),
  replicas: z.array(z.unknown()).optional(),
  configMapGenerator: z.array(z.unknown()).optional(),
  generatorOptions: z.unknown().optional(),
});

/**
 * Walks the references of an overlay. Returns what is wrong with them: each must be a local path
 * inside the overlay or inside one of `releases`, because nothing else is in the key of the cache.
 */
export function referenceProblems(
  root: string,
  folder: string,
  releases: readonly string[],
): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  const allowed = [folder, ...releases.map((release) => `bases/${release}`)];
  const visit = (at: string): void => {
    if (seen.has(at)) return;
    seen.add(at);
    const file = `${at}/kustomization.yaml`;
    const read = readKustomization(root, file);
    if (typeof read === "string") {
      problems.push(`${file} ${read}`);
      return;
    }
    for (const reference of [...(read.resources ?? []), ...(read.components ?? [])]) {
      const target = posix.join(at, reference);
      const problem = whyNot(root, reference, target, allowed);
      if (problem !== undefined) problems.push(`${file}: '${reference}' ${problem}`);
      else if (statSync(join(root, target)).isDirectory()) visit(target);
    }
  };
  visit(folder);
  return problems;
}

function readKustomization(root: string, file: string): z.infer<typeof kustomization> | string {
  try {
    if (!lstatSync(join(root, file)).isFile()) return "is no plain file";
    const parsed = kustomization.safeParse(
      load(readFileSync(join(root, file), "utf8"), { schema: JSON_SCHEMA, maxAliases: 0 }),
    );
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    return `is refused: ${issue?.path.join(".")} ${issue?.message}`;
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function whyNot(
  root: string,
  reference: string,
  target: string,
  allowed: readonly string[],
): string | undefined {
  if (/:|\?|^\/|^git@|^github\.com/.test(reference)) return "is no relative path";
  if (!allowed.some((folder) => target === folder || target.startsWith(`${folder}/`))) {
    return "leads out of the overlay and its bases";
  }
  if (!existsSync(join(root, target))) return "does not exist";
  return lstatSync(join(root, target)).isSymbolicLink() ? "is a link" : undefined;
}
