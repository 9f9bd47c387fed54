import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { statusSchema, type Status, type TenantStatus } from "../../../operate/status/shape.ts";
import { run, start } from "../../operate/support/run.ts";
import { type Api, connect, expectOk } from "../support/api.ts";
import { clearTenants, refresh, synced } from "../support/argo.ts";
import { eventually } from "../support/eventually.ts";
import { installPlatform } from "../support/platform.ts";
import { type LiveRepository, liveRepository } from "../support/repository.ts";
import { bind, reader } from "./kubeconfig.ts";

const record = (id: string, state = "active"): string => `id: ${id}
displayName: Status test
owner: { contact: status@example.test, group: ${id}-people }
cluster: home
tier: small
state: ${state}
organizations:
  - { id: web, mcp: true }
access:
  keys:
    - { name: app, role: writer }
`;

const FIRST = "status-a";
/** Suspended: the one that can be well here, as the test's plane has no metrics server, which autoscalers need. */
const SECOND = "status-b";

const api: Api = connect();
/** Somebody of the platform's people, whom admission lets change what is a tenant's. */
const person = api.as({
  user: "status-test",
  groups: ["neurallog-platform", "system:masters", "system:authenticated"],
});
let repository: LiveRepository;
let commit: string;

beforeAll(async () => {
  await clearTenants(api);
  repository = liveRepository({
    tenants: { [FIRST]: record(FIRST), [SECOND]: record(SECOND, "suspended") },
  });
  repository.generate();
  commit = repository.push("two tenants");
  repository.git("remote", "add", "origin", repository.url);
  repository.git("fetch", "--quiet", "origin");
  await installPlatform(api, "home", { repository: repository.url });
  await synced(api, FIRST, commit);
  await synced(api, SECOND, commit);
});

afterAll(() => repository[Symbol.dispose]());

const environment = () => ({ KUBECONFIG: process.env["KUBECONFIG"] });

async function look(...args: string[]): Promise<{ code: number | null; status: Status }> {
  const options = ["--json", "--root", repository.root, ...args];
  const { code, out, err } = await run("status", options, environment());
  if (out === "") throw new Error(err);
  return { code, status: statusSchema.parse(JSON.parse(out)) };
}

async function tenant(id: string): Promise<TenantStatus> {
  const { status } = await look(id);
  const [one] = status.tenants;
  if (one === undefined) throw new Error(`${id} is not in the status`);
  return one;
}

/** What is wrong, but for the metrics server that this plane lacks. */
const codes = async (id: string) =>
  (await tenant(id)).problems
    .filter(({ severity, code }) => severity === "wrong" && code !== "no-metrics")
    .map(({ code }) => code);

describe("npm run status", () => {
  it("calls a synced tenant well, at the commit that Argo CD follows, and exits with 0", async () => {
    const { status } = await eventually("it is well", async () => {
      const looked = await look(SECOND);
      if (looked.code === 0) return looked;
      throw new Error(JSON.stringify(looked.status.tenants[0]?.problems));
    });
    expect(status).toMatchObject({ cluster: "home", verdict: "well", gaps: [], problems: [] });
    expect(status.tenants[0]).toMatchObject({
      state: "suspended",
      tier: "small",
      git: { record: true, overlay: true },
      application: { sync: "Synced", health: "Healthy", revision: commit, behind: 0 },
      volumes: [{ phase: "Bound", storageClass: "local-retain", reclaim: "Retain" }],
    });
    expect(await codes(SECOND)).toEqual([]);
  });

  it("shows all tenants, with what each has", async () => {
    await eventually("nothing else is wrong", async () => (await codes(FIRST)).length === 0);
    const { status } = await look();
    expect(status.tenants.map(({ id, state }) => [id, state])).toEqual([
      [FIRST, "active"],
      [SECOND, "suspended"],
    ]);
    expect(status.tenants[0]?.workloads.map(({ object, ready }) => [object, ready])).toEqual([
      [`Deployment tenant-${FIRST}-org-web-mcp/mcp`, 1],
      [`Deployment tenant-${FIRST}/log-service`, expect.any(Number)],
      [`StatefulSet tenant-${FIRST}/redis`, 1],
    ]);
  });

  it("counts how many commits a tenant stands behind what this clone knows", async () => {
    repository.write("docs/note.md", "a commit that Argo CD has not seen");
    repository.push("a note");
    repository.git("fetch", "--quiet", "origin");
    expect((await tenant(FIRST)).application?.behind).toBe(1);
    commit = repository.git("rev-parse", "HEAD");
    await synced(api, FIRST, commit);
    expect((await tenant(FIRST)).application?.behind).toBe(0);
  });

  it("tells which objects drifted, and since when, where nothing heals them", async () => {
    // An Application that somebody switched off by hand, with the controller that would switch it on again at rest.
    const set = {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "ApplicationSet",
      metadata: { name: "tenants", namespace: "argocd" },
    };
    const application = {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      metadata: { name: `tenant-${FIRST}`, namespace: "argocd" },
    };
    expectOk(
      "ignore",
      await api.patch(set, {
        spec: { ignoreApplicationDifferences: [{ jsonPointers: ["/spec/syncPolicy"] }] },
      }),
    );
    expectOk(
      "switch off",
      await api.patch(application, {
        spec: { syncPolicy: { automated: { selfHeal: false } } },
      }),
    );
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "log-service", namespace: `tenant-${FIRST}` },
    };
    expectOk("drift", await person.patch(service, { spec: { selector: { app: "elsewhere" } } }));
    await refresh(api, FIRST);
    const drifted = await eventually("drift is seen", async () => {
      const one = await tenant(FIRST);
      return one.application?.sync === "OutOfSync" ? one : undefined;
    });
    expect(drifted.drift.map(({ object }) => object)).toEqual([
      `Service tenant-${FIRST}/log-service`,
    ]);
    expect(drifted.application?.outOfSyncSince).not.toBeNull();
    expect(drifted.problems.map(({ code }) => code)).toContain("self-heal-off");
    expectOk(
      "switch on",
      await api.patch(application, {
        spec: { syncPolicy: { automated: { selfHeal: true } } },
      }),
    );
    expectOk("heed", await api.patch(set, { spec: { ignoreApplicationDifferences: null } }));
    await synced(api, FIRST, commit);
    await eventually("it is well again", async () => (await codes(FIRST)).length === 0);
  });

  it("tells why a pod does not run, in words", async () => {
    const redis = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "redis-0", namespace: `tenant-${SECOND}` },
    };
    const waiting = { reason: "ImagePullBackOff", message: "\u001B[2JBack-off pulling image" };
    const terminated = { reason: "OOMKilled", exitCode: 137, finishedAt: new Date().toISOString() };
    expectOk(
      "degrade",
      await api.patch(
        redis,
        {
          status: {
            conditions: [{ type: "Ready", status: "False" }],
            containerStatuses: [
              {
                name: "redis",
                image: "i",
                imageID: "",
                ready: false,
                restartCount: 7,
                state: { waiting },
                lastState: { terminated },
              },
            ],
          },
        },
        { subresource: "status" },
      ),
    );
    const { code, out } = await run("status", [SECOND, "--root", repository.root], environment());
    expect(code).toBe(1);
    expect(out).toContain(
      `Pod tenant-${SECOND}/redis-0, container redis: the image cannot be pulled [image]`,
    );
    expect(out).toContain("redis OOMKilled (137)");
    expect(out).toContain("StatefulSet");
    expect(out).not.toContain("\u001B");
    expectOk("replace", await person.delete(redis));
    await eventually("its successor is well", async () => (await codes(SECOND)).length === 0);
  });

  it("tells of an Application whose folder vanished from Git that all stays and nothing is healed", async () => {
    repository.git("rm", "-r", "--quiet", `overlays/home/tenants/${SECOND}`);
    repository.push("a mistake");
    repository.git("fetch", "--quiet", "origin");
    await refresh(api, SECOND);
    const lost = await eventually("it is Unknown", async () => {
      const one = await tenant(SECOND);
      return one.application?.sync === "Unknown" ? one : undefined;
    });
    expect(lost.problems.map(({ code }) => code)).toEqual(
      expect.arrayContaining(["no-record", "path-missing"]),
    );
    expect(lost.git).toEqual({ record: true, overlay: false });
    repository.git("revert", "--no-edit", "HEAD");
    commit = repository.push("undo");
    repository.git("fetch", "--quiet", "origin");
    await synced(api, SECOND, commit);
    await eventually("it is well again", async () => (await codes(SECOND)).length === 0);
  });

  it("tells of a tenant in Git that has no Application", async () => {
    repository.write("tenants/status-c.yaml", record("status-c"));
    repository.generate();
    // Not pushed to where Argo CD looks; the clone's own branch says what would be.
    repository.git("add", "--all");
    repository.git("commit", "--quiet", "-m", "one more");
    repository.git("update-ref", "refs/remotes/origin/verified", "HEAD");
    const { code, status } = await look();
    expect(code).toBe(1);
    expect(status.tenants.find(({ id }) => id === "status-c")?.problems).toMatchObject([
      { code: "no-application" },
    ]);
    repository.git("reset", "--quiet", "--hard", "HEAD~1");
    repository.git("fetch", "--quiet", "origin");
  });
});

describe("rights", () => {
  it("those of the platform's ClusterRole neurallog-status are enough", async () => {
    const somebody = await reader(api, "status");
    const unbind = await bind(api, somebody, "neurallog-status");
    const { code, status } = await look(SECOND, "--kubeconfig", somebody.file);
    expect(status.gaps).toEqual([]);
    expect({ code, verdict: status.verdict }).toEqual({ code: 0, verdict: "well" });
    await unbind();
    somebody.remove();
  });

  it("the platform's people have them by their group", async () => {
    const people = api.as({
      user: "somebody",
      groups: ["neurallog-platform", "system:authenticated"],
    });
    expect(await people.can("list", { resource: "pods" })).toBe(true);
    expect(await people.can("list", { group: "argoproj.io", resource: "applications" })).toBe(true);
  });

  it("attack: the status reader's rights are used to change things, or to read secrets", async () => {
    const somebody = await reader(api, "status");
    const unbind = await bind(api, somebody, "neurallog-status");
    const user = api.asServiceAccount(somebody.subject.namespace, somebody.subject.name);
    const namespace = `tenant-${FIRST}`;
    const itself = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
    const redis = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "redis", namespace } };
    const refused = [
      await user.list({ apiVersion: "v1", kind: "Secret" }, namespace),
      await user.get(redis),
      await user.delete(itself),
      await user.patch(itself, { metadata: { labels: { a: "b" } } }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    const ways = ["proxy", "exec", "attach", "portforward", "log", "ephemeralcontainers"];
    for (const verb of ["get", "create"]) {
      const may = await Promise.all(
        ways.map((subresource) => user.can(verb, { resource: "pods", subresource })),
      );
      expect(ways.filter((_, index) => may[index])).toEqual([]);
    }
    await unbind();
    somebody.remove();
  });

  it("none at all: it says what is missing, and the exit code is 2", async () => {
    const nobody = await reader(api, "nobody");
    const { code, err } = await run("status", ["--kubeconfig", nobody.file], {});
    expect(code).toBe(2);
    expect(err).toContain("you may not list");
    nobody.remove();
  });

  it("without those to Argo CD the rest is shown, and the exit code is 2", async () => {
    const half = await reader(api, "half");
    const role = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "status-test-half" },
      rules: [{ apiGroups: [""], resources: ["namespaces", "pods"], verbs: ["list"] }],
    };
    expectOk("role", await api.apply(role));
    const unbind = await bind(api, half, "status-test-half");
    const { code, status } = await look("--kubeconfig", half.file, "--cluster", "home");
    expect(code).toBe(2);
    expect(status.tenants.map(({ id, state, application }) => [id, state, application])).toEqual([
      [FIRST, "active", null],
      [SECOND, "suspended", null],
    ]);
    expect(new Set(status.gaps.map((gap) => gap.code))).toEqual(new Set(["forbidden"]));
    await unbind();
    expectOk("remove", await api.delete(role));
    half.remove();
  });
});

it("--watch prints what a push does, as it happens", async () => {
  const watch = start("status", ["--watch", "--root", repository.root], environment());
  await expect.poll(() => watch.out()).toContain(`${SECOND}: well`);
  const changed = record(SECOND, "suspended").replace(/^displayName: .*$/m, "displayName: Renamed");
  repository.write(`tenants/${SECOND}.yaml`, changed);
  repository.generate();
  commit = repository.push("another name");
  await synced(api, SECOND, commit);
  // Argo CD may be OutOfSync for less than the half second that is shown together: the revision stays.
  const line = new RegExp(`${SECOND}: .*revision \\w+ -> ${commit.slice(0, 7)}`);
  await expect.poll(() => watch.out()).toMatch(line);
  watch.stop("SIGINT");
  await watch.ended;
});
