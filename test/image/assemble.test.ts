import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { assemble, type Assembled } from "../../tools/image/assemble.ts";
import { closureOf, readLock, thisMachine } from "../../tools/image/closure.ts";
import { startRedis } from "../support/redis.ts";
import { redisUsers, startService } from "../support/service.ts";
import {
  readLayout,
  runner,
  sha256,
  tarFiles,
  unpack,
  type Layout,
  type TarFile,
} from "./unpack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let first: Assembled;
let layout: Layout;
let files: TarFile[];

beforeAll(async () => {
  first = await assemble(root);
  layout = await readLayout(first.archive);
  files = (await Promise.all(layout.layers.map(tarFiles))).flat();
});

const names = () => files.map(({ header }) => header.name);

describe("the image", () => {
  it("is the same bytes when it is assembled again", async () => {
    const second = await assemble(root);
    expect(second.digest).toBe(first.digest);
    expect(second.archive.equals(first.archive)).toBe(true);
  });

  it("is an OCI layout in which every digest and size is right", () => {
    const { manifestDescriptor, manifest, config, layers } = layout;
    expect(manifestDescriptor.digest).toBe(first.digest);
    for (const { digest, size } of [manifestDescriptor, manifest.config, ...manifest.layers]) {
      const blob = layout.files.get(`blobs/${digest.replace(":", "/")}`) ?? Buffer.alloc(0);
      expect({ digest: sha256(blob), size: blob.length }).toEqual({ digest, size });
    }
    expect(layers.map(sha256)).toEqual(config.rootfs.diff_ids);
    expect(JSON.parse(layout.files.get("oci-layout")?.toString() ?? "")).toEqual({
      imageLayoutVersion: "1.0.0",
    });
  });

  it("has the name that containerd imports it by", () => {
    expect(layout.manifestDescriptor.annotations?.["io.containerd.image.name"]).toBe(first.name);
  });

  it("runs as a user that is not root, and that its passwd file knows", () => {
    const [user] = layout.config.config.User.split(":");
    expect(user).toBe("65532");
    const passwd = files.find(({ header }) => header.name === "etc/passwd")?.content.toString();
    expect(passwd).toContain(`:x:${user}:`);
  });

  it("has every package that the service needs and none for development", () => {
    const packages = names().flatMap(
      (name) => /^app\/(node_modules\/.*)\/package\.json$/.exec(name)?.[1] ?? [],
    );
    const wanted = closureOf(readLock(root), "apps/log-service", thisMachine()).packages;
    expect(wanted.filter((path) => !packages.includes(path))).toEqual([]);
    for (const name of [
      "typescript",
      "vitest",
      "oxlint",
      "tar-stream",
      "handlebars",
      "commander",
    ]) {
      expect(packages).not.toContain(`node_modules/${name}`);
    }
  });

  it("has no history, no state, no hidden file, no tests and no shell", () => {
    const unwanted = /(?:^|\/)(?:\.[^/]+|test|sh|bash|busybox)(?:\/|$)/;
    expect(names().filter((name) => unwanted.test(name))).toEqual([]);
  });

  it("has no API key and no private key in it", () => {
    const secret = /nlk_[A-Za-z0-9_-]{43}|-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]/;
    const ours = files.filter(({ header }) => header.name.startsWith("app/apps/"));
    expect(ours.length).toBeGreaterThan(10);
    expect(ours.filter(({ content }) => secret.test(content.toString("latin1")))).toEqual([]);
  });

  it("lets nobody but root change a file of it", () => {
    const writable = files.filter(
      ({ header }) => header.type !== "symlink" && ((header.mode ?? 0) & 0o022) !== 0,
    );
    expect(writable.map(({ header }) => header.name)).toEqual(["tmp"]);
    expect(files.filter(({ header }) => ((header.mode ?? 0) & 0o6000) !== 0)).toEqual([]);
  });
});

describe("a container of the image", () => {
  let place: string;
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), "neurallog-image-"));
    // The user of the image has to get through it.
    chmodSync(place, 0o755);
    unpack(layout, place);
  });
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  it("serves, with nothing of this machine but a Redis to talk to", async () => {
    await using redis = await startRedis({ users: redisUsers });
    const { command, inside } = runner(place, layout);
    await using service = await startService({
      redisUrl: redis.url,
      command,
      place: { here: join(place, "tmp/config"), inside: inside("/tmp/config") },
      env: { NODE_ENV: "production" },
    });
    const answer = await fetch(`${service.opsUrl}/health/live`);
    expect(answer.status).toBe(200);
  });
});
