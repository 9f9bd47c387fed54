import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { KINDS } from "../../../operate/kubernetes/kinds.ts";
import { statusSchema, watchSchema } from "../../../operate/status/shape.ts";
import { fakeServer, refusal } from "../support/api-server.ts";
import { event, forbidden, PATHS, serve, watching } from "../support/cluster.ts";
import { readRecorded, wellRecorded } from "../support/recorded.ts";
import { run, start } from "../support/run.ts";

const fake = await fakeServer();
afterAll(() => fake[Symbol.asyncDispose]());

// Without a clone: these tenants are in no Git of ours.
const options = ["--kubeconfig", fake.kubeconfig, "--root", "/nowhere"];
const status = (...args: string[]) => run("status", [...args, ...options]);

/** acme, well and compared just now. */
function fresh(): ReturnType<typeof wellRecorded> {
  const all = wellRecorded();
  const now = new Date().toISOString();
  for (const each of all.applications) {
    Reflect.set(Object(each["status"]), "reconciledAt", now);
  }
  return all;
}

beforeEach(() => {
  fake.paths.clear();
  fake.requests.length = 0;
  serve(fake, fresh());
});

describe("exit code", () => {
  it("0 where all is well", async () => {
    const { code, out, err } = await status();
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^ok {2}acme {2,}active {2,}Synced {2,}Healthy/m);
    expect(out).toContain("1 tenants: 1 well; all in all well");
  });

  it("1 where something is wrong, with what it means and what to do", async () => {
    serve(fake, readRecorded());
    const { code, out } = await status("acme");
    expect(code).toBe(1);
    expect(out).toContain("the image cannot be pulled [image]");
    expect(out).toContain("-> check the digest");
  });

  it("2 where a right is missing, with the rest shown", async () => {
    fake.paths.set(PATHS.pods, forbidden(KINDS.pods));
    const { code, out } = await status();
    expect(code).toBe(2);
    expect(out).toContain("?? not known: pods, restarts and what they wait for");
    expect(out).toContain("you may not list pods in all namespaces");
    expect(out).toMatch(/acme {2,}active {2,}Synced/);
  });

  it("2 where Argo CD's definitions are missing, with the rest shown", async () => {
    fake.paths.delete(PATHS.applications);
    fake.paths.delete(PATHS.applicationSets);
    const { code, out } = await status();
    expect(code).toBe(2);
    expect(out).toContain("this cluster does not serve applications.argoproj.io");
    expect(out).toMatch(/\?\? {2}acme {2,}active/);
  });

  it("2 for a tenant that nobody knows", async () => {
    const { code, err, out } = await status("nobody");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("there is no tenant 'nobody'");
  });

  it("2 for a tenant of which somebody without rights sees nothing, and no word that it is not there", async () => {
    fake.paths.set(PATHS.applications, forbidden(KINDS.applications));
    fake.paths.set(PATHS.namespaces, forbidden(KINDS.namespaces));
    const { code, out, err } = await status("globex");
    expect({ code, err }).toEqual({ code: 2, err: "" });
    expect(out).toContain("?? globex: unknown");
  });

  it("2 for a server that answers nobody", async () => {
    fake.paths.clear();
    fake.otherwise = refusal(401, "Unauthorized");
    const { code, err } = await status();
    expect(code).toBe(2);
    expect(err).toContain("[unauthorized]");
  });

  it("2 for another cluster than the one that was named", async () => {
    const { code, err } = await status("--cluster", "cloud");
    expect(code).toBe(2);
    expect(err).toContain("follows overlays/home, not overlays/cloud");
  });

  it("2 for wrong usage", async () => {
    expect((await status("--wide")).code).toBe(2);
    expect((await status("one", "two")).code).toBe(2);
  });
});

describe("output", () => {
  it("as JSON has the documented shape", async () => {
    serve(fake, readRecorded());
    const { out } = await status("--json");
    const read = statusSchema.parse(JSON.parse(out));
    expect(read.tenants.map(({ id, verdict }) => [id, verdict])).toEqual([
      ["acme", "wrong"],
      ["hooli", "wrong"],
    ]);
  });

  it("into a pipe has no colours, and no escapes of the cluster's text", async () => {
    serve(fake, readRecorded());
    const { out } = await status("acme");
    expect(out).toContain(String.raw`\x1b[2J`);
    expect(out).not.toContain("\u001B");
  });

  it("as JSON has no escapes of the cluster's text either", async () => {
    serve(fake, readRecorded());
    const { out } = await status("--json");
    expect(out).not.toContain("\u001B");
    expect(JSON.stringify(JSON.parse(out))).toContain(String.raw`\u001b[2J`);
  });

  it("asks one list for each kind, however many tenants there are", async () => {
    await status("--json");
    const lists = fake.requests.length;
    const copies = Array.from({ length: 50 }, (_, index) =>
      fresh().namespaces.map((each) => ({
        ...each,
        metadata: { ...each.metadata, name: each.metadata.name.replace("acme", `t${index}`) },
      })),
    );
    serve(fake, { ...fresh(), namespaces: copies.flat() });
    fake.requests.length = 0;
    const { out } = await status("--json");
    expect(statusSchema.parse(JSON.parse(out)).tenants.length).toBe(51);
    expect(fake.requests.length).toBe(lists);
  });
});

it("never sends another verb than GET, whatever it is asked to show", async () => {
  serve(fake, readRecorded());
  await status();
  await status("acme");
  await status("--json");
  const watch = start("status", ["--watch", ...options]);
  await expect.poll(() => fake.requests.filter(({ query }) => query.has("watch")).length).toBe(13);
  watch.stop("SIGINT");
  await watch.ended;
  expect(fake.requests.length).toBeGreaterThan(50);
  expect(new Set(fake.requests.map(({ method }) => method))).toEqual(new Set(["GET"]));
  // A GET of these would run something, or read what a status needs not.
  expect(
    fake.requests.filter(({ path }) =>
      /\/(?:secrets|exec|attach|portforward|log)(?:\/|$)/.test(path),
    ),
  ).toEqual([]);
});

describe("with --watch", () => {
  const degraded = () => readRecorded().pods.find(({ metadata }) => metadata.name === "redis-0");

  it("prints changes as lines, and ends with the last answer's code", async () => {
    fake.paths.set(
      PATHS.pods,
      watching(fresh().pods, (send) => setTimeout(() => send(event("MODIFIED", degraded())), 800)),
    );
    const watch = start("status", ["--watch", ...options]);
    await expect.poll(() => watch.out()).toContain("image: Pod tenant-acme/redis-0");
    watch.stop("SIGINT");
    const { code, out } = await watch.ended;
    expect(code).toBe(1);
    const lines = out.trim().split("\n");
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d acme: well, active, Synced, Healthy/);
    expect(lines[1]).toMatch(/^\d\d:\d\d:\d\d acme: well -> wrong, restarts 0 -> 7, image: /);
  });

  it("as JSON prints a line for the whole, and one for each change", async () => {
    fake.paths.set(
      PATHS.pods,
      watching(fresh().pods, (send) => setTimeout(() => send(event("MODIFIED", degraded())), 800)),
    );
    const watch = start("status", ["--watch", "--json", ...options]);
    const lines = () =>
      watch
        .out()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => watchSchema.parse(JSON.parse(line)));
    await expect.poll(() => lines().map(({ type }) => type)).toEqual(["status", "tenant"]);
    watch.stop("SIGTERM");
    expect((await watch.ended).code).toBe(1);
  });

  it("ends by itself when nobody reads any more", async () => {
    const { spawn } = await import("node:child_process");
    const script = `${process.execPath} operate/cli/status.ts --watch ${options.join(" ")} | head -1`;
    fake.paths.set(
      PATHS.pods,
      watching(fresh().pods, (send) => setTimeout(() => send(event("MODIFIED", degraded())), 500)),
    );
    const child = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code).toBe(0);
  });

  it("goes on when the server goes away and comes back", async () => {
    const watch = start("status", ["--watch", ...options]);
    await expect
      .poll(() => fake.requests.filter(({ query }) => query.has("watch")).length)
      .toBe(13);
    await fake.stop();
    await expect.poll(() => watch.out()).toContain("not known any more: pods");
    await fake.restart();
    await expect.poll(() => watch.out()).toContain("known again: pods");
    watch.stop("SIGINT");
    await watch.ended;
  });
});
