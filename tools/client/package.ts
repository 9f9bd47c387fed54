import { globSync, readFileSync, rmSync, writeFileSync, copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { runProgram } from "../process.ts";
import { ToolError } from "../say.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * Builds the TypeScript client as a package that any Node from 22 on runs: Node strips types, but
 * never below node_modules, so what is published is JavaScript with declarations.
 * @param root the repository's folder
 * @param folder where the package is put together; what was there goes
 * @throws ToolError with the compiler's words
 */
export async function buildClient(root: string, folder: string): Promise<void> {
  const source = join(root, "apps/client");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { code, stdout, stderr } = await runProgram(
    join(root, "node_modules/.bin/tsc"),
    ["--project", join(source, "tsconfig.build.json"), "--outDir", join(folder, "dist")],
    { cwd: root },
  );
  if (code !== 0) throw new ToolError(`the client does not compile:\n${stdout}${stderr}`);
  for (const file of globSync("dist/**/*.d.ts", { cwd: folder }))
    nameDeclarations(join(folder, file));
  const manifest: Manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(published(manifest), null, 2)}\n`);
  copyFileSync(join(source, "README.md"), join(folder, "README.md"));
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
}

/** The compiler renames imports in what it emits for Node, and leaves those between declarations. */
function nameDeclarations(file: string): void {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replaceAll(/((?:from |import\()")(\.[^"]*)\.ts"/g, '$1$2.js"'));
}

function published({ name, version, exports, dependencies }: Manifest) {
  return {
    name,
    version,
    description: "Client and logger for NeuralLog's log service",
    license: "Apache-2.0",
    type: "module",
    engines: { node: ">=22" },
    // Importing has no effect: what is not used may be left out of a bundle.
    sideEffects: false,
    exports: Object.fromEntries(
      Object.entries(exports).map(([path, file]) => {
        const compiled = file.replace("./src/", "./dist/").replace(/\.ts$/, "");
        return [path, { types: `${compiled}.d.ts`, default: `${compiled}.js` }];
      }),
    ),
    dependencies,
  };
}
