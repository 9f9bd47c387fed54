import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, request, type RequestOptions, Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { readServeConfig } from "../../../../apps/log-service/src/config/serve.ts";
import { TlsFiles } from "../../../../apps/log-service/src/http/tls.ts";
import { startTestService, type TestService } from "../support.ts";
import { TestAuthority, type Issued } from "./certificates.ts";

const folder = mkdtempSync(join(tmpdir(), "neurallog-tls-"));
const file = (name: string) => join(folder, name);
let authority: TestAuthority;
let stranger: TestAuthority;
let server: Issued;
let service: TestService;

const ENV = {
  NEURALLOG_TLS_CERT_FILE: file("tls.crt"),
  NEURALLOG_TLS_KEY_FILE: file("tls.key"),
  NEURALLOG_TLS_CLIENT_CA_FILE: file("ca.crt"),
};

const install = ({ cert, key }: Issued): void => {
  writeFileSync(file("tls.crt"), cert);
  writeFileSync(file("tls.key"), key);
};

beforeAll(async () => {
  authority = await TestAuthority.open();
  stranger = await TestAuthority.open("CN=Test authority");
  server = await authority.issue("CN=log-service", [{ type: "dns", value: "localhost" }]);
  writeFileSync(file("ca.crt"), authority.cert);
  install(server);
  const principal = { roles: ["reader"], namespaces: ["*"] };
  service = await startTestService({
    env: ENV,
    access: {
      certificates: [
        { ...principal, name: "by-dns", subject: "dns:agent.example" },
        { ...principal, name: "by-uri", subject: "uri:spiffe://acme/agent" },
        { ...principal, name: "by-cn", subject: "cn:agent" },
        { ...principal, name: "old", subject: "cn:old", expires: "2026-01-01T00:00:00Z" },
      ],
    },
  });
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Asks for logs over a connection of its own. */
function ask(options: RequestOptions): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: "localhost",
        port: service.port,
        path: "/api/logs",
        ca: authority.cert,
        agent: false,
        ...options,
      },
      (response) => {
        let body = "";
        response.on("data", (chunk) => (body += String(chunk)));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    asked.on("error", reject);
    asked.end();
  });
}

const bearer = () => ({ headers: { authorization: `Bearer ${service.key("reader")}` } });

describe("the listener with TLS", () => {
  test("answers keys as without it", async () => {
    expect((await ask(bearer())).status).toBe(200);
    expect((await ask({})).status).toBe(401);
  });

  test("does not answer plain HTTP", async () => {
    await expect(fetch(`http://127.0.0.1:${service.port}/health/live`)).rejects.toThrow(
      /fetch failed/,
    );
  });

  test("attack: refuses what is older than TLS 1.2", async () => {
    const old = {
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    } as const;
    await expect(ask({ ...bearer(), ...old })).rejects.toThrow(/version|alert|protocol/i);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("speaks %s", async (version) => {
    const both = { minVersion: version, maxVersion: version };
    expect((await ask({ ...bearer(), ...both })).status).toBe(200);
  });
});

describe("a client certificate", () => {
  test.each([
    ["its DNS name", "CN=x", [{ type: "dns", value: "agent.example" }]],
    ["its URI", "CN=x", [{ type: "url", value: "spiffe://acme/agent" }]],
    ["its common name", "CN=agent", []],
  ] as const)("stands for its principal by %s", async (_case, subject, names) => {
    expect((await ask(await authority.issue(subject, [...names]))).status).toBe(200);
  });

  test("has its principal's role alone", async () => {
    const issued = await authority.issue("CN=agent");
    const answer = await ask({ ...issued, path: "/metrics" });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain("by-cn");
  });

  test("that has expired in access.json says so", async () => {
    const answer = await ask(await authority.issue("CN=old"));
    expect(answer.status).toBe(401);
    expect(answer.body).toContain("NL_KEY_EXPIRED");
  });

  test("stands for nobody by a name that access.json does not map", async () => {
    expect((await ask(await authority.issue("CN=other"))).status).toBe(401);
  });

  test("attack: of another authority with the same name stands for nobody", async () => {
    expect((await ask(await stranger.issue("CN=agent"))).status).toBe(401);
  });

  test("attack: names that smuggle another name in one of theirs stand for nobody", async () => {
    const smuggled = [{ type: "dns", value: "evil.example, DNS:agent.example" }] as const;
    expect((await ask(await authority.issue("CN=x", [...smuggled]))).status).toBe(401);
  });

  test("attack: beside a key that is wrong does not take its place", async () => {
    const issued = await authority.issue("CN=agent");
    const headers = { authorization: "Bearer nlk_wrong" };
    expect((await ask({ ...issued, headers })).status).toBe(401);
  });
});

test("a renewed certificate is shown to new connections, and the open ones stay", async () => {
  const warnings: string[] = [];
  const config = {
    certFile: file("tls.crt"),
    keyFile: file("tls.key"),
    clientCaFile: undefined,
  };
  install(server);
  const files = new TlsFiles(config, (message) => warnings.push(message));
  const own = createServer(files.options(), (_request, response) => response.end("ok"));
  await new Promise<void>((resolve) => own.listen(0, "127.0.0.1", resolve));
  const address = own.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.cert });
  const serial = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket: TLSSocket = connect(
        { port, host: "127.0.0.1", servername: "localhost", ca: authority.cert },
        () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        },
      );
      socket.on("error", reject);
    });
  const over = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const asked = request(
        { host: "127.0.0.1", servername: "localhost", port, agent },
        (response) => {
          response.resume();
          response.on("end", () => resolve(asked.socket?.localPort ?? 0));
        },
      );
      asked.on("error", reject);
      asked.end();
    });
  try {
    const before = await serial();
    const kept = await over();
    const renewed = await authority.issue("CN=log-service", [{ type: "dns", value: "localhost" }]);
    // Between the two files' changes.
    writeFileSync(file("tls.crt"), renewed.cert);
    files.refresh(own);
    expect(warnings).toHaveLength(1);
    expect(await serial()).toBe(before);
    install(renewed);
    files.refresh(own);
    expect(await serial()).not.toBe(before);
    expect(await over()).toBe(kept);
  } finally {
    agent.destroy();
    own.closeAllConnections();
    own.close();
  }
});

describe("the settings of TLS", () => {
  const least = {
    NEURALLOG_TENANT: "acme",
    NEURALLOG_REDIS_URL: "redis://redis:6379",
    NEURALLOG_ACCESS_FILE: "/access.json",
    NEURALLOG_KEYS_DIR: "/keys",
  };

  test.each([
    ["a certificate without its key", { NEURALLOG_TLS_CERT_FILE: "a" }, /TLS_KEY_FILE/],
    ["a key without its certificate", { NEURALLOG_TLS_KEY_FILE: "a" }, /TLS_CERT_FILE/],
    ["an authority alone", { NEURALLOG_TLS_CLIENT_CA_FILE: "a" }, /TLS_CERT_FILE/],
  ])("refuse %s", (_case, env, problem) => {
    expect(() => readServeConfig({ ...least, ...env })).toThrow(problem);
  });

  test("refuse a key that is another certificate's", async () => {
    const other = await authority.issue("CN=other");
    writeFileSync(file("other.key"), other.key);
    const config = {
      certFile: file("tls.crt"),
      keyFile: file("other.key"),
      clientCaFile: undefined,
    };
    expect(() => new TlsFiles(config, () => undefined)).toThrow(
      expect.objectContaining({ code: "NL_CONFIG" }),
    );
  });
});
