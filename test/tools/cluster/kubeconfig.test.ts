import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { kubeconfigText, readKubeconfig } from "../../../tools/cluster/api/kubeconfig.ts";
import { ToolError } from "../../../tools/say.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-kubeconfig-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function file(user: object, cluster: object = {}, more: object = {}): string {
  const path = join(folder, "config");
  const config = {
    "current-context": "here",
    contexts: [{ name: "here", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:6443/", ...cluster } }],
    users: [{ name: "u", user }],
    ...more,
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

describe("a kubeconfig", () => {
  it("gives the current context's server and token", () => {
    const { server, token, context } = readKubeconfig(file({ token: "t" }));
    expect({ server, token, context }).toEqual({
      server: "https://127.0.0.1:6443",
      token: "t",
      context: "here",
    });
  });

  it("gives certificates from data and from files beside it", () => {
    writeFileSync(join(folder, "client.crt"), "CERTIFICATE");
    const key = Buffer.from("KEY").toString("base64");
    const user = { "client-certificate": "client.crt", "client-key-data": key };
    const { clientCertificate, clientKey } = readKubeconfig(file(user));
    expect([clientCertificate, clientKey]).toEqual(["CERTIFICATE", "KEY"]);
  });

  it("that is written is read again", () => {
    const path = join(folder, "written");
    const cluster = { server: "https://[::1]:6443", "certificate-authority-data": "Q0E=" };
    writeFileSync(path, kubeconfigText("there", cluster, { token: "t" }));
    expect(readKubeconfig(path)).toMatchObject({
      server: "https://[::1]:6443",
      context: "there",
      ca: "CA",
      token: "t",
      clientKey: undefined,
    });
  });

  it.each<[string, () => string, string]>([
    ["that is not there", () => join(folder, "none"), "cannot be read"],
    [
      "without a current context",
      () => file({}, {}, { "current-context": undefined }),
      "no current-context",
    ],
    ["whose context is nowhere", () => file({}, {}, { contexts: [] }), 'no context "here"'],
    ["without a server", () => file({}, { server: undefined }), "no server"],
    ["that runs a program to log in", () => file({ exec: { command: "rm" } }), '"exec"'],
  ])("%s is refused in plain words", (_, make, words) => {
    const read = (): unknown => readKubeconfig(make());
    expect(read).toThrow(ToolError);
    expect(read).toThrow(words);
  });
});
