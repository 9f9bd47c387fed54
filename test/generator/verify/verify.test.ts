import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verify, type VerifyOptions } from "../../../generator/verify/verify.ts";
import type { Tools } from "../../../generator/verify/build/build.ts";
import { freeze } from "../../../generator/release/freeze.ts";
import { sealText } from "../../../generator/release/frozen.ts";
import { generate } from "../../../generator/write/generate.ts";
import { findTools } from "../../../tools/manifests/find.ts";
import { ToolError } from "../../../tools/say.ts";
import { smallRecord, testRepository, type TestRepository } from "../support/repository.ts";

const OVERLAY = "overlays/home/tenants/acme";

let tools: Tools;
beforeAll(async () => {
  tools = await findTools();
});

/** A repository with generated overlays of some small tenants. */
function generated(...ids: string[]): TestRepository {
  const names = ids.length > 0 ? ids : ["acme"];
  const repository = testRepository({
    tenants: Object.fromEntries(names.map((id) => [id, smallRecord(id)])),
  });
  expect(generate(repository.root).problems).toEqual([]);
  return repository;
}

// The platforms are the same in every test but their own: what the first one found is every other one's cache.
const platforms = mkdtempSync(join(tmpdir(), "neurallog-platforms-"));
afterAll(() => rmSync(platforms, { recursive: true, force: true }));

async function run({ root }: TestRepository, options: Partial<VerifyOptions> = {}) {
  cpSync(platforms, join(root, "cache-platforms"), { recursive: true });
  const verified = await verify({
    root,
    cache: join(root, "cache"),
    findTools: async () => tools,
    watch: { ended: () => undefined, building: () => undefined },
    ...options,
  });
  cpSync(join(root, "cache-platforms"), platforms, { recursive: true });
  return { ...verified, codes: verified.findings.map(({ code }) => code) };
}

function git({ root }: TestRepository, ...args: string[]): void {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  execFileSync("git", [...identity, ...args], { cwd: root, stdio: "ignore" });
}

describe("verify", () => {
  it("finds nothing wrong with what was just generated, and builds it once", async () => {
    using repository = generated();
    expect(await run(repository)).toMatchObject({ built: 1, cached: 0, findings: [] });
    expect(await run(repository)).toMatchObject({ built: 0, cached: 1, findings: [] });
  });

  it("stops at a broken record and shows every problem of it", async () => {
    using repository = generated();
    repository.write("tenants/acme.yaml", `${smallRecord("acme")}colour: red\nshape: round\n`);
    const { problems, findings } = await run(repository);
    expect(problems.map(({ code }) => code)).toEqual(["unknown-key", "unknown-key"]);
    expect(findings).toEqual([]);
  });

  it("does not ask for tools that it does not need", async () => {
    using repository = generated();
    await run(repository);
    const findTools = () => Promise.reject(new ToolError("install kustomize"));
    expect(await run(repository, { findTools })).toMatchObject({ findings: [] });
    await expect(run(repository, { findTools, cache: null })).rejects.toThrow("install kustomize");
  });

  it("collects what is wrong in all stages and all tenants", async () => {
    using repository = generated("acme", "globex");
    repository.write(`${OVERLAY}/kustomization.yaml`, "resources: [");
    repository.write("overlays/home/tenants/globex/notes.txt", "hello");
    const { findings } = await run(repository);
    expect(findings.map(({ code, tenant }) => [code, tenant])).toEqual([
      ["drift-differs", "acme"],
      ["drift-extra", "globex"],
      ["build-reference", "acme"],
    ]);
  });
});

describe("a frozen release", () => {
  it("that was changed stops a merge, and sealing it anew does not help", async () => {
    using repository = generated();
    freeze(repository.root, "r1", () => undefined);
    git(repository, "init", "-q", "-b", "main");
    git(repository, "add", ".");
    git(repository, "commit", "-qm", "one");
    expect((await run(repository, { base: "main" })).codes).toEqual([]);
    repository.write("bases/r1/redis/service.yaml", "kind: Service\n");
    expect((await run(repository)).codes).toEqual(["release-differs"]);
    repository.write("bases/r1/SHA256SUMS", sealText(repository.root, "r1"));
    expect((await run(repository)).codes).toEqual([]);
    const { codes } = await run(repository, { base: "main" });
    expect(codes).toEqual(["release-changed", "release-changed"]);
  });
});

describe("drift", () => {
  const file = `${OVERLAY}/tenant-acme/patches.yaml`;

  it("is one byte that differs, shown with its line", async () => {
    using repository = generated();
    const text = repository.read(file);
    repository.write(file, text.replace("acme", "acmf"));
    const { findings } = await run(repository);
    expect(findings[0]?.message).toMatch(/patches\.yaml:\d+ is not what .*acmf.*, not '.*acme/);
  });

  it("is a line break too many at the end", async () => {
    using repository = generated();
    repository.write(file, `${repository.read(file)}\n`);
    expect((await run(repository)).codes).toEqual(["drift-differs"]);
  });

  it("is a file that is missing, and one that is too many", async () => {
    using repository = generated();
    repository.remove(file);
    repository.write(`${OVERLAY}/more.yaml`, "");
    expect((await run(repository)).codes).toEqual(
      expect.arrayContaining(["drift-missing", "drift-extra", "build-failed"]),
    );
  });

  it("is an overlay that no record has, and a file beside the overlays", async () => {
    using repository = generated();
    repository.write("overlays/home/tenants/nobody/kustomization.yaml", "resources: []\n");
    repository.write("overlays/home/tenants/README.md", "hello");
    expect((await run(repository)).codes).toEqual(["drift-extra", "drift-extra"]);
  });

  it("is a link where a file should be", async () => {
    using repository = generated();
    const text = repository.read(file);
    repository.remove(file);
    writeFileSync(join(repository.root, "elsewhere"), text);
    symlinkSync(join(repository.root, "elsewhere"), join(repository.root, file));
    expect((await run(repository)).codes).toContain("drift-not-a-file");
  });
});

describe("a build", () => {
  const base = "bases/next/namespace/kustomization.yaml";

  it("that fails says what kustomize says", async () => {
    using repository = generated();
    repository.write("bases/next/namespace/limitrange.yaml", "kind: [\n");
    const { findings } = await run(repository);
    expect(findings[0]?.code).toBe("build-failed");
    expect(findings[0]?.message).toContain("limitrange.yaml");
  });

  const attacks: [string, string, RegExp][] = [
    [
      "a remote base, which runs what nobody reviewed",
      "https://github.com/a/b?ref=v1",
      /no relative path/,
    ],
    ["a remote base without a scheme", "github.com/a/b", /no relative path|leads out/],
    ["a remote base over ssh", "git@github.com:a/b", /no relative path/],
    ["a file outside the bases", "../../../tenants", /leads out/],
    ["another tenant's overlay", "../../../overlays/home/tenants/globex", /leads out/],
    ["a base that does not exist", "../nothing", /does not exist/],
  ];
  for (const [name, reference, reason] of attacks) {
    it(`is refused with ${name}`, async () => {
      using repository = generated();
      repository.write(
        base,
        repository.read(base).replace("resources:\n", `resources:\n  - "${reference}"\n`),
      );
      const { findings } = await run(repository);
      expect(findings[0]?.code).toBe("build-reference");
      expect(findings[0]?.message).toMatch(reason);
    });
  }

  it("is refused with a chart, a generator or any other key that runs something", async () => {
    using repository = generated();
    const text = repository.read(base);
    for (const key of ["helmCharts", "generators", "transformers", "openapi", "bases"]) {
      repository.write(base, `${text}${key}: []\n`);
      expect((await run(repository)).codes).toEqual(["build-reference"]);
    }
  });

  it("is refused with a base behind a link", async () => {
    using repository = generated();
    symlinkSync("namespace", join(repository.root, "bases/next/linked"));
    repository.write(
      "bases/next/tenant/kustomization.yaml",
      repository.read("bases/next/tenant/kustomization.yaml").replace("../namespace", "../linked"),
    );
    expect((await run(repository)).findings[0]?.message).toMatch(/is a link/);
  });
});

describe("what kustomize renders", () => {
  const change = (repository: TestRepository, file: string, from: RegExp, to: string) => {
    const text = repository.read(file);
    expect(text).toMatch(from);
    repository.write(file, text.replace(from, to));
  };

  it("is checked against the schemas", async () => {
    using repository = generated();
    change(repository, "bases/next/redis/service.yaml", /\bports:/, "prots:");
    expect((await run(repository)).codes).toContain("schema-invalid");
  });

  it("is held against the quota", async () => {
    using repository = generated();
    const file = "bases/next/log-service/deployment.yaml";
    change(repository, file, /maxSurge: 1\b/, "maxSurge: 3");
    expect((await run(repository)).codes).toContain("quota-exceeded");
  });

  it("is proven closed, so that a loosened base is found in every tenant", async () => {
    using repository = generated("acme", "globex");
    const only = /namespaceSelector:\s+matchLabels:\s+kubernetes\.io\/metadata\.name: kube-system/;
    change(repository, "bases/next/dns/networkpolicy.yaml", only, "namespaceSelector: {}");
    const { findings } = await run(repository);
    expect(findings.map(({ code, tenant }) => [code, tenant])).toEqual([
      ["reach-other-tenant", "acme"],
      ["reach-other-tenant", "globex"],
    ]);
  });

  it("is not believed when it cannot be read", async () => {
    using repository = generated();
    const file = "bases/next/redis/networkpolicy.yaml";
    change(repository, file, /policyTypes: \[Ingress\]/, "policyTypes: [Engress]");
    expect((await run(repository)).codes).toEqual(["build-unreadable"]);
  });
});

describe("an object", () => {
  const strangers: [string, string][] = [
    [
      "that gives rights over the whole cluster",
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: x }\nrules: []\n",
    ],
    [
      "that opens a way for another namespace's routes",
      "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: { name: x }\n" +
        "spec:\n  from: [{ group: a, kind: b, namespace: c }]\n  to: [{ group: a, kind: b }]\n",
    ],
  ];
  for (const [name, text] of strangers) {
    it(`${name} has no place in a tenant's overlay`, async () => {
      using repository = generated();
      repository.write("bases/next/dns/stranger.yaml", text);
      const file = "bases/next/dns/kustomization.yaml";
      const kustomization = repository.read(file);
      repository.write(
        file,
        kustomization.replace("resources:\n", "resources:\n  - stranger.yaml\n"),
      );
      expect((await run(repository)).codes).toEqual(["build-misplaced"]);
    });
  }
});

it("finds a binding that lets people run what they like beside Redis", async () => {
  using repository = generated();
  const file = "bases/next/namespace/rolebinding.yaml";
  repository.write(file, repository.read(file).replace("tenant-view", "tenant-workloads"));
  const { findings } = await run(repository);
  expect(findings[0]).toMatchObject({
    code: "build-rights",
    message:
      "RoleBinding tenant-acme/view binds the ClusterRole neurallog-tenant-workloads, which no tenant has there",
  });
});

describe("the cache", () => {
  const entries = ({ root }: TestRepository) =>
    readdirSync(join(root, "cache"))
      .filter((name) => /^[0-9a-f]{64}$/.test(name))
      .map((name) => join(root, "cache", name));

  it("builds again the one overlay that changed", async () => {
    using repository = generated("acme", "globex");
    await run(repository);
    repository.write("tenants/acme.yaml", `${smallRecord("acme")}labels: { team: shop }\n`);
    generate(repository.root);
    expect(await run(repository)).toMatchObject({ built: 1, cached: 1, findings: [] });
  });

  it("builds again all overlays over a base that changed", async () => {
    using repository = generated("acme", "globex");
    await run(repository);
    const file = "bases/next/redis/service.yaml";
    repository.write(file, `${repository.read(file)}# more\n`);
    expect(await run(repository)).toMatchObject({ built: 2, cached: 0 });
  });

  it("keeps what was found wrong", async () => {
    using repository = generated();
    const file = "bases/next/redis/service.yaml";
    repository.write(file, repository.read(file).replace("ports:", "prots:"));
    const first = await run(repository);
    expect(first.findings.length).toBeGreaterThan(0);
    const second = await run(repository);
    expect(second).toMatchObject({ built: 0, cached: 1 });
    expect(second.findings).toEqual(first.findings);
  });

  const damages: [string, (text: string) => string][] = [
    ["was cut off by a full disk", (text) => text.slice(0, text.length / 2)],
    ["is empty", () => ""],
    ["was edited", (text) => text.replace("tenant-acme", "tenant-acmf")],
    ["says that nothing is wrong", () => '\n{"objects":1,"findings":[],"network":null}'],
  ];
  for (const [name, damage] of damages) {
    it(`does not believe an entry that ${name}`, async () => {
      using repository = generated();
      await run(repository);
      const [file = ""] = entries(repository);
      writeFileSync(file, damage(readFileSync(file, "utf8")));
      expect(await run(repository)).toMatchObject({ built: 1, cached: 0, findings: [] });
      expect(await run(repository)).toMatchObject({ built: 0, cached: 1, findings: [] });
    });
  }

  it("does not believe another tenant's entry under this one's name", async () => {
    using repository = generated("acme", "globex");
    await run(repository);
    const [one = "", two = ""] = entries(repository);
    writeFileSync(one, readFileSync(two));
    expect(await run(repository)).toMatchObject({ built: 1, cached: 1 });
  });

  it("forgets what nobody has asked for in weeks", async () => {
    using repository = generated();
    await run(repository);
    const [file = ""] = entries(repository);
    const long = new Date(Date.now() - 30 * 24 * 3600 * 1000);
    utimesSync(file, long, long);
    utimesSync(join(repository.root, "cache/pruned"), long, long);
    expect(await run(repository)).toMatchObject({ built: 1 });
  });
});

describe("verify --since", () => {
  function committed(...ids: string[]): TestRepository {
    const repository = generated(...ids);
    repository.write(".gitignore", "cache\n");
    git(repository, "init", "-q");
    git(repository, "add", ".");
    git(repository, "commit", "-qm", "first");
    return repository;
  }

  it("looks at no tenant where nothing changed", async () => {
    using repository = committed("acme", "globex");
    expect(await run(repository, { since: "HEAD" })).toMatchObject({ tenants: 0, built: 0 });
  });

  it("looks at tenants whose record or overlay changed, new files included", async () => {
    using repository = committed("acme", "globex");
    repository.write("tenants/hooli.yaml", smallRecord("hooli"));
    repository.write("tenants/acme.yaml", `${smallRecord("acme")}labels: { team: shop }\n`);
    generate(repository.root);
    expect(await run(repository, { since: "HEAD" })).toMatchObject({ tenants: 2, built: 2 });
  });

  it("looks at all tenants of a base or of a cluster that changed", async () => {
    for (const file of ["bases/next/redis/service.yaml", "overlays/home/cluster.yaml"]) {
      using repository = committed("acme", "globex");
      repository.write(file, `${repository.read(file)}# more\n`);
      expect(await run(repository, { since: "HEAD" })).toMatchObject({ tenants: 2 });
    }
  });

  it("compares the records with those of then", async () => {
    using repository = committed("acme", "globex");
    repository.remove("tenants/acme.yaml");
    const { problems } = await run(repository, { since: "HEAD" });
    expect(problems.map(({ code }) => code)).toEqual(["record-vanished"]);
  });

  it("says so when there is no such revision", async () => {
    using repository = committed("acme");
    for (const since of ["nowhere", "--output=x"]) {
      expect((await run(repository, { since })).problems[0]?.code).toBe("base-unknown");
      expect((await run(repository, { since, base: "HEAD" })).codes).toEqual(["since-unknown"]);
    }
  });
});
