import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

export interface Import {
  /** Paths from the repository's root. */
  from: string;
  to: string;
  line: number;
}

/** Workspaces by the names under which they import each other. */
const workspaces = /^@neurallog\/([\w-]+)/;

/** Statements stand at a line's start: the formatter sees to it. `import(…)` may stand anywhere. */
const statement =
  /^(?:import|export)\b[^;"'`]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;

/** Every import among the repository's own files, types included: a type, too, is knowledge. */
export function importsOf(root: string, folders: string[]): Import[] {
  return folders.flatMap((folder) => {
    const files = globSync(`${folder}/**/*.{ts,mts,mjs}`, {
      cwd: root,
      exclude: (name) => name.includes("node_modules"),
    });
    return files.toSorted().flatMap((file) => importsOfFile(root, file));
  });
}

function importsOfFile(root: string, file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(statement)].flatMap((match) => {
    const to = target(file, match[1] ?? match[2] ?? match[3] ?? "");
    if (to === undefined) return [];
    return [{ from: file, to, line: text.slice(0, match.index).split("\n").length }];
  });
}

function target(file: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return posix.join(dirname(file), specifier);
  const workspace = workspaces.exec(specifier)?.[1];
  if (workspace === undefined) return undefined;
  return ["generator", "local", "operate"].includes(workspace) ? workspace : `apps/${workspace}`;
}
