import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { freePort } from "../../support/port.ts";
import { AccessFolder } from "../access/support.ts";
import { startTestService, type TestService } from "../http/support.ts";
import { TestAuthority } from "../http/tls/certificates.ts";
import { connectHttp } from "../mcp/support.ts";
import { TestProcess, untilStatus } from "./support.ts";

/** A log service that speaks TLS as `localhost`; its authority's certificate is at the path. */
async function startWithTls(files: AccessFolder): Promise<[TestService, string]> {
  const authority = await TestAuthority.open();
  const { cert, key } = await authority.issue("CN=log-service", [
    { type: "dns", value: "localhost" },
  ]);
  const write = (name: string, text: string): string => {
    const path = join(files.keysDir, name);
    writeFileSync(path, text);
    return path;
  };
  const service = await startTestService({
    env: {
      NEURALLOG_TLS_CERT_FILE: write("tls.crt", cert),
      NEURALLOG_TLS_KEY_FILE: write("tls.key", key),
    },
  });
  return [service, write("ca.crt", authority.cert)];
}

async function startEndpoint(service: TestService, env: Readonly<Record<string, string>>) {
  service.access.writeHash("plain", `${service.key("admin")}\n`);
  const port = await freePort();
  const run = new TestProcess(["mcp"], {
    NEURALLOG_URL: `https://localhost:${new URL(service.url).port}`,
    NEURALLOG_KEY_FILE: `${service.access.keysDir}/plain`,
    NEURALLOG_PORT: String(port),
    NEURALLOG_OPS_PORT: "",
    ...env,
  });
  return { run, url: `http://127.0.0.1:${port}` };
}

test("an MCP endpoint calls a log service with TLS whose authority its overlay mounts", async () => {
  await using files = new AccessFolder();
  const [service, authority] = await startWithTls(files);
  await using _ = service;
  const { run, url } = await startEndpoint(service, { NODE_EXTRA_CA_CERTS: authority });
  await using __ = run;
  await untilStatus(`${url}/health/ready`, 200);
  await using client = await connectHttp("2026-07-28", `${url}/mcp`, undefined);
  const answer = await client.call("neurallog.log", { records: [{ message: "in a tunnel" }] });
  expect(answer.output).toMatchObject({ accepted: 1 });
});

test("attack: a log service whose certificate nobody vouches for gets no key of an endpoint", async () => {
  await using files = new AccessFolder();
  const [service] = await startWithTls(files);
  await using _ = service;
  const { run, url } = await startEndpoint(service, {});
  await using __ = run;
  await untilStatus(`${url}/health/live`, 200);
  // The endpoint asks its log service about the key first, and does not reach it.
  await expect(connectHttp("2026-07-28", `${url}/mcp`, undefined)).rejects.toThrow(/503/);
  // Nothing got through, so neither did the key.
  expect(await service.store.namespaces()).toEqual([]);
});
