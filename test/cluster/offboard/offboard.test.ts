import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { ExportManifest } from "../../../apps/client/src/index.ts";
import { readReceipt, type Receipt } from "../../../generator/record/receipt.ts";
import { generate } from "../../../generator/write/generate.ts";
import { root as project } from "../../../tools/root.ts";
import { asArgo, asPlatform, at, connect, expectOk, type Ref, textAt } from "../support/api.ts";
import {
  application,
  clearTenants,
  dropTenants,
  refresh,
  stateOf,
  synced,
  uidsOf,
} from "../support/argo.ts";
import { eventually } from "../support/eventually.ts";
import { installPlatform } from "../support/platform.ts";
import { namespacesOf, recordOf } from "../support/records.ts";
import { liveRepository, type LiveRepository } from "../support/repository.ts";

const api = connect();
const platform = asPlatform(api);
/** Each is off-boarded by a test of its own; `stays` is somebody else throughout. */
const LEAVING = ["leaves", "killed", "undone"];
const IDS = [...LEAVING, "stays"];
const TODAY = new Date().toISOString().slice(0, 10);
const map: Ref = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "offboarded", namespace: "neurallog-system" },
};

let repository: LiveRepository;
let folder: string;
let before: Map<string, Map<string, string>>;

const all = (id: string) => Object.values(namespacesOf(id));
const namespace = (name: string): Ref => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name },
});
const retiring = (id: string) => `${recordOf(id)}state: retiring\nretireAfter: "${TODAY}"\n`;
async function push(message: string, ...tenants: string[]): Promise<string> {
  repository.generate();
  const commit = repository.push(message);
  for (const tenant of tenants) await synced(api, tenant, commit);
  return commit;
}

/** An export of three records, begun whenever it is said. */
function writeExport(tenant: string, taken = new Date(Date.now() + 120_000)): string {
  const file = join(folder, `${tenant}-${taken.getTime()}.ndjson.gz`);
  const bytes = gzipSync('{"id":"1","namespace":"default"}\n'.repeat(3));
  const manifest: ExportManifest = {
    format: 1,
    tenant,
    taken: taken.toISOString(),
    service: { version: "0.1.0" },
    file: file.slice(folder.length + 1),
    compression: "gzip",
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    records: 3,
    namespaces: [{ name: "default", records: 3, oldest: null, newest: null }],
  };
  writeFileSync(file, bytes);
  writeFileSync(`${file}.manifest.json`, JSON.stringify(manifest));
  return file;
}

interface Ran {
  exit: number | null;
  signal: string | null;
  out: string;
  err: string;
}
async function node(args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (text) => (said.out += String(text)));
  child.stderr.on("data", (text) => (said.err += String(text)));
  await once(child, "close");
  return { exit: child.exitCode, signal: child.signalCode, ...said };
}
/** The command itself, as one of the platform's people with no other right. */
const offboard = (...args: string[]) => offboardAs("neurallog-platform", ...args);
const offboardAs = (group: string, ...args: string[]) =>
  node([
    join(project, "operate/cli/offboard.ts"),
    "--root",
    repository.root,
    "--remote",
    repository.url,
    "--as",
    "ann@example.com",
    "--as-group",
    group,
    ...args,
  ]);

function readNamespaces(path: string): Receipt["namespaces"] {
  const receipt = readReceipt(path, readFileSync(join(repository.root, path)));
  if (typeof receipt === "string") throw new Error(receipt);
  return receipt.namespaces;
}

beforeAll(async () => {
  await clearTenants(api);
  folder = mkdtempSync(join(tmpdir(), "neurallog-offboard-"));
  repository = liveRepository({ tenants: Object.fromEntries(IDS.map((id) => [id, recordOf(id)])) });
  repository.write(".gitignore", ".neurallog/\n");
  repository.generate();
  const commit = repository.push("Four tenants");
  await installPlatform(api, "home", { repository: repository.url });
  for (const id of IDS) await synced(api, id, commit);
  for (const id of IDS) {
    await eventually(`${id} has its volume`, async () => {
      const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim" };
      const { body } = await api.get({
        ...claim,
        metadata: { name: "data-redis-0", namespace: `tenant-${id}` },
      });
      return textAt(body, "status", "phase") === "Bound";
    });
  }
  before = new Map();
  for (const id of IDS) before.set(id, await uidsOf(api, all(id)));
});
afterAll(async () => {
  await api.patch(map, { data: null });
  await dropTenants(api);
  repository[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

it("retiring is undone by one revert: the overlay is the same, byte for byte, and so is every object", async () => {
  const id = "undone";
  const overlay = `overlays/home/tenants/${id}`;
  const tree = repository.git("rev-parse", `HEAD:${overlay}`);
  repository.write(`tenants/${id}.yaml`, retiring(id));
  await push("Retire it", id);
  const { body } = await api.get(namespace(`tenant-${id}`));
  expect(textAt(body, "metadata", "labels", "neurallog.dev/state")).toBe("retiring");
  expect(repository.git("rev-parse", `HEAD:${overlay}`)).not.toBe(tree);
  repository.git("revert", "--no-edit", "HEAD");
  await push("Undo it", id);
  expect(repository.git("rev-parse", `HEAD:${overlay}`)).toBe(tree);
  const after = await uidsOf(api, all(id));
  const kept = [...(before.get(id) ?? [])].filter(([title]) =>
    /Namespace |Claim|StatefulSet|Quota|default-deny/.test(title),
  );
  expect(kept.length).toBeGreaterThanOrEqual(8);
  for (const [title, uid] of kept) expect([title, after.get(title)]).toEqual([title, uid]);
});

describe("a tenant that is not ready to go", () => {
  it("is refused with every reason, and nothing of it is touched", async () => {
    const { exit, out } = await offboard("leaves", "--export", writeExport("stays"));
    expect(exit).toBe(1);
    for (const words of [
      /NO .*state: active, not retiring/,
      /NO .*tenant-leaves is active on the cluster/,
      /NO .*of another tenant, stays/,
      /NO .*say --approve leaves/,
      /nothing was touched/,
    ])
      expect(out).toMatch(words);
    expect(await uidsOf(api, all("leaves"))).toEqual(before.get("leaves"));
    expect(at((await api.get(map)).body, "data", "leaves")).toBeUndefined();
  });

  it("is refused when its export was begun before it was closed", async () => {
    repository.write("tenants/leaves.yaml", retiring("leaves"));
    repository.write("tenants/killed.yaml", retiring("killed"));
    await push("Retire two", "leaves", "killed");
    const file = writeExport("leaves", new Date(Date.now() - 3_600_000));
    const { exit, out } = await offboard("leaves", "--export", file, "--approve", "leaves");
    expect([exit, out]).toEqual([1, expect.stringMatching(/records may have come until/)]);
  });

  it("shows in a dry run what would go, and keeps it", async () => {
    const file = writeExport("leaves");
    const { exit, out } = await offboard(
      "leaves",
      "--export",
      file,
      "--approve",
      "leaves",
      "--dry-run",
    );
    expect({ exit, out }).toMatchObject({ exit: 0 });
    expect(out).toMatch(
      /Application argocd\/tenant-leaves\n.*tenant-leaves-org-web-mcp.*\n.*tenant-leaves-org-web .*\n.*namespace tenant-leaves .*\n.*volume pvc-/,
    );
    const state = await stateOf(api, "leaves");
    expect(state?.sync).toBe("Synced");
    expect(at((await api.get(map)).body, "data", "leaves")).toBeUndefined();
  });

  it("is refused to whoever is not of the platform's group, with nothing removed", async () => {
    const file = writeExport("leaves");
    const args = ["leaves", "--export", file, "--approve", "leaves"];
    expect((await offboardAs("leaves-owners", ...args)).exit).toBe(2);
    // Who may do everything but what admission keeps for the platform's people.
    const { exit, out } = await offboardAs("system:masters", ...args);
    expect([exit, out]).toEqual([1, expect.stringMatching(/NO .*you may not approve/)]);
    expect(at((await api.get(map)).body, "data", "leaves")).toBeUndefined();
    expect((await stateOf(api, "leaves"))?.sync).toBe("Synced");
  });
});

describe("a tenant that is ready", () => {
  let receipt: Receipt;
  /** As Argo CD would make it again. */
  let metadata: object;

  it("goes: Application, namespaces and volumes, with a receipt", async () => {
    const { body: was } = await api.get(namespace("tenant-leaves"));
    metadata = {
      labels: at(was, "metadata", "labels"),
      annotations: at(was, "metadata", "annotations"),
    };
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data-redis-0", namespace: "tenant-leaves" },
    };
    const volume = textAt((await api.get(claim)).body, "spec", "volumeName") ?? "";
    const file = writeExport("leaves");
    const { exit, out, err } = await offboard("leaves", "--export", file, "--approve", "leaves");
    expect({ exit, out, err }).toMatchObject({ exit: 0 });
    expect((await api.get(application("leaves"))).status).toBe(404);
    for (const name of all("leaves")) expect((await api.get(namespace(name))).status).toBe(404);
    const pv = { apiVersion: "v1", kind: "PersistentVolume", metadata: { name: volume } };
    expect((await api.get(pv)).status).toBe(404);
    const path = "tenants/offboarded/leaves.json";
    const read = readReceipt(path, readFileSync(join(repository.root, path)));
    if (typeof read === "string") throw new Error(read);
    receipt = read;
    expect(receipt).toMatchObject({
      by: "ann@example.com",
      cluster: "home",
      volumes: [volume],
      retireAfter: TODAY,
    });
    expect(receipt.namespaces.map(({ name }) => name).toSorted()).toEqual(all("leaves").toSorted());
    expect(JSON.parse(textAt((await api.get(map)).body, "data", "leaves") ?? "")).toEqual(receipt);
  });

  it("does not come back, though its record is still what Argo CD follows", async () => {
    await refresh(api);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect((await api.get(application("leaves"))).status).toBe(404);
    const again = await asArgo(api).create(
      {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { ...metadata, name: "tenant-leaves" },
      },
      { dryRun: true },
    );
    expect(again.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(again.body)).toContain("removed on purpose");
  });

  it("is done when it is asked for again, and writes the receipt where it was lost", async () => {
    const path = join(repository.root, "tenants/offboarded/leaves.json");
    rmSync(path);
    const { exit, err } = await offboard("leaves", "--export", "/nowhere", "--approve", "leaves");
    expect({ exit, err, found: existsSync(path) }).toMatchObject({ exit: 0, found: true });
  });

  it("leaves Git with its receipt, and its neighbours notice nothing", async () => {
    rmSync(join(repository.root, "tenants/leaves.yaml"));
    expect(generate(repository.root).problems).toEqual([]);
    expect(existsSync(join(repository.root, "overlays/home/tenants/leaves"))).toBe(false);
    const commit = repository.push("It left");
    await synced(api, "stays", commit);
    expect(await uidsOf(api, all("stays"))).toEqual(before.get("stays"));
  });
});

describe("a run that is killed", () => {
  it("by SIGKILL before and after each step is finished by the same command, with the same receipt", async () => {
    const options = {
      tenant: "killed",
      organization: null,
      root: repository.root,
      remote: repository.url,
      ref: "verified",
      today: TODAY,
      approved: "killed",
      held: undefined,
      dryRun: false,
      patienceMilliseconds: 60_000,
      exported: JSON.parse(readFileSync(`${writeExport("killed")}.manifest.json`, "utf8")),
    };
    const script = join(project, "test/cluster/offboard/killed.ts");
    await synced(api, "killed", repository.git("rev-parse", "HEAD"));
    let kills = 0;
    const untouched = await uidsOf(api, all("killed"));
    let ended: Ran | undefined;
    // Each run dies at its first or second change, so that every step is cut before, after and between.
    const deaths = [
      ["1", "before"],
      ["1", "after"],
      ["2", "before"],
      ["2", "after"],
    ];
    for (let run = 0; run < 40 && ended === undefined; run += 1) {
      const [at = "", moment = ""] = deaths[run % deaths.length] ?? [];
      const ran = await node([script, JSON.stringify(options), at, moment]);
      if (ran.signal === "SIGKILL") kills += 1;
      else ended = ran;
      if (kills === 1) {
        expect(await uidsOf(api, all("killed"))).toEqual(untouched);
      }
    }
    expect({ ...ended, kills: kills > 6 }).toMatchObject({ exit: 0, kills: true });
    for (const name of all("killed")) expect((await api.get(namespace(name))).status).toBe(404);
    const file = "tenants/offboarded/killed.json";
    const receipt = readReceipt(file, readFileSync(join(repository.root, file)));
    expect(receipt).toMatchObject({ tenant: "killed", volumes: [expect.stringMatching(/^pvc-/)] });
    // The pull request: beside its receipt the record would be somebody new with an id that was used.
    rmSync(join(repository.root, "tenants/killed.yaml"));
    expect(await uidsOf(api, all("stays"))).toEqual(before.get("stays"));
  });
});

describe("an organization that is retiring", () => {
  const { root, organization, mcp } = namespacesOf("stays");
  const record = recordOf("stays");

  it("stays, closed and with zero quota, until it is removed on purpose", async () => {
    repository.write("tenants/stays.yaml", record.replace("id: web,", "id: web, state: retiring,"));
    await push("Close the organization", "stays");
    for (const name of [organization, mcp]) {
      const quota = {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "quota", namespace: name },
      };
      expect(at((await api.get(quota)).body, "spec", "hard", "pods")).toBe("0");
    }
    const was = await api.get(namespace(organization));
    expect(textAt(was.body, "metadata", "uid")).toBe(
      before.get("stays")?.get(`Namespace ${organization}`),
    );
  });

  it("goes by a command of its own; its tenant stays, and once Git has forgotten it nothing is left", async () => {
    const { exit, out, err } = await offboard("stays", "--organization", "web", "--approve", "web");
    expect({ exit, out, err }).toMatchObject({ exit: 0 });
    const path = "tenants/offboarded/stays-org-web.json";
    expect(readReceipt(path, readFileSync(join(repository.root, path)))).toMatchObject({
      organization: "web",
      export: null,
    });
    const rootUid = before.get("stays")?.get(`Namespace ${root}`);
    expect(textAt((await api.get(namespace(root))).body, "metadata", "uid")).toBe(rootUid);
    for (const { name, uid } of readNamespaces(path)) {
      const { status, body } = await api.get(namespace(name));
      // Until its pull request lands Argo CD may make it anew, closed and empty.
      expect(status === 404 || textAt(body, "metadata", "uid") !== uid).toBe(true);
    }
    repository.write("tenants/stays.yaml", record.replace(/^organizations:\n.*\n/m, ""));
    repository.generate();
    const commit = repository.push("The organization left");
    await eventually("Argo CD has it", async () => {
      await refresh(api, "stays");
      return (await stateOf(api, "stays"))?.revision === commit;
    });
    const left = await offboard("stays", "--leftovers", "--approve", "stays");
    expect(left).toMatchObject({ exit: 0 });
    for (const name of [organization, mcp])
      expect((await api.get(namespace(name))).status).toBe(404);
    await synced(api, "stays", commit);
  });

  it("is no leftover while Git has it: a whole tenant, or what runs, is never taken for one", async () => {
    const was = await uidsOf(api, all("undone"));
    const { exit, out } = await offboard("undone", "--leftovers", "--approve", "undone");
    expect([exit, out]).toEqual([0, "ok  the removal was approved\n"]);
    expect(await uidsOf(api, all("undone"))).toEqual(was);
    expectOk("the tenant is there", await api.get(namespace("tenant-undone")));
  });
});

it("the platform's list of who left cannot be emptied by a second bootstrap", async () => {
  await installPlatform(api, "home", { repository: repository.url });
  expect(Object.keys(Object(at((await api.get(map)).body, "data"))).toSorted()).toEqual([
    "killed",
    "leaves",
    "stays-org-web",
  ]);
  expect((await platform.get(map)).status).toBe(200);
});
