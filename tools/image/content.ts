import { join, posix } from "node:path";
import { closureOf, readLock, thisMachine, type Closure } from "./closure.ts";
import { folder, type Entry } from "./entries.ts";

/** Where the repository's folders stand in the image. */
export const home = "app";

export interface Content {
  readonly closure: Closure;
  readonly dependencies: readonly Entry[];
  readonly application: readonly Entry[];
}

// Types, maps, tests and manuals run nowhere; Node refuses TypeScript below node_modules anyway. Licences stay.
const unused =
  /(?:\.[cm]?ts|\.map|\.tsbuildinfo|\.flow|\.markdown|(?<!license|licence|notice)\.md)$/i;
const unusedFolders =
  /(?:^|\/)(?:\.[^/]*|node_modules|tests?|__tests__|benchmarks?|examples?|docs)\/$/;

export function isNeededOfPackage(path: string): boolean {
  if (path.endsWith("/")) return !unusedFolders.test(path);
  return !posix.basename(path).startsWith(".") && !unused.test(path);
}

/** Of our own packages, what runs; the Dockerfile copies the same. */
export function isNeededOfWorkspace(path: string): boolean {
  return /^(?:package\.json|src\/.*)$/.test(path) && !/(?:^|\/)\./.test(path);
}

/** What the image holds beside its base: the packages that the workspace needs, and its own sources. */
export function contentOf(root: string, workspace: string): Content {
  const closure = closureOf(readLock(root), workspace, thisMachine());
  const dependencies = closure.packages.flatMap((path) =>
    folder(join(root, path), posix.join(home, path), isNeededOfPackage),
  );
  const links: Entry[] = closure.links.map(({ path, target }) => ({
    type: "symlink",
    path: posix.join(home, path),
    target: posix.relative(posix.dirname(path), target),
  }));
  const sources = closure.workspaces.flatMap((path) =>
    folder(join(root, path), posix.join(home, path), isNeededOfWorkspace),
  );
  return { closure, dependencies, application: [...links, ...sources] };
}
