import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root as project } from "../../../tools/root.ts";

/** A repository of its own in a temporary folder: bases, clusters and, unless asked otherwise, the tenants of this one. */
export interface TestRepository extends Disposable {
  readonly root: string;
  write(path: string, text: string): void;
  read(path: string): string;
  remove(path: string): void;
  /** Path -> text of everything below a folder. */
  files(folder: string): Map<string, string>;
}

export function testRepository(options: { tenants?: Record<string, string> } = {}): TestRepository {
  const root = mkdtempSync(join(tmpdir(), "neurallog-repository-"));
  cpSync(join(project, "bases"), join(root, "bases"), { recursive: true });
  for (const cluster of readdirSync(join(project, "overlays"))) {
    for (const part of ["cluster.yaml", "platform"]) {
      const path = `overlays/${cluster}/${part}`;
      cpSync(join(project, path), join(root, path), { recursive: true });
    }
  }
  if (options.tenants === undefined)
    cpSync(join(project, "tenants"), join(root, "tenants"), { recursive: true });
  const repository: TestRepository = {
    root,
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    read: (path) => readFileSync(join(root, path), "utf8"),
    remove: (path) => rmSync(join(root, path), { recursive: true }),
    files(folder) {
      const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
      const paths = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      return new Map(
        paths.sort().map((path) => [path.slice(root.length + 1), readFileSync(path, "utf8")]),
      );
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
  for (const [id, text] of Object.entries(options.tenants ?? {}))
    repository.write(`tenants/${id}.yaml`, text);
  return repository;
}

/** The shortest record that there is. */
export const smallRecord = (id: string, more = ""): string =>
  `id: ${id}\ndisplayName: ${id}\nowner: { contact: a@example.com, group: ${id} }\ncluster: home\n${more}`;
