import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { assemble } from "../../image/assemble.ts";
import { librariesOf, nonRoot } from "../../image/base.ts";
import { file, type Entry } from "../../image/entries.ts";
import { layer } from "../../image/layer.ts";
import { image, type ImageSettings } from "../../image/oci.ts";
import { onPath, type Machine } from "../../machine.ts";
import { findValkeyPair } from "../../redis/valkey.ts";
import { root } from "../../root.ts";
import { ToolError } from "../../say.ts";
import { findPodPrograms } from "../pods/build.ts";
import { findExporter } from "./packages.ts";

/** An image as an OCI layout on this machine. */
export interface LocalImage {
  /** With its tag, as a cluster's record has it. */
  readonly name: string;
  readonly digest: string;
  readonly archive: string;
}

export interface LocalImages {
  readonly logService: LocalImage;
  readonly redis: LocalImage;
  readonly redisExporter: LocalImage;
  readonly coredns: LocalImage;
  readonly pause: LocalImage;
}

/** How a record writes it: `name:tag@sha256:...`. */
export function reference({ name, digest }: LocalImage): string {
  return `${name}@${digest}`;
}

/** All images that the node runs, put together from what this machine has; no registry is asked. */
export async function localImages(machine: Machine): Promise<LocalImages> {
  const store = join(machine.cache, "node-images");
  mkdirSync(store, { recursive: true });
  const valkey = await findValkeyPair(machine);
  const [shell] = onPath("sh", machine.path);
  if (shell === undefined) throw new ToolError("there is no sh on PATH");
  const exporter = await findExporter(machine);
  const pods = await findPodPrograms(machine);
  // Names as the committed records have them, so that nothing but tag and digest differs.
  return {
    logService: await logService(store),
    redis: await programs(store, "docker.io/valkey/valkey:test", {
      "usr/local/bin/valkey-server": valkey.server,
      "usr/local/bin/valkey-cli": valkey.cli,
      "bin/sh": shell,
    }),
    redisExporter: await programs(store, "docker.io/oliver006/redis_exporter:test", {
      redis_exporter: exporter,
    }),
    coredns: await programs(store, "neurallog.test/coredns:test", { coredns: pods.coredns }),
    pause: await programs(store, "neurallog.test/pause:test", { pause: pods.pause }),
  };
}

async function logService(store: string): Promise<LocalImage> {
  const { name, digest, archive } = await assemble(root);
  return { name, digest, archive: keep(store, "log-service", digest, archive) };
}

/** An image of programs and the libraries that they are linked to; the first is what it starts. */
async function programs(
  store: string,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<LocalImage> {
  const made = await known(store, name, Object.values(files), async () => {
    const libraries = new Set(Object.values(files).flatMap((path) => linked(path)));
    const entries: Entry[] = [
      ...Object.entries(files).map(([to, from]) => file(to, readFileSync(from), 0o755)),
      ...[...libraries].map((path) => file(path.slice(1), readFileSync(path), 0o755)),
      { type: "directory", path: "tmp", mode: 0o1777 },
    ];
    return await image(settings(name, Object.keys(files)[0] ?? ""), [await layer(name, entries)]);
  });
  return { name, ...made };
}

function settings(name: string, first: string): ImageSettings {
  return {
    name,
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    config: {
      User: `${nonRoot}:${nonRoot}`,
      ExposedPorts: {},
      Env: ["PATH=/usr/local/bin:/usr/bin:/bin"],
      Entrypoint: [`/${first}`],
      Cmd: [],
      WorkingDir: "/",
      Labels: {},
      StopSignal: "SIGTERM",
    },
  };
}

function linked(path: string): string[] {
  try {
    return librariesOf(path);
  } catch {
    // A static program has none, and `ldd` fails on it.
    return [];
  }
}

/** Gives the image made of the same files before, as compressing 110 MB takes seconds; or makes it. */
async function known(
  store: string,
  name: string,
  from: readonly string[],
  make: () => Promise<{ digest: string; archive: Buffer }>,
): Promise<{ digest: string; archive: string }> {
  const hash = createHash("sha256").update(readFileSync(new URL(import.meta.url)));
  for (const path of from) hash.update(`\0${path}\0`).update(readFileSync(path));
  const short = name.slice(name.lastIndexOf("/") + 1, name.lastIndexOf(":"));
  const note = join(store, `${short}.json`);
  const key = hash.digest("hex");
  if (existsSync(note)) {
    const told: { key: string; digest: string; archive: string } = JSON.parse(
      readFileSync(note, "utf8"),
    );
    if (told.key === key && existsSync(told.archive)) {
      return { digest: told.digest, archive: told.archive };
    }
  }
  const { digest, archive } = await make();
  const made = { digest, archive: keep(store, short, digest, archive) };
  writeWhole(note, JSON.stringify({ key, ...made }));
  return made;
}

/** One archive an image, so that the cache does not grow with every change. */
function keep(store: string, short: string, digest: string, archive: Buffer): string {
  const path = join(store, `${short}.oci.tar`);
  const note = `${path}.digest`;
  if (existsSync(path) && existsSync(note) && readFileSync(note, "utf8") === digest) return path;
  rmSync(note, { force: true });
  writeWhole(path, archive);
  writeWhole(note, digest);
  return path;
}

function writeWhole(path: string, content: string | Buffer): void {
  const work = mkdtempSync(join(dirname(path), ".write-"));
  writeFileSync(join(work, "content"), content);
  renameSync(join(work, "content"), path);
  rmSync(work, { recursive: true });
}
