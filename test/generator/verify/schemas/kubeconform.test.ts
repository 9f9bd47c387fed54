import { beforeAll, describe, expect, it } from "vitest";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkSchemas } from "../../../../generator/verify/schemas/kubeconform.ts";
import { findTool } from "../../../../tools/manifests/find.ts";

const namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n";

describe("checking schemas", () => {
  let kubeconform = "";
  beforeAll(async () => {
    kubeconform = await findTool("kubeconform");
  });
  const check = async (text: string, objects = 1) =>
    (await checkSchemas(kubeconform, [{ tenant: "acme", text, objects }])).map(
      ({ tenant, message }) => `${tenant}: ${message}`,
    );

  it("finds nothing in a valid object", async () => {
    expect(await check(namespace)).toEqual([]);
  });

  it("says where and what is wrong, and whose it is", async () => {
    expect(await check(`${namespace}  labels: { a: 1 }\n`)).toEqual([
      "acme: Namespace a: at '/metadata/labels/a': got number, want string",
    ]);
  });

  it("does not take an empty input for a valid one", async () => {
    expect(await check("")).toEqual([
      "undefined: kubeconform checked 0 objects, but 1 were rendered",
    ]);
  });

  it("notices an object that was lost on the way", async () => {
    expect(await check(namespace, 2)).toEqual([
      "undefined: kubeconform checked 1 objects, but 2 were rendered",
    ]);
  });

  it("does not skip a kind that has no schema", async () => {
    const [message] = await check(namespace.replace("Namespace", "Wormhole"));
    expect(message).toContain("kind Wormhole has no schema");
  });

  it("does not take a schema that does not compile for one that is satisfied", async () => {
    const folder = mkdtempSync(join(tmpdir(), "neurallog-schemas-"));
    try {
      writeFileSync(join(folder, "namespace-v1.json"), '{"type": 7}');
      const overlay = { tenant: "acme", text: namespace, objects: 1 };
      expect(await checkSchemas(kubeconform, [overlay], folder)).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("reports duplicate keys, which hide a value from the reader", async () => {
    expect(await check(`${namespace}  name: b\n`)).toHaveLength(1);
  });

  it("fails when the tool itself fails", async () => {
    const overlay = { tenant: "acme", text: namespace, objects: 1 };
    const [finding] = await checkSchemas("/nonexistent/kubeconform", [overlay]);
    expect(finding?.code).toBe("schema-tool");
  });
});
