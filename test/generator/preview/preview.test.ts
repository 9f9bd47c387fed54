import { describe, expect, it } from "vitest";
import { networkOf } from "../../../generator/manifests/network.ts";
import type { Manifest } from "../../../generator/manifests/manifest.ts";
import { isRefused, type Preview, previewSchema } from "../../../generator/preview/model/model.ts";
import { ToolError } from "../../../tools/say.ts";
import { kustomizeBuild } from "../support/build.ts";
import { smallRecord } from "../support/repository.ts";
import { apply } from "./support/apply.ts";
import { changing } from "./support/repository.ts";

const tenants = {
  a: smallRecord("a"),
  b: smallRecord("b"),
  c: smallRecord("c", "channel: canary\n"),
};
const codes = ({ groups }: Preview): string[] =>
  groups.flatMap(({ notes }) => notes.map(({ level, code }) => `${level} ${code}`));
const ids = ({ groups }: Preview): string[][] =>
  groups.map(({ units }) => units.map(({ id }) => id));

describe("a preview", () => {
  it("of a tree that nobody changed is empty", async () => {
    using repository = changing(tenants);
    const made = await repository.preview();
    expect(made).toMatchObject({ errors: [], groups: [], reach: [], channels: [] });
    expect(made.overlays).toMatchObject({ compared: 0, built: 0, cached: 0 });
    expect(isRefused(made)).toBe(false);
  });

  it("of one tenant builds that one alone, on both sides, and nothing a second time", async () => {
    using repository = changing(tenants);
    repository.change(
      "b",
      "cluster: home",
      "cluster: home\nlogService: { replicas: { min: 2, max: 3 } }",
    );
    const first = await repository.preview();
    expect(ids(first)).toEqual([["b"]]);
    expect(first.overlays).toMatchObject({ compared: 1, built: 2, cached: 0 });
    const again = await repository.preview();
    expect(again.overlays).toMatchObject({ built: 0, cached: 2 });
    expect({ ...again, overlays: null }).toEqual({ ...first, overlays: null });
  });

  it("lists differences that turn the old objects into the new ones", async () => {
    using repository = changing({
      a: smallRecord("a", "organizations: [{ id: web, mcp: true }]\n"),
    });
    const folder = `${repository.repository.root}/overlays/home/tenants/a`;
    const before = await kustomizeBuild(folder);
    repository.change("a", "mcp: true }", "displayName: The web }");
    const { groups } = await repository.preview();
    const name = ({
      kind,
      namespace,
      name: own,
    }: Pick<Manifest, "kind" | "name"> & { namespace?: string | null | undefined }) =>
      `${kind} ${namespace ?? ""}/${own}`;
    const objects = new Map(before.map((each) => [name(each), structuredClone(each.body)]));
    for (const change of groups.flatMap((group) => group.objects)) {
      const key = name(change);
      if (change.change === "removed") objects.delete(key);
      else {
        const whole =
          change.change === "added"
            ? change.object
            : apply(JSON.parse(JSON.stringify(objects.get(key))), change.fields);
        objects.set(key, JSON.parse(JSON.stringify(whole)));
      }
    }
    const after = await kustomizeBuild(folder);
    expect(networkOf(after)).not.toEqual(networkOf(before));
    expect(objects).toEqual(new Map(after.map((each) => [name(each), each.body])));
  });

  it("is also what is not committed, and the same once it is", async () => {
    using repository = changing(tenants);
    repository.change("a", "cluster: home", "cluster: home\nlabels: { team: shop }");
    const open = await repository.preview();
    expect(open.head.dirty).toBe(true);
    repository.git("add", ".");
    repository.git("commit", "-qm", "changed");
    const committed = await repository.preview();
    expect(committed.head.dirty).toBe(false);
    expect(committed.groups).toEqual(open.groups);
    expect(committed.overlays.cached).toBe(2);
  });

  it("shows a change of a base once, with the tenants that it reaches", async () => {
    using repository = changing(tenants);
    const file = "bases/next/redis/statefulset.yaml";
    const text = repository.repository.read(file);
    repository.repository.write(
      file,
      text.replace("terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 61"),
    );
    const made = await repository.preview();
    expect(ids(made)).toEqual([["a", "b", "c"]]);
    expect(codes(made)).toEqual(["alarm restart-redis"]);
    expect(made.reach).toEqual([
      {
        base: "bases/next",
        files: 1,
        rings: [
          { cluster: "home", ring: "canary", ids: ["c"] },
          { cluster: "home", ring: "stable", ids: ["a", "b"] },
        ],
      },
    ]);
  });

  it("names the tenants that a base reaches also where nothing differs for them", async () => {
    using repository = changing(tenants);
    repository.repository.write("bases/next/README.md", "words");
    const made = await repository.preview();
    expect(made.groups).toEqual([]);
    expect(made.reach[0]?.rings.flatMap((ring) => ring.ids)).toEqual(["c", "a", "b"]);
  });

  it("of a new tenant has what it takes of the cluster, and every flow of it", async () => {
    using repository = changing(tenants);
    repository.repository.write("tenants/d.yaml", smallRecord("d"));
    repository.generate();
    const made = await repository.preview();
    expect(made.groups[0]?.units).toMatchObject([{ id: "d", change: "added", before: null }]);
    const home = made.capacity.find(({ cluster }) => cluster === "home");
    const more = (home?.usedAfter.cpu ?? 0) - (home?.usedBefore.cpu ?? 0);
    expect(more).toBe(made.groups[0]?.units[0]?.after?.quota.cpu);
    expect(more).toBeGreaterThan(0);
    expect(made.groups[0]?.gained.length).toBeGreaterThan(3);
    expect(codes(made)).toEqual([]);
  });

  it("refuses a tenant that vanishes, and says that the cluster keeps it", async () => {
    using repository = changing(tenants);
    repository.repository.remove("tenants/a.yaml");
    repository.repository.remove("overlays/home/tenants/a");
    const made = await repository.preview();
    expect(made.errors.map(({ code }) => code)).toEqual(["record-vanished"]);
    expect(codes(made)).toEqual(["alarm overlay-removed"]);
    expect(isRefused(made)).toBe(true);
  });

  it("refuses a record whose overlay was not generated", async () => {
    using repository = changing(tenants);
    repository.repository.write("tenants/a.yaml", smallRecord("a", "labels: { team: shop }\n"));
    expect(codes(await repository.preview())).toEqual(["error preview-drift"]);
  });

  it("refuses a cluster's record that moved without its overlays, and builds none for it", async () => {
    using repository = changing(tenants);
    const file = "overlays/home/cluster.yaml";
    const text = repository.repository.read(file);
    repository.repository.write(file, text.replaceAll(/(logService: .*):0\.1\.0@/g, "$1:0.2.0@"));
    const made = await repository.preview();
    expect(codes(made)).toEqual(["error preview-drift"]);
    expect(ids(made)).toEqual([["a", "b", "c"]]);
    expect(made.overlays.built).toBe(0);
    expect(made.channels.map(({ channel, field }) => `${channel} ${field}`)).toEqual([
      "canary logService",
      "stable logService",
    ]);
  });

  it("shows a channel that moved once for all that follow it", async () => {
    using repository = changing({ a: smallRecord("a"), b: smallRecord("b") });
    const file = "overlays/home/cluster.yaml";
    const text = repository.repository.read(file);
    repository.repository.write(file, text.replaceAll(/(logService: .*):0\.1\.0@/g, "$1:0.2.0@"));
    repository.generate();
    const made = await repository.preview();
    expect(ids(made)).toEqual([["a", "b"]]);
    expect(codes(made)).toEqual(["warning restart-rolling"]);
  });

  it("says which overlay is half-written, and shows the others all the same", async () => {
    using repository = changing(tenants);
    repository.change("b", "cluster: home", "cluster: home\nlabels: { team: shop }");
    repository.repository.write(
      "overlays/home/tenants/a/kustomization.yaml",
      "resources: [tenant-a, nowhere]\n",
    );
    const made = await repository.preview();
    expect(ids(made)).toEqual([["a"], ["b"]]);
    expect(codes(made)).toEqual(["error preview-drift", "error build-failed"]);
    expect(made.groups[0]?.notes[1]?.text).toContain(
      "overlays/home/tenants/a, as it is now, does not build",
    );
    expect(made.groups[1]?.objects.length).toBeGreaterThan(0);
  });

  it("lets what was broken be mended", async () => {
    using repository = changing(tenants);
    const file = "overlays/home/tenants/a/kustomization.yaml";
    const whole = repository.repository.read(file);
    repository.repository.write(file, "resources: [nowhere]\n");
    repository.git("commit", "-qam", "broken");
    repository.git("branch", "-f", "base");
    repository.repository.write(file, whole);
    const made = await repository.preview();
    expect(codes(made)).toEqual(["alarm build-failed"]);
    expect(isRefused(made)).toBe(false);
  });

  it("of a broken record shows what is wrong with it and all that could be compared", async () => {
    using repository = changing(tenants);
    repository.change("b", "cluster: home", "cluster: home\nlabels: { team: shop }");
    repository.repository.write("tenants/a.yaml", `${smallRecord("a")}colour: red\n`);
    const made = await repository.preview();
    expect(made.errors.map(({ code }) => code)).toEqual(["unknown-key"]);
    expect(ids(made)).toContainEqual(["b"]);
  });

  it("attack: an overlay that leads to another host is not built", async () => {
    using repository = changing(tenants);
    repository.repository.write(
      "overlays/home/tenants/a/kustomization.yaml",
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [https://evil.example/x]\n",
    );
    const made = await repository.preview();
    expect(codes(made)).toEqual(["error preview-drift", "error build-failed"]);
    expect(made.groups[0]?.notes[1]?.text).toContain("no relative path");
    expect(made.overlays.built).toBe(2);
  });

  it("attack: a rule that opens another tenant is an error beside the flow that it opens", async () => {
    using repository = changing(tenants);
    const file = "bases/next/log-service/networkpolicy.yaml";
    const text = repository.repository.read(file);
    const open =
      "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: open }\nspec:\n  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n    - to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: tenant-b } } }]\n";
    repository.repository.write(file, `${text}${open}`);
    const made = await repository.preview();
    const group = made.groups.find(({ units }) => units.some(({ id }) => id === "a"));
    expect(group?.notes.map(({ code }) => code)).toContain("reach-other-tenant");
    expect(group?.gained).toContainEqual({
      from: "every pod in tenant-a",
      to: "every pod in tenant-b",
      ports: "every port",
    });
  });

  it.each([
    ["is unknown", "nowhere", "it is unknown here"],
    ["is an option", "--output=x", "it is no name of a revision"],
  ])("of a ref that %s throws", async (_, base, reason) => {
    using repository = changing({ a: smallRecord("a") });
    const made = repository.preview({ base });
    await expect(made).rejects.toThrow(ToolError);
    await expect(made).rejects.toThrow(reason);
  });

  it("of a ref without a common commit throws", async () => {
    using repository = changing({ a: smallRecord("a") });
    repository.git("checkout", "-q", "--orphan", "other");
    repository.git("commit", "-qm", "no parent");
    await expect(repository.preview()).rejects.toThrow("no commit in common with HEAD");
  });

  it("has the shape that its schema says", async () => {
    using repository = changing(tenants);
    repository.change("b", "cluster: home", "cluster: home\ntier: standard");
    const made = await repository.preview({ cache: null });
    expect(previewSchema.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
  });
});
