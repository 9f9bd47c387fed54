import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { preview } from "../../../../generator/preview/preview.ts";
import type { Preview } from "../../../../generator/preview/model/model.ts";
import { generate } from "../../../../generator/write/generate.ts";
import { findTool } from "../../../../tools/manifests/find.ts";
import { testRepository, type TestRepository } from "../../support/repository.ts";

/** A repository whose first commit is `base`, with overlays generated from its records. */
export interface Changing extends Disposable {
  readonly repository: TestRepository;
  readonly cache: string;
  git(...args: string[]): string;
  /** Changes a record by replacing text in it, and generates. */
  change(id: string, from: string, to: string): void;
  generate(): void;
  preview(options?: { base?: string; cache?: string | null }): Promise<Preview>;
}

export function changing(tenants: Record<string, string>): Changing {
  const repository = testRepository({ tenants });
  const cache = mkdtempSync(join(tmpdir(), "neurallog-preview-cache-"));
  const { root } = repository;
  const git = (...args: string[]): string => {
    const name = [
      "-c",
      "user.name=t",
      "-c",
      "user.email=t@example.com",
      "-c",
      "commit.gpgsign=false",
    ];
    const { status, stdout, stderr } = spawnSync("git", [...name, ...args], {
      cwd: root,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  const generateAll = (): void => {
    const { problems } = generate(root);
    if (problems[0] !== undefined) throw new Error(problems[0].message);
  };
  repository.write(".gitignore", ".neurallog\n");
  generateAll();
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("commit", "-qm", "as it was");
  git("branch", "base");
  return {
    repository,
    cache,
    git,
    generate: generateAll,
    change(id, from, to) {
      const file = `tenants/${id}.yaml`;
      const text = repository.read(file);
      if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
      repository.write(file, text.replace(from, to));
      generateAll();
    },
    preview: (options = {}) =>
      preview({
        root,
        base: options.base ?? "base",
        cache: options.cache === undefined ? cache : options.cache,
        engine: "test",
        findKustomize: () => findTool("kustomize"),
      }),
    [Symbol.dispose]() {
      repository[Symbol.dispose]();
      rmSync(cache, { recursive: true, force: true });
    },
  };
}
