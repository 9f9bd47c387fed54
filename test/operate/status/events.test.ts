import { afterAll, beforeAll, expect, it } from "vitest";
import { connectReader, type Reader } from "../../../operate/kubernetes/reader.ts";
import { readOutOfSync, readWarnings } from "../../../operate/status/events.ts";
import { fakeServer, list } from "../support/api-server.ts";

const NOW = Date.parse("2026-11-21T23:00:00Z");
const fake = await fakeServer();
let reader: Reader;
beforeAll(async () => {
  reader = await connectReader({ kubeconfig: fake.kubeconfig });
});
afterAll(async () => {
  reader.close();
  await fake[Symbol.asyncDispose]();
});

const event = (name: string, minutes: number, reason: string, message: string) => ({
  involvedObject: { kind: "Pod", namespace: "tenant-acme", name },
  reason,
  message,
  lastTimestamp: new Date(NOW - minutes * 60_000).toISOString(),
});

it("warnings are those of the last quarter of an hour, each once, the newest first, explained", async () => {
  fake.paths.set(
    "/api/v1/namespaces/tenant-acme/events",
    list([
      event("redis-0", 3, "Unhealthy", "Readiness probe failed: LOADING"),
      event("redis-0", 1, "Unhealthy", "Readiness probe failed: timeout"),
      event("log-service-1", 2, "BackOff", "Back-off restarting failed container"),
      event("old", 20, "Unhealthy", "Readiness probe failed"),
      event(
        "claim",
        1,
        "ProvisioningFailed",
        "Error saving claim: the object has been modified; please apply your changes to the latest version",
      ),
    ]),
  );
  const warnings = await readWarnings(reader, ["tenant-acme"], NOW);
  expect(warnings.map(({ subject, code, message }) => [subject, code, message])).toEqual([
    ["Pod tenant-acme/redis-0", "probe", "Unhealthy: Readiness probe failed: timeout"],
    [
      "Pod tenant-acme/log-service-1",
      "crash-loop",
      "BackOff: Back-off restarting failed container",
    ],
  ]);
});

it("an Application is out of sync since the last time that it became so", async () => {
  const update = (minutes: number, message: string) => ({
    ...event("tenant-acme", minutes, "ResourceUpdated", message),
    involvedObject: { kind: "Application", name: "tenant-acme" },
  });
  fake.paths.set(
    "/api/v1/namespaces/argocd/events",
    list([
      update(50, "Updated sync status: Synced -> OutOfSync"),
      update(9, "Updated sync status: Synced -> OutOfSync"),
      update(5, "Updated health status: Healthy -> Degraded"),
    ]),
  );
  const moments = await readOutOfSync(reader, undefined);
  expect([...moments]).toEqual([["tenant-acme", NOW - 9 * 60_000]]);
});
