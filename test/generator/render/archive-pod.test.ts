// The command of the archive's pod: a real PostgreSQL by the base's script, and stubs for images that are not ours.
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../generator/manifests/manifest.ts";
import { z } from "zod";
import { podTemplates } from "../../../generator/manifests/workloads.ts";
import { accountForServer } from "../../../tools/postgres/account.ts";
import { mayBeApart, podFolder, startPod, takesConnections } from "../support/archive-pod.ts";
import { root } from "../../../tools/root.ts";
import { at } from "../support/committed.ts";
import { buildPlan } from "../support/build.ts";
import { homeRecord, planOf } from "../support/records.ts";

/** Only root may give a command process numbers of its own. */
const mayNumber = await mayBeApart();

let built: Promise<Manifest[]> | undefined;
const build = (): Promise<Manifest[]> => (built ??= buildPlan(planOf(homeRecord)));

describe("the command of the archive's pod", () => {
  it("makes the database and its users, lets each in by its password, and nobody else", async () => {
    const objects = await build();
    await using place = podFolder();
    await using pod = await startPod(objects, place.folder);
    await expect.poll(takesConnections(pod)).toBe(true);
    for (const user of ["owner", "writer", "reader"]) {
      const client = await pod.connect(`neurallog_${user}`, `password of ${user}`);
      const { rows } = await client.query("SHOW password_encryption");
      expect(rows).toEqual([{ password_encryption: "scram-sha-256" }]);
      await client.end();
    }
    await expect(pod.connect("neurallog_reader", "password of owner")).rejects.toThrow(/password/);
    await expect(pod.connect("postgres", "")).rejects.toThrow(/no pg_hba\.conf entry/);
    // Neither who started it nor what they were given stands in what it says.
    expect(pod.log()).not.toContain("password of");
  });

  it("takes the record's sizes", async () => {
    const plan = planOf(homeRecord);
    const objects = await buildPlan(plan);
    await using place = podFolder();
    await using pod = await startPod(objects, place.folder);
    await expect.poll(takesConnections(pod)).toBe(true);
    const client = await pod.connect("neurallog_reader", "password of reader");
    const { rows } = await client.query(
      "SELECT name, setting::bigint * CASE unit WHEN '8kB' THEN 8192 WHEN 'kB' THEN 1024 WHEN 'MB' THEN 1048576 ELSE 1 END AS value FROM pg_settings WHERE name IN ('shared_buffers', 'max_connections', 'max_wal_size')",
    );
    await client.end();
    if (plan.archive?.database.mode !== "own") throw new Error("no PostgreSQL of its own");
    const { sizes } = plan.archive.database;
    const near = (name: string): number => Number(rows.find((row) => row.name === name)?.value);
    expect(near("max_connections")).toBe(sizes.connections);
    expect(near("shared_buffers")).toBeCloseTo(sizes.sharedBuffersBytes, -5);
    expect(near("max_wal_size")).toBeCloseTo(sizes.walBytes, -7);
  });

  it("begins anew where its first start was killed half-way", async () => {
    const objects = await build();
    await using place = podFolder();
    mkdirSync(`${place.folder}/var/lib/postgresql/18/archive.new`, { recursive: true });
    writeFileSync(`${place.folder}/var/lib/postgresql/18/archive.new/PG_VERSION`, "18\n");
    const account = accountForServer();
    for (const each of ["", "/PG_VERSION"]) {
      const path = `${place.folder}/var/lib/postgresql/18/archive.new${each}`;
      if (account !== undefined) chownSync(path, account.uid, account.gid);
    }
    await using pod = await startPod(objects, place.folder);
    await expect.poll(takesConnections(pod)).toBe(true);
  });

  it("says which password is missing, and leaves nothing that looks like a database", async () => {
    const objects = await build();
    await using place = podFolder();
    mkdirSync(`${place.folder}/etc/archive-passwords`, { recursive: true });
    writeFileSync(`${place.folder}/etc/archive-passwords/writer`, "");
    await using pod = await startPod(objects, place.folder);
    await expect.poll(() => pod.child.exitCode).toBe(1);
    expect(pod.log()).toMatch(/there is no password in \S+\/writer/);
    expect(existsSync(`${place.folder}/var/lib/postgresql/18/archive`)).toBe(false);
  });

  it.runIf(mayNumber)(
    "starts again after a kill, though the lock file names process 1, which it is itself",
    async () => {
      const objects = await build();
      await using place = podFolder();
      const lock = `${place.folder}/var/lib/postgresql/18/archive/postmaster.pid`;
      for (const apart of [true, true]) {
        await using pod = await startPod(objects, place.folder, { apart });
        await expect.poll(takesConnections(pod)).toBe(true);
        await pod.kill();
        expect(readFileSync(lock, "utf8")).toMatch(/^1\n/);
      }
      await using pod = await startPod(objects, place.folder, { apart: true });
      await expect.poll(takesConnections(pod)).toBe(true);
      await (await pod.connect("neurallog_reader", "password of reader")).end();
      // The image ends its containers by this one, which the server itself has to get.
      pod.signal("SIGINT");
      await expect.poll(() => pod.log()).toContain("database system is shut down");
    },
  );

  it("keeps to the lock file where it is not alone: two servers on one folder would ruin it", async () => {
    const objects = await build();
    await using place = podFolder();
    await using pod = await startPod(objects, place.folder);
    await expect.poll(takesConnections(pod)).toBe(true);
    await using second = await startPod(objects, place.folder);
    await expect.poll(() => second.child.exitCode).toBe(1);
    expect(second.log()).toContain('lock file "postmaster.pid" already exists');
  });
});

/** An image whose programs are the scripts given; `postgres --version` is answered for them. */
function image(
  folder: string,
  programs: Readonly<Record<string, string>>,
  version = "18.4",
): string {
  const bin = join(folder, "..", "bin");
  mkdirSync(bin);
  const postgres = `[ "$1" != --version ] || { echo "postgres (PostgreSQL) ${version}"; exit; }\n`;
  for (const [name, script] of Object.entries({ postgres: "", initdb: "", ...programs })) {
    const text = `#!/bin/sh\n${name === "postgres" ? postgres : ""}${script}\n`;
    writeFileSync(join(bin, name), text, { mode: 0o755 });
  }
  return bin;
}

describe("an archive's pod that is asked to end before its server runs", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "ends by %s what replays the log, also when it hears nothing",
    async (name) => {
      await using place = podFolder();
      const single = join(place.folder, "single");
      const bin = image(place.folder, {
        initdb: 'mkdir "${1#--pgdata=}"',
        postgres: `trap "" TERM\necho $$ > ${single}\nexec sleep 60`,
      });
      await using pod = await startPod(await build(), place.folder, { bin });
      await expect.poll(() => existsSync(single) && readFileSync(single, "utf8")).toMatch(/\n/);
      pod.signal(name);
      await expect.poll(() => pod.child.exitCode).toBe(143);
      const pid = Number(readFileSync(single, "utf8"));
      expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    },
  );
});

describe("an archive's pod with another image", () => {
  it.each([
    ["17.6", "this is PostgreSQL 17, where 18 is needed"],
    ["19beta1", "this is PostgreSQL 19, where 18 is needed"],
  ])("of PostgreSQL %s says so and touches nothing", async (version, words) => {
    await using place = podFolder();
    const bin = image(place.folder, {}, version);
    await using pod = await startPod(await build(), place.folder, { bin });
    await expect.poll(() => pod.child.exitCode).toBe(1);
    expect(pod.log()).toContain(words);
    expect(existsSync(`${place.folder}/var/lib/postgresql/18/archive.new`)).toBe(false);
  });

  it("in which its user has no name says which image has one", async () => {
    await using place = podFolder();
    const bin = image(place.folder, { id: "exit 1" });
    await using pod = await startPod(await build(), place.folder, { bin });
    await expect.poll(() => pod.child.exitCode).toBe(1);
    expect(pod.log()).toContain("name the image on Debian, not the one on Alpine");
  });

  it("than the one that made its files says which", async () => {
    await using place = podFolder();
    const bin = image(place.folder, {});
    const data = `${place.folder}/var/lib/postgresql/18/archive`;
    mkdirSync(data, { recursive: true });
    writeFileSync(`${data}/PG_VERSION`, "17\n");
    chmodSync(place.folder, 0o755);
    await using pod = await startPod(await build(), place.folder, { bin });
    await expect.poll(() => pod.child.exitCode).toBe(1);
    expect(pod.log()).toContain(`PostgreSQL 17 made ${data}, and 18 cannot read it`);
  });
});

describe("the hook that a backup tool runs in the archive's pod", () => {
  it("is the very command that admission lets it run", async () => {
    const set = (await build()).find(
      ({ kind, name }) => kind === "StatefulSet" && name === "archive",
    );
    const annotations = z
      .record(z.string(), z.string())
      .parse(at(set, "spec", "template", "metadata", "annotations"));
    const hook = JSON.parse(annotations["pre.hook.backup.velero.io/command"] ?? "");
    const policy = readFileSync(join(root, "bases/platform/admission/ways-in.yaml"), "utf8");
    const allowed = /command\.orValue\(\[\]\) == (\[.*\])/.exec(policy)?.[1] ?? "";
    expect(JSON.parse(allowed.replaceAll("'", '"'))).toEqual(hook);
  });
});

describe("what the pod is told of its script and of who may connect", () => {
  it("has another name when it says something else, so that the server starts anew", async () => {
    const objects = await build();
    const pod = podTemplates(objects).find(({ owner }) => owner === "StatefulSet archive");
    const [name] = /archive-start-[a-z0-9]{10}/.exec(JSON.stringify(pod?.spec)) ?? [];
    expect(objects.filter(({ kind }) => kind === "ConfigMap").map((each) => each.name)).toContain(
      name,
    );
  });
});
