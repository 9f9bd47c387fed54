import { afterAll, describe, expect, it } from "vitest";
import { findAccess } from "../../../operate/kubernetes/access.ts";
import { connectReader } from "../../../operate/kubernetes/reader.ts";
import { fakeServer, json, kubeconfigFor } from "../support/api-server.ts";

const fake = await fakeServer();
afterAll(() => fake[Symbol.asyncDispose]());

const code = (code: string) => expect.objectContaining({ code });

describe("a kubeconfig", () => {
  it("that --kubeconfig names goes before the environment's", async () => {
    const environment = { KUBECONFIG: "/nowhere", HOME: "/nowhere" };
    const access = await findAccess({ kubeconfig: fake.kubeconfig, environment });
    expect(access).toMatchObject({ server: fake.server, context: "test", user: "somebody" });
  });

  it("of the environment goes before the home folder's", async () => {
    const environment = { KUBECONFIG: fake.kubeconfig, HOME: "/nowhere" };
    expect(await findAccess({ environment })).toMatchObject({ server: fake.server });
  });

  it("of several files is read as kubectl does: what stands in two is the first's", async () => {
    const other = JSON.parse(kubeconfigFor("https://192.0.2.1:6443", ""));
    other.contexts.push({ name: "third", context: { cluster: "one", user: "somebody" } });
    const second = fake.write("second", JSON.stringify(other));
    const environment = { KUBECONFIG: `${fake.kubeconfig}:/nowhere:${second}` };
    const access = await findAccess({ environment, context: "third" });
    expect(access.server).toBe(fake.server);
  });

  it("that is nowhere is an error that says where it was looked for", async () => {
    await expect(findAccess({ environment: { HOME: "/nowhere" } })).rejects.toMatchObject({
      code: "no-kubeconfig",
      message: expect.stringContaining("/nowhere/.kube/config"),
    });
    await expect(
      findAccess({ environment: { KUBECONFIG: "/nowhere/a:/nowhere/b" } }),
    ).rejects.toMatchObject({
      code: "no-kubeconfig",
      message: expect.stringContaining("/nowhere/a nor /nowhere/b"),
    });
  });

  it("without the context that was asked for is an error that lists what there is", async () => {
    const asked = findAccess({ kubeconfig: fake.kubeconfig, context: "prod" });
    await expect(asked).rejects.toMatchObject({
      code: "unknown-context",
      message: expect.stringContaining("test, other"),
    });
  });

  it.each([
    ["garbage", ": : :"],
    ["no map", "just words"],
    ["empty", ""],
    ["clusters that are none", JSON.stringify({ clusters: [{}] })],
  ])("that is %s is an error and no stack", async (name, text) => {
    const kubeconfig = fake.write(name.replaceAll(" ", "-"), text);
    await expect(findAccess({ kubeconfig })).rejects.toMatchObject({
      name: "OperateError",
      code: expect.stringMatching(/^(?:kubeconfig-unreadable|no-context)$/),
    });
  });

  it("whose context names what is not there is an error", async () => {
    const whole = JSON.parse(kubeconfigFor(fake.server, ""));
    const cases: [string, object][] = [
      ["no-cluster", { ...whole, clusters: [] }],
      ["no-user", { ...whole, users: [] }],
    ];
    for (const [name, config] of cases) {
      const kubeconfig = fake.write(name, JSON.stringify(config));
      await expect(findAccess({ kubeconfig })).rejects.toEqual(code("context-incomplete"));
    }
  });

  it("with an exec plugin takes the token that it prints", async () => {
    const credential = JSON.stringify({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: "from-the-plugin" },
    });
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "echo",
      args: [credential],
    };
    const config = JSON.parse(await kubeconfigText());
    config.users[0].user = { exec };
    let seen = "";
    fake.paths.set("/whoami", (request, response, url) => {
      seen = request.headers.authorization ?? "";
      json(200, {})(request, response, url);
    });
    const reader = await connectReader({ kubeconfig: fake.write("exec", JSON.stringify(config)) });
    await reader.read("/whoami", "me");
    reader.close();
    expect(seen).toBe("Bearer from-the-plugin");
  });

  it("with an exec plugin that fails says so without what the plugin was given", async () => {
    const config = JSON.parse(await kubeconfigText());
    const args = ["-c", "echo please log in >&2; exit 3", "--token=hush"];
    config.users[0].user = { exec: { command: "sh", args } };
    const reader = await connectReader({ kubeconfig: fake.write("fails", JSON.stringify(config)) });
    const asked = reader.read("/whoami", "me");
    await expect(asked).rejects.toMatchObject({
      code: "credentials-failed",
      message: expect.stringContaining("please log in"),
    });
    await expect(asked).rejects.not.toMatchObject({ message: expect.stringContaining("hush") });
    reader.close();
  });
});

async function kubeconfigText(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(fake.kubeconfig, "utf8");
}
