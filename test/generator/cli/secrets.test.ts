import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { root as project } from "../../../tools/root.ts";
import { smallRecord, testRepository } from "../support/repository.ts";

function secrets(...args: string[]) {
  return spawnSync(process.execPath, [`${project}/generator/cli/secrets.ts`, ...args], {
    encoding: "utf8",
  });
}

const keys =
  "access: { keys: [{ name: checkout, role: writer }, { name: other, role: reader }] }\n";

describe("npm run secrets", () => {
  it("prints a manifest to standard output, what to do with it beside, and writes nothing", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a", keys) } });
    const before = repository.files(".");
    const { stdout, stderr, status } = secrets("a", "--root", repository.root);
    expect(status).toBe(0);
    expect(stdout.match(/^kind: "Secret"$/gm)).toHaveLength(4);
    expect(stderr).toContain("kubectl apply --server-side");
    for (const value of stdout.match(/: "[\w+/=]{40,}"/g) ?? [])
      expect(stderr).not.toContain(value.slice(3, -1));
    expect(repository.files(".")).toEqual(before);
  });

  it("has a password for each user of an archive, and says when they count", () => {
    const archive = "archive: { enabled: true }\n";
    using repository = testRepository({ tenants: { a: smallRecord("a", keys + archive) } });
    const { stdout, stderr } = secrets("a", "--archive", "--root", repository.root);
    expect(stdout).toContain('name: "archive-passwords"');
    expect(stdout.match(/^kind: "Secret"$/gm)).toHaveLength(1);
    expect(stderr).toContain(
      "the archive takes the passwords of neurallog_owner, neurallog_writer, neurallog_reader from Secret archive-passwords when it next starts",
    );
  });

  it("says what of TLS is somebody else's to make", () => {
    const tls = `network: { api: { ingress: false } }
logService: { tls: { secret: { name: listener }, clientCa: { secret: { name: agents } } } }
`;
    using repository = testRepository({ tenants: { a: smallRecord("a", keys + tls) } });
    const { stdout, stderr } = secrets("a", "--root", repository.root);
    expect(stderr).toContain("Secret listener, entries 'tls.crt' and 'tls.key'");
    expect(stderr).toContain("log-service.tenant-a.svc");
    expect(stderr).toContain("Secret agents, entry 'ca.crt'");
    expect(stdout).not.toContain("listener");
  });

  it("prints one key alone", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a", keys) } });
    const { stdout } = secrets("a", "--key", "checkout", "--root", repository.root);
    expect(stdout).toContain("checkout");
    expect(stdout).not.toContain("other");
    expect(stdout).not.toContain("redis");
  });

  it.each([
    ["an unknown tenant", ["b"], "there is no tenant 'b'; there are: a"],
    ["an unknown key", ["a", "--key", "x"], "tenant a has no API key 'x'; it has: checkout, other"],
    ["an archive that is not there", ["a", "--archive"], "tenant a has no archive"],
    ["no tenant", [], "name one tenant"],
    ["an unknown option", ["a", "--nonsense"], "nonsense"],
  ])("says what is wrong with %s", (_, args, message) => {
    using repository = testRepository({ tenants: { a: smallRecord("a", keys) } });
    const { stdout, stderr, status } = secrets(...args, "--root", repository.root);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
  });

  it("prints nothing for a record that is wrong, and minds no other's", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a"), b: "id: b\n" } });
    expect(secrets("b", "--root", repository.root)).toMatchObject({ status: 1, stdout: "" });
    expect(secrets("a", "--root", repository.root).status).toBe(0);
  });
});
