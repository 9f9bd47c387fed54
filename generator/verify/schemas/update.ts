/**
 * `npm run schemas`: writes generator/verify/schemas/json again from the published definitions. Needs
 * Go, which fetches the modules and checks them against its sum database. `--check` writes nothing and
 * fails if a byte would change.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { runProgram } from "../../../tools/process.ts";
import { ofDefinitions } from "./crd.ts";
import { type GoPackage, readGoTypes } from "./go-enums.ts";
import type { JsonSchema } from "./json-schema.ts";
import { CRDS, KINDS, MODULES, type ModuleName, SKIPPED } from "./sources.ts";
import { staleFiles } from "./stale.ts";
import { ofSwagger, parseSwagger } from "./swagger.ts";

const folder = fileURLToPath(new URL("json/", import.meta.url));

const GO_TYPES: readonly (readonly [ModuleName, string])[] = [
  ["api", "core/v1"],
  ["api", "apps/v1"],
  ["api", "autoscaling/v2"],
  ["api", "batch/v1"],
  ["api", "networking/v1"],
  ["api", "policy/v1"],
  ["api", "rbac/v1"],
  ["api", "storage/v1"],
  ["api", "scheduling/v1"],
  ["api", "admissionregistration/v1"],
  ["apimachinery", "meta/v1"],
];

async function fetchModules(): Promise<Record<ModuleName, string>> {
  const entries = Object.entries(MODULES);
  const { code, stdout, stderr } = await runProgram(
    "go",
    ["mod", "download", "-json", ...entries.map(([, module]) => module)],
    // Outside any module: these are read, not built.
    { cwd: tmpdir() },
  );
  if (code !== 0) throw new Error(`go mod download failed: ${stderr || stdout}`);
  const found = stdout
    .split(/(?<=^\})\n/m)
    .filter((text) => text.trim() !== "")
    .map((text) =>
      z.object({ Path: z.string(), Version: z.string(), Dir: z.string() }).parse(JSON.parse(text)),
    );
  const dirOf = (name: ModuleName) => {
    const dir = found.find(({ Path, Version }) => `${Path}@${Version}` === MODULES[name])?.Dir;
    if (dir === undefined) throw new Error(`go mod download brought no ${MODULES[name]}`);
    return dir;
  };
  return {
    kubernetes: dirOf("kubernetes"),
    api: dirOf("api"),
    apimachinery: dirOf("apimachinery"),
    gateway: dirOf("gateway"),
    externalSecrets: dirOf("externalSecrets"),
    verticalPodAutoscaler: dirOf("verticalPodAutoscaler"),
    certManager: dirOf("certManager"),
    prometheus: dirOf("prometheus"),
    argocd: dirOf("argocd"),
    envoyGateway: dirOf("envoyGateway"),
  };
}

function build(dirs: Record<ModuleName, string>): Map<string, string> {
  const packages = new Map<string, GoPackage>(
    GO_TYPES.map(([module, path]) => {
      const file = module === "apimachinery" ? `pkg/apis/${path}/types.go` : `${path}/types.go`;
      return [path, readGoTypes(readFileSync(join(dirs[module], file), "utf8"))];
    }),
  );
  const swagger = parseSwagger(
    readFileSync(join(dirs.kubernetes, "api/openapi-spec/swagger.json"), "utf8"),
  );
  const schemas: [string, JsonSchema][] = [
    ...KINDS.map((kind) => ofSwagger(swagger, packages, kind)),
    ...CRDS.flatMap(([module, file]) =>
      ofDefinitions(readFileSync(join(dirs[module], file), "utf8"), SKIPPED),
    ),
  ];
  const files = new Map(schemas.map(([name, schema]) => [name, `${JSON.stringify(schema)}\n`]));
  const versions = Object.values(MODULES).map((module) => module.replace("@", " "));
  files.set("VERSIONS", `${versions.join("\n")}\n`);
  return files;
}

const files = build(await fetchModules());
if (process.argv.includes("--check")) {
  const stale = staleFiles(folder, files);
  for (const name of stale) console.error(`generator/verify/schemas/json/${name} is out of date`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  const bytes = [...files.values()].reduce((sum, text) => sum + text.length, 0);
  console.log(`${files.size - 1} schemas, ${Math.round(bytes / 1024)} KiB`);
}
