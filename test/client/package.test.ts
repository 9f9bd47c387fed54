import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { VERSION } from "../../apps/client/src/logger/version.ts";
import { buildClient } from "../../tools/client/package.ts";
import { root } from "../../tools/root.ts";
import { bareEnvironment } from "../support/environment.ts";
import { runProgram } from "../../tools/process.ts";
import { startCollector } from "./logger/support.ts";

const place = mkdtempSync(join(tmpdir(), "neurallog-package-"));
const application = join(place, "application");
const installed = join(application, "node_modules/@neurallog/client");

/** The tarball as npm makes it, unpacked where npm puts it: nothing of this repository is near. */
beforeAll(async () => {
  const built = join(place, "built");
  await buildClient(root, built);
  execFileSync("npm", ["pack", built, "--pack-destination", place], { stdio: "pipe" });
  mkdirSync(installed, { recursive: true });
  const [tarball = ""] = globSync("neurallog-client-*.tgz", { cwd: place });
  execFileSync("tar", ["-xzf", join(place, tarball), "--strip-components=1", "-C", installed]);
  for (const dependency of Object.keys(manifest().dependencies))
    cpSync(join(root, "node_modules", dependency), join(application, "node_modules", dependency), {
      recursive: true,
    });
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

function manifest(): {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
} {
  return JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
}

async function run(name: string, source: string, url: string) {
  const file = join(application, name);
  writeFileSync(file, source);
  return runProgram(process.execPath, [file], {
    cwd: application,
    env: { ...bareEnvironment, NEURALLOG_URL: url },
  });
}

test("the packed client logs from plain JavaScript, as a module and with require", async () => {
  await using collector = await startCollector();
  const log = `const log = createLogger({ levelsUrl: false }); log.info("hello", { a: 1 });`;
  const module = `import { createLogger } from "@neurallog/client/logger"; ${log}`;
  const common = `const { createLogger } = require("@neurallog/client/logger"); ${log}`;
  expect(await run("esm.mjs", module, collector.url)).toMatchObject({ code: 0, stderr: "" });
  expect(await run("cjs.cjs", common, collector.url)).toMatchObject({ code: 0, stderr: "" });
  expect(collector.records()).toMatchObject([
    { component: "esm", message: "hello", data: { a: 1 } },
    { component: "cjs", message: "hello", data: { a: 1 } },
  ]);
});

test("the client names itself by the version of its package", () => {
  expect(manifest().version).toBe(VERSION);
});

test("every export of the packed client is there, with its types", async () => {
  const { exports } = manifest();
  expect(Object.keys(exports).toSorted()).toEqual([
    ".",
    "./logger",
    "./pino",
    "./redaction",
    "./shared",
  ]);
  for (const { types, default: code } of Object.values(exports)) {
    expect(existsSync(join(installed, types))).toBe(true);
    expect(existsSync(join(installed, code))).toBe(true);
  }
  const names = Object.keys(exports).map((path) => `@neurallog/client${path.slice(1)}`);
  const imports = names.map((name) => `await import("${name}")`).join(", ");
  const all = `const all = [${imports}]; console.log(all.map((one) => Object.keys(one)[0]).length);`;
  expect(await run("all.mjs", all, "")).toMatchObject({ code: 0, stdout: "5\n", stderr: "" });
});

test("the logger loads nothing of the rest but its errors, the names of secrets and what all programs share, and no dependency until it needs one", async () => {
  const source = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    await import("@neurallog/client/logger");
    console.log(JSON.stringify(loaded.filter((url) => url.startsWith("file:"))));`;
  const { stdout, stderr } = await run("loaded.mjs", source, "");
  expect(stderr).toBe("");
  const loaded: string[] = JSON.parse(stdout);
  expect(loaded.length).toBeGreaterThan(10);
  const others = loaded.filter(
    (url) => !/\/@neurallog\/client\/dist\/(?:logger|redaction|shared)\//.test(url),
  );
  expect(others.map((url) => url.slice(url.indexOf("/dist/")))).toEqual(["/dist/errors.js"]);
});

test("a program in TypeScript is checked against the packed declarations", async () => {
  writeFileSync(
    join(application, "program.ts"),
    `import { createLogger, type LoggerOptions } from "@neurallog/client/logger";
     import { NeuralLogClient } from "@neurallog/client";
     import pinoTransport from "@neurallog/client/pino";
     const options: LoggerOptions = { url: "http://a", redact: { fields: ["email", /x/] } };
     const sent: number = createLogger(options).child({ a: 1 }).stats().sent;
     const url: string = new NeuralLogClient({ url: "http://a" }).url;
     // @ts-expect-error: no such option
     createLogger({ uri: "http://a" });
     console.log(sent, url, pinoTransport({}).writable);`,
  );
  const { code, stdout } = await runProgram(
    join(root, "node_modules/.bin/tsc"),
    "--noEmit --strict --module nodenext --target es2024 --types node program.ts --typeRoots"
      .split(" ")
      .concat(join(root, "node_modules/@types")),
    { cwd: application },
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
});
