import { randomBytes } from "node:crypto";

import { beforeAll, describe, expect, test } from "vitest";

import { at, listAt, textAt } from "../../tools/cluster/api/object.ts";
import { root } from "../../tools/root.ts";
import { application, runToEnd } from "./support/application.ts";
import { containersOf, memoryLimitOf, processesOf, read } from "./support/containers.ts";
import { developer, here } from "./support/here.ts";
import { copyWithLocalImages, differences, rendered } from "./support/overlay.ts";
import { namespaces, podsOf, tenantUp } from "./support/tenant.ts";

beforeAll(tenantUp);

const url = `http://log-service.${namespaces.root}.svc:8080`;

/** The tenant's own pods: those that its overlay made. */
async function ownPods() {
  const [inRoot, inMcp] = await Promise.all([podsOf(namespaces.root), podsOf(namespaces.mcp)]);
  return [...inRoot, ...inMcp];
}

const ownContainers = async () => (await ownPods()).flatMap((pod) => containersOf(pod));

describe("the overlay of a small tenant on a real node", () => {
  test("is the committed one but for the images, which are this machine's", async () => {
    const differing = differences(await rendered(root), await rendered(copyWithLocalImages()));
    console.log("What differs from overlays/home/tenants/acme as committed:");
    for (const { object, field, committed, tested } of differing) {
      console.log(`  ${object} ${field}\n    - ${committed}\n    + ${tested}`);
    }
    expect(differing.length).toBeGreaterThan(0);
    const others = differing.filter(
      ({ field }) => !/^spec\.template\.spec\.containers\[\d+\]\.image$/.test(field),
    );
    expect(others).toEqual([]);
  });

  test("has all its pods Ready by their own probes, and none was started twice", async () => {
    const pods = await ownPods();
    expect(pods.map(({ name }) => name.replace(/-[a-z\d]+-[a-z\d]+$/, "")).sort()).toEqual([
      "log-service",
      "mcp",
      "redis-0",
    ]);
    for (const { pod } of pods) {
      for (const container of listAt(pod, "spec", "containers")) {
        expect(at(container, "readinessProbe")).toBeDefined();
        expect(at(container, "livenessProbe")).toBeDefined();
      }
      for (const status of listAt(pod, "status", "containerStatuses")) {
        expect(status).toMatchObject({ ready: true, restartCount: 0 });
      }
    }
  });

  test("runs the images by the digests that its record names", async () => {
    const { logService, redis, redisExporter } = here.images;
    const digests = [logService, redis, redisExporter].map(({ digest }) => digest);
    for (const { pod } of await ownPods()) {
      for (const container of listAt(pod, "spec", "containers")) {
        const image = textAt(container, "image") ?? "";
        expect(digests).toContain(image.slice(image.indexOf("@") + 1));
      }
    }
  });

  test("is under restricted Pod Security: a pod that asks for more is refused", async () => {
    const asking = application({ name: "greedy", script: "application.ts" })[1];
    if (asking === undefined) throw new Error("no pod");
    const refused = await developer.create(
      { ...asking, spec: { ...Object(asking["spec"]), hostNetwork: true } },
      { dryRun: true },
    );
    expect(refused.status).toBe(403);
    expect(textAt(refused.body, "message")).toContain("violates PodSecurity");
    expect((await developer.create(asking, { dryRun: true })).status).toBe(201);
  });

  test("has every root file system read-only in the kernel's eyes", async () => {
    for (const { name, id } of await ownContainers()) {
      const [pid] = processesOf(id);
      const top = read(`/proc/${pid}/mountinfo`)
        .split("\n")
        .find((line) => line.split(" ")[4] === "/");
      expect(`${name} ${top?.split(" ")[5]}`).toMatch(/^\S+ ro\b/);
    }
  });

  test("has every process without root, capabilities, or ways to more, and with a system call filter", async () => {
    for (const { name, id } of await ownContainers()) {
      const status = read(`/proc/${processesOf(id)[0]}/status`);
      const field = (of: string) => new RegExp(`^${of}:\\s+(\\S+)`, "m").exec(status)?.[1];
      expect({
        name,
        root: field("Uid") === "0",
        capabilities: Number.parseInt(field("CapEff") ?? "1", 16),
        noNewPrivileges: field("NoNewPrivs"),
        seccomp: field("Seccomp"),
      }).toEqual({ name, root: false, capabilities: 0, noNewPrivileges: "1", seccomp: "2" });
    }
  });

  test("has the memory limits of its record in force", async () => {
    const limits = (await ownContainers()).map(({ name, id }) => [
      name,
      memoryLimitOf(id) / 2 ** 20,
    ]);
    expect(Object.fromEntries(limits)).toEqual({
      redis: 256,
      exporter: 64,
      "log-service": 384,
      mcp: 256,
    });
  });
});

describe("an application in the organization's namespace", () => {
  const TRACE_ID = randomBytes(16).toString("hex");

  test("logs through the Service by its name with a key, and finds it again", async () => {
    const said = await runToEnd({
      name: "application",
      script: "application.ts",
      keys: { writer: "checkout", reader: "dashboard" },
      env: { NEURALLOG_URL: url, TRACE_ID },
    });
    const { written, found } = { written: listAt(said, "written"), found: listAt(said, "found") };
    expect(written).toHaveLength(3);
    expect(found).toEqual(written);
  });

  test("attack: another key than the record's is turned away", async () => {
    const said = await runToEnd({
      name: "stranger",
      script: "stranger.ts",
      env: { NEURALLOG_URL: url },
    });
    expect(said).toEqual({ none: 401, wrong: 401 });
  });

  test("finds it by an assistant's search through the organization's MCP endpoint", async () => {
    const said = await runToEnd({
      name: "assistant",
      script: "assistant.ts",
      env: { MCP_URL: `http://mcp.${namespaces.mcp}.svc:8080/mcp`, QUERY: `trace_id:${TRACE_ID}` },
    });
    expect(textAt(said, "said", "result", "serverInfo", "name")).toMatch(/neurallog/i);
    const records = listAt(said, "answer", "result", "structuredContent", "records");
    expect(records.map((each) => textAt(each, "message")).sort()).toEqual(["one", "three", "two"]);
  });
});
