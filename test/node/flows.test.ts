// Runs only where a policy engine was brought: without one, network policies are taken in and not enforced.
import { beforeAll, describe, expect, test } from "vitest";

import { textAt } from "../../tools/cluster/api/object.ts";
import { API_ADDRESS } from "../../tools/cluster/node/limits.ts";
import { runToEnd } from "./support/application.ts";
import { api, engineer } from "./support/here.ts";
import { applyAll, namespaces, podsOf, tenantUp } from "./support/tenant.ts";
import { until } from "./support/until.ts";

const logService = `log-service.${namespaces.root}.svc.cluster.local:8080`;
const mcp = `mcp.${namespaces.mcp}.svc.cluster.local:8080`;
const redis = `redis.${namespaces.root}.svc.cluster.local:6379`;

beforeAll(tenantUp);

/** Tries each from a pod. @returns address -> what came of it */
async function tried(from: string | undefined, addresses: readonly string[]) {
  const said = await runToEnd({
    name: "flows",
    script: "flows.ts",
    env: { ADDRESSES: addresses.join(",") },
    ...(from === undefined ? {} : { namespace: from, by: engineer }),
  });
  return addresses.map((address) => [address, textAt(said, address)] as const);
}

async function addressOf(app: string): Promise<string> {
  const [pod] = await podsOf(namespaces.root, app);
  return textAt(pod?.pod, "status", "podIP") ?? "";
}

const opened = (outcomes: readonly (readonly [string, string | undefined])[]) =>
  outcomes.filter(([, outcome]) => outcome === "connected").map(([address]) => address);

describe("from a pod of the organization", () => {
  test("the log service and the organization's MCP endpoint can be reached by name", async () => {
    expect(opened(await tried(undefined, [logService, mcp]))).toEqual([logService, mcp]);
  });

  test("attack: Redis, its exporter, the ops port and the API server can't be reached", async () => {
    const forbidden = [
      redis,
      `${await addressOf("redis")}:9121`,
      `${await addressOf("log-service")}:9464`,
      `${API_ADDRESS}:443`,
    ];
    expect(opened(await tried(undefined, forbidden))).toEqual([]);
  });
});

describe("from a pod of somebody else", () => {
  const stranger = "stranger";

  beforeAll(async () => {
    await applyAll(api, [{ apiVersion: "v1", kind: "Namespace", metadata: { name: stranger } }]);
    const metadata = { namespace: stranger, name: "default" };
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata };
    await until("it has a service account", async () =>
      (await api.get(account)).status === 200 ? true : undefined,
    );
  });

  test("attack: nothing of the tenant can be reached", async () => {
    expect(opened(await tried(stranger, [logService, mcp, redis]))).toEqual([]);
  });

  test("what no policy closes can be: the API server", async () => {
    const open = `${API_ADDRESS}:443`;
    expect(opened(await tried(stranger, [open]))).toEqual([open]);
  });
});
